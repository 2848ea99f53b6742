"""Hypothesis profiles: the gate repeats itself; `--hypothesis-profile=explore` searches afresh."""

import os
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import settings

# Losses that the user of this machine saved are none of the tests' business.
os.environ["CONTRAGRAD_HOME"] = str(Path(mkdtemp(prefix="contragrad-tests-")))

# No deadline: SymPy's first call in a process takes a second.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("gate")
