"""The pytest plugin, in a pytest of its own, and the page that documents it."""

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from derive.errors import HyperparameterError, InputError, ObjectiveError, UnknownNameError
from tests.derive.pages import BLOCK, blocks
from verify.plugin import assert_gradient, assert_same_loss
from verify.regimes import REGIMES

pytest_plugins = ("pytester",)
PAGE = Path(__file__).parents[2] / "docs" / "testing-your-loss.md"
TEXT = PAGE.read_text(encoding="utf-8")
(EXAMPLE,) = blocks("python", TEXT)


def mine(h: Tensor, h_prime: Tensor, tau: float = 0.07) -> Tensor:
    h, h_prime = normalize(h, dim=1), normalize(h_prime, dim=1)
    return cross_entropy(h @ h_prime.T / tau, torch.arange(len(h)))


def doubled(h: Tensor, h_prime: Tensor, tau: float = 0.07) -> Tensor:
    return 2 * mine(h, h_prime, tau)


def shifted(h: Tensor, h_prime: Tensor, tau: float = 0.07) -> Tensor:
    return mine(h, h_prime, tau) + 3


def detached(h: Tensor, h_prime: Tensor) -> Tensor:
    """A stop-gradient that is meant."""
    return mine(h, h_prime.detach())


class Halved(torch.autograd.Function):
    """A backward that is wrong."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: object, upstream: Tensor) -> Tensor:  # type: ignore[override]
        return upstream / 2


def halved(h: Tensor, h_prime: Tensor) -> Tensor:
    return mine(Halved.apply(h), h_prime)


_NOISE = Random(0)


def noisy(h: Tensor, h_prime: Tensor) -> Tensor:
    """From a generator of its own: no seed makes two calls equal."""
    return mine(h, h_prime) + _NOISE.random()


def hinged(h: Tensor, h_prime: Tensor) -> Tensor:
    """At a kink exactly where it is looked at."""
    return mine(h, h_prime) + torch.relu(h - draw(0)[0]).sum()


def constant(h: Tensor, h_prime: Tensor) -> Tensor:
    return torch.tensor(1.0)


def raising(h: Tensor, h_prime: Tensor) -> Tensor:
    raise ValueError("planted")


def draw(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    h, noise = torch.randn(2, 5, 4, dtype=torch.float64, generator=generator)
    return h, h + 0.5 * noise


def test_a_loss_is_the_catalogue_s() -> None:
    report = assert_same_loss(mine, "infonce", draw, {"tau": 0.07})
    assert report.verdict == "same"
    assert report.points == 8
    assert_same_loss(mine, mine, draw)


def test_another_loss_is_not() -> None:
    for other in ("infonce", mine):
        with pytest.raises(AssertionError, match=r"doubled against (infonce|mine): differs"):
            assert_same_loss(doubled, other, draw, {"tau": 0.07})
    with pytest.raises(AssertionError, match="differs"):
        assert_same_loss(mine, "infonce", draw, settings={"tau": 0.05})
    with pytest.raises(AssertionError, match="seed=4"):
        assert_same_loss(mine, doubled, draw, seed=4)


def test_what_cannot_be_compared_has_not_passed() -> None:
    with pytest.raises(AssertionError, match=r"undecided(.|\n)*planted"):
        assert_same_loss(raising, raising, draw)


def test_the_gradient_of_its_value() -> None:
    assert_gradient(mine, draw)
    assert_gradient(detached, draw)
    assert_gradient(hinged, draw)


def test_the_gradient_of_a_loss_of_the_catalogue() -> None:
    for right in (mine, shifted):
        assert_gradient(right, draw, against="infonce", settings={"tau": 0.07})
    with pytest.raises(AssertionError, match=r"not that of infonce: by h cosine 1, 2 times"):
        assert_gradient(doubled, draw, against="infonce", settings={"tau": 0.07})
    with pytest.raises(AssertionError, match="by h_prime it is zero"):
        assert_gradient(detached, draw, against="infonce", settings={"tau": 0.07})


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (halved, "autograd is not the gradient of the value"),
        (raising, "ValueError: planted"),
        (constant, "no gradient to h and h_prime"),
        (noisy, "is undecided"),
    ],
)
def test_a_wrong_gradient_fails(loss: object, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        assert_gradient(loss, draw)  # type: ignore[arg-type]


@pytest.mark.slow
def test_our_own_draws() -> None:
    assert_same_loss(mine, "infonce", settings={"tau": 0.07})
    assert_gradient(mine, against="infonce", settings={"tau": 0.07})
    with pytest.raises(AssertionError, match="not the gradient"):
        assert_gradient(halved)


def test_bad_arguments_are_told_before_anything_is_drawn() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean"):
        assert_same_loss(mine, "infonc", draw)
    with pytest.raises(UnknownNameError, match="hyper-parameter"):
        assert_gradient(mine, draw, against="infonce", settings={"temperature": 0.1})
    with pytest.raises(HyperparameterError, match="outside its domain"):
        assert_gradient(mine, draw, against="infonce", settings={"tau": -1})
    with pytest.raises(ObjectiveError, match="supcon takes labels"):
        assert_same_loss(mine, "supcon", draw)
    with pytest.raises(InputError, match="floating-point tensor"):
        assert_gradient(mine, lambda seed: (torch.eye(3)[0], torch.eye(3)))


def in_pytest(pytester: pytest.Pytester, text: str, *arguments: str) -> pytest.RunResult:
    """In a process of its own, warnings being errors."""
    pytester.makepyfile(test_my_loss=text)
    return pytester.runpytest_subprocess("-W", "error", "-p", "no:xdist", *arguments)


def test_the_example_of_the_page_passes(pytester: pytest.Pytester) -> None:
    in_pytest(pytester, EXAMPLE).assert_outcomes(passed=6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "failed"),
    [
        ("h @ h_prime.T * temperature", 4),
        ("h_prime @ h.T / temperature", 4),
        ("h @ h_prime.T.detach() / temperature", 4),
    ],
)
def test_the_example_of_the_page_catches_faults(
    pytester: pytest.Pytester, wrong: str, failed: int
) -> None:
    right = "h @ h_prime.T / temperature"
    assert right in EXAMPLE
    outcome = in_pytest(pytester, EXAMPLE.replace(right, wrong))
    outcome.assert_outcomes(passed=6 - failed, failed=failed)


PROFILED = """
from hypothesis import given, settings, strategies as st
from verify import plugin

