"""The pytest plugin: checks of a loss of your own, in your own test files.

    from verify.plugin import assert_gradient, assert_same_loss, hyperspherical_batches

    def test_mine():
        assert_same_loss(mine, "infonce", settings={"tau": 0.05})

`pytest --contragrad-profile ci|dev|thorough` says how much is drawn, by these checks and by
Hypothesis. docs/testing-your-loss.md has a file to paste. pytest imports this module at its start,
so torch and Hypothesis wait until they are used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verify.assertions import assert_gradient as assert_gradient
    from verify.assertions import assert_same_loss as assert_same_loss
    from verify.strategies import hyperspherical_batches as hyperspherical_batches

_PUBLIC = {
    "assert_gradient": "verify.assertions",
    "assert_same_loss": "verify.assertions",
    "hyperspherical_batches": "verify.strategies",
}
__all__ = ["assert_gradient", "assert_same_loss", "hyperspherical_batches"]

OPTION = "--contragrad-profile"
ROUNDS = {"ci": 1, "dev": 4, "thorough": 20}  # of the draws of an assertion
_RUNG = "autograd"  # of `verify run`, whose examples a property test of yours gets
_chosen: list[str] = []


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'verify.plugin' has no attribute {name!r}")


def rounds() -> int:
    """How often an assertion draws: once, unless `--contragrad-profile` says more."""
    return ROUNDS[_chosen[-1]] if _chosen else 1


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--contragrad-profile`."""
    parser.getgroup("contragrad", "checks of losses").addoption(
        OPTION,
        choices=sorted(ROUNDS),
        help="how much assert_same_loss, assert_gradient and Hypothesis draw: ci repeats itself, "
        "dev draws more, thorough much more",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Loads the profile for Hypothesis, too. Without the option its own settings stay."""
    name = config.getoption(OPTION)
    if name is None:
        return
    if config.getoption("--hypothesis-profile", None):
        raise pytest.UsageError(f"{OPTION} sets Hypothesis's profile. Drop --hypothesis-profile.")
    from hypothesis import settings

    from verify.profiles import PROFILES

    examples = PROFILES[name].of(_RUNG)
    profile = f"contragrad-{name}"
    settings.register_profile(
        profile, max_examples=examples, deadline=None, derandomize=name == "ci"
    )
    settings.load_profile(profile)
    _chosen.append(name)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Forgets the profile: pytest can be run again in the same process."""
    if _chosen and config.getoption(OPTION) is not None:
        _chosen.pop()


def pytest_report_header(config: pytest.Config) -> str | None:
    """The profile, where one was asked for."""
    name = config.getoption(OPTION)
    return f"contragrad profile: {name}" if name else None


@pytest.fixture
def contragrad_batches() -> "list[tuple[Any, Any]]":
    """Batches of many kinds, float64, for checks of your own: (h, h_prime), (N, D) unit rows each.

    Paired, independent, opposed, nearly antipodal, in a narrow cone; N > D and N < D; 2 to 300
    pairs.
    """
    from verify.assertions import unit_batches

    return unit_batches()
