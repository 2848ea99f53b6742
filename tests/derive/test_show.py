"""What `derive show` prints, format by format, with the golden text of every objective.

Regenerate the goldens with: python -m tests.derive.test_show
"""

import json
from pathlib import Path

import pytest
import sympy
from click.testing import CliRunner, Result

import derive
from derive.cli import main
from derive.nodes import D, N
from derive.objectives import load, names
from derive.printing.standard import to_sympy_text
from derive.printing.text import columns
from tests.catalogue import FEW, sampled
from tests.derive.sheets import shown

GOLDEN = Path(__file__).parent / "golden"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("loss", names())
def test_text_is_the_golden_one(loss: str) -> None:
    golden = GOLDEN / f"{loss}.txt"
    assert golden.exists(), f"no {golden}: run python -m tests.derive.test_show and review it"
    assert shown(loss) + "\n" == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("steps", [False, True])
@pytest.mark.parametrize("loss", sampled(names()))
def test_no_line_is_over_80_columns_and_nothing_is_raw_sympy(loss: str, steps: bool) -> None:
    text = shown(loss, steps=steps)
    assert max(map(columns, text.splitlines())) <= 80
    for raw in ("**", "Inner(", "IndexSum", "Named(", "_S", "exp(", "sqrt("):
        assert raw not in text


@pytest.mark.parametrize("loss", sampled(names(), FEW))
def test_json_has_three_spellings_and_sympy_reads_its_own(loss: str) -> None:
    result = run("show", "--loss", loss, "--format", "json")
    assert result.exit_code == 0
    data = json.loads(result.output)
    d = derive.decompose(loss)
    forms = {
        "dissipation": d.dissipation,
        "objective": d.coefficients.formula,
        "pull": d.coefficients.pull,
    }
    if d.weight:
        own = next(v for v in d.objective.pools if v in d.weight)
        forms |= {"weight": d.weight[own], "ratio": d.ratio}
    for name, e in forms.items():
        assert data[name]["text"]
        assert data[name]["latex"]
        assert data[name]["sympy"] == to_sympy_text(e)
        assert sympy.srepr(sympy.sympify(data[name]["sympy"])) == data[name]["sympy"]
    assert {"text", "latex", "sympy", "terms"} <= data["remainder"].keys()
    assert len(data["remainder"]["terms"]) == len(d.remainder)


@pytest.mark.parametrize("loss", names())
def test_every_hyperparameter_can_be_set(loss: str) -> None:
    objective = load(loss)
    settings = {x.name: x.default.subs({N: 8, D: 4}) for x in objective.hyper}
    result = derive.decompose(loss, **settings)
    left = {x.name for x in result.coefficients.formula.free_symbols}
    assert not left & set(settings)


@pytest.mark.parametrize("loss", sampled(names(), FEW))
def test_latex_has_balanced_braces(loss: str) -> None:
    text = shown(loss, format="latex")
    assert text.count("{") == text.count("}")
    assert r"\frac" in text or loss == "mpt"


def test_set_puts_the_value_in() -> None:
    result = run("show", "--loss", "infonce", "--set", "tau=0.1")
    assert "e^(10 c_ij')" in result.output
    assert "set 0.1" in result.output


def test_steps_name_their_rules() -> None:
    text = run("show", "--loss", "infonce", "--steps").output
    assert "∂log x = ∂x/x" in text
    assert "V_ij" in text


def test_list_has_every_objective() -> None:
    listed = [line.split()[0] for line in run("list").output.splitlines()]
    assert listed == names()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "--loss", "infonc"), "Did you mean infonce"),
        (("show", "--loss", "infonce", "--set", "ta=1"), "Did you mean tau?"),
        (("show", "--loss", "infonce", "--set", "tau=0"), "outside its domain τ > 0"),
        (("show", "--loss", "infonce", "--set", "tau=abc"), "is not a number"),
        (("show", "--loss", "infonce", "--set", "tau"), "NAME=VALUE"),
        (("show", "--loss", "infonce", "--set", "tau=1", "--set", "tau=2"), "twice"),
        (("show", "--loss", "infonce", "--set", "tau=1/0"), "divides by zero"),
        (("show", "--loss", "arccon", "--set", "u=pi"), "0 ≤ u < π"),
        (("show", "--loss", "infonce", "--format", "txt"), "Did you mean text or latex?"),
        (("sho",), "Did you mean show?"),
    ],
)
def test_bad_input_is_a_message_and_exit_code_2(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name in names():
        (GOLDEN / f"{name}.txt").write_text(shown(name) + "\n", encoding="utf-8")
