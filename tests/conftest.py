"""Hypothesis profiles: the gate repeats itself; `--hypothesis-profile=explore` searches afresh."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings

# Losses that the user of this machine saved are none of the tests' business.
os.environ["CONTRAGRAD_HOME"] = str(Path(mkdtemp(prefix="contragrad-tests-")))

# No deadline: SymPy's first call in a process takes a second.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("gate")


@pytest.fixture
def quick() -> Iterator[None]:
    """Leaves out the checks of the ladder that take seconds, and has them in their order again."""
    from verify.checks import CHECKS

    before = dict(CHECKS)
    for check in ("fast", "singular"):
        del CHECKS[check]
    yield
    CHECKS.clear()
    CHECKS.update(before)