seen = []

@given(st.integers())
def test_examples(x):
    seen.append(x)

def test_profile():
    print("rounds", plugin.rounds(), "examples", settings().max_examples)
"""


@pytest.mark.parametrize(
    ("name", "said"), [("ci", "rounds 1 examples 30"), ("dev", "rounds 4 examples 100")]
)
def test_profiles(pytester: pytest.Pytester, name: str, said: str) -> None:
    found = in_pytest(pytester, PROFILED, "--contragrad-profile", name, "-s")
    found.assert_outcomes(passed=2)
    found.stdout.fnmatch_lines([f"contragrad profile: {name}", f"*{said}*"])


def test_profiles_that_cannot_be(pytester: pytest.Pytester) -> None:
    unknown = in_pytest(pytester, PROFILED, "--contragrad-profile", "all")
    assert unknown.ret == pytest.ExitCode.USAGE_ERROR
    two = ("--contragrad-profile", "ci", "--hypothesis-profile", "default")
    both = in_pytest(pytester, PROFILED, *two)
    assert both.ret == pytest.ExitCode.USAGE_ERROR
    assert "Drop --hypothesis-profile" in both.stderr.str()


def test_pytest_starts_without_torch_and_hypothesis(tmp_path: Path) -> None:
    """With this plugin alone, and a test that uses nothing of it."""
    file = tmp_path / "test_light.py"
    file.write_text(
        "import sys\n"
        "def test_light():\n"
        "    assert not {'torch', 'hypothesis', 'sympy', 'numpy'} & set(sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-p", "verify.plugin", str(file)],
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_page_says_what_is_there() -> None:
    assert {x[0] for x in BLOCK.findall(TEXT)} == {"python", "console", "text"}
    listed = set(re.findall(r"^\| `(\w+)` \| [a-z]", TEXT, re.MULTILINE))
    assert listed - {"ci", "dev", "thorough"} <= REGIMES.keys()
    from verify.plugin import ROUNDS
    from verify.profiles import PROFILES

    for name, rounds in ROUNDS.items():
        examples = PROFILES[name].of("autograd")
        often = "once" if rounds == 1 else f"{rounds} times as much"
        assert f"| `{name}` | {often} | {examples} examples" in TEXT
