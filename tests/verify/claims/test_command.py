"""`verify claims`."""

import json

import pytest
from click.testing import CliRunner, Result

from derive.nodes import ANCHOR, FEATURE
from derive.notation import cosine
from verify.claims import listing
from verify.claims.derivations import gradient
from verify.claims.model import Claim, Judgement, Outcome
from verify.claims.p001.equivalent import equivalent_barlow_twins
from verify.claims.p001.notation import NU, nu, space
from verify.claims.text import contracted, formula_text
from verify.cli import main
from verify.evaluation import Evaluator

_TWO = ("--paper", "001", "--claim", "001-eq-7", "--claim", "001-w-p-b")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["claims", *arguments])


def test_json_has_the_stated_fields() -> None:
    result = run(*_TWO, "--format", "json")
    assert result.exit_code == 0, result.output
    first, second = json.loads(result.stdout)
    assert set(first) == {"id", "source", "equation", "statement", "verdict", "conditions",
                          "correction", "evidence"}  # fmt: skip
    assert first["statement"] == "the gradient of the alignment: ∂L/∂h_i = −(2 h'_ia)/N"
    assert (first["id"], first["verdict"], first["correction"]) == ("001-eq-7", "tangent", None)
    assert second["verdict"] == "false"
    assert "[symbol]" in second["correction"]


def test_markdown_and_table_name_every_claim() -> None:
    for form in ("markdown", "table"):
        result = run(*_TWO, "--format", form)
        assert result.exit_code == 0, result.output
        assert "001-eq-7" in result.stdout
        assert "tangent" in result.stdout


def test_a_strange_paper_or_claim_is_bad_input() -> None:
    for arguments in (("--paper", "005"), ("--paper", "001", "--claim", "001-eq-99")):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "unknown" in result.output
        assert "Traceback" not in result.output


def test_an_undecided_claim_that_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Claim("001-x", "x", "x", "x", "x", lambda seed: Judgement(Outcome.UNDECIDED))
    monkeypatch.setattr("verify.claims.all_claims", lambda papers: [stuck])
    result = run("--format", "json")
    assert result.exit_code == 3
    assert "001-x" in result.stderr
    monkeypatch.setattr("verify.claims.undecided.ALLOWED", {"001-x": "for a reason"})
    assert run("--format", "json").exit_code == 0


def test_a_cell_keeps_its_text() -> None:
    judged = Claim(
        "001-x", "Eq. 1", "a|b", "x", "x", lambda seed: Judgement(Outcome.EXACT)
    ).judged()
    page = listing.as_markdown([judged])
    assert "a\\|b | x: x |" in page  # the formula ends the statement
    assert "1 claim: 1 exact" in page
    assert "j\\*" not in page.partition("In all")[0]


def test_names_in_our_code_are_the_papers_signs() -> None:
    found = Judgement(
        Outcome.FALSE,
        correction="1/tau for nu_1 lam: ‖z_i‖",
        evidence=("mpf('1.0') at tau=2, alpha_mine, Log(N), sqrt(x**2)",),
    )
    judged = Claim("001-x", "x", "x", "x", "x", lambda seed: found).judged().judgement
    assert judged.correction == "1/τ for ν_1 λ: ‖h_i‖"
    assert judged.evidence == ("1.0 at τ=2, alpha_mine, log(N), √(x^2)",)


def test_the_table_shows_the_statement_as_far_as_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    table = run(*_TWO).stdout
    assert "the gradient of the" in table
    assert "001-eq-7" in table
    assert listing.shortened("a longer statement of it", 12) == "a longer…"
    assert listing.shortened("unbreakable", 6) == "unbre…"
    assert listing.shortened("short  enough", 12) == "short enough"


def test_a_correction_is_printed_without_what_differentiating_left_in_it() -> None:
    loss = equivalent_barlow_twins(nu, cosine)
    left, printed = gradient(loss), contracted(gradient(loss))
    assert "sg(" in formula_text(left)
    assert formula_text(printed, (NU,)) == (
        "ν Σ_{k≠i} (2 h_ka c_ik')/N² − (h'_ia (2 − 2 (1 − ν) C_aa))/N"
    )
    for drawn in space(NU).draws(0)[:3]:
        exact, at = Evaluator(drawn.point), {ANCHOR: 1, FEATURE: 0}
        assert abs(exact(left, at) - exact(printed, at)) < 1e-40
