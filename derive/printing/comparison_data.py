"""A comparison as plain data, for JSON."""

from collections.abc import Callable
from typing import Any

from sympy import Expr

from derive.comparison.compare import ComparisonResult
from derive.comparison.counterexample import Counterexample
from derive.comparison.subject import Subject, other_defaults
from derive.paradigm import Decomposition, revealed
from derive.printing.counterexample import hypers_of
from derive.printing.latex import to_latex
from derive.printing.layout import Typesetter
from derive.printing.standard import to_sympy_text
from derive.printing.text import inline


def comparison_data(result: ComparisonResult) -> dict[str, Any]:
    """Keys: relation, verdict, settled (the gradients are the same up to one factor, wherever both
    are defined), other_defaults (by name, of A and of B), a, b (name, settings, formula, push,
    pull, dissipation, weight, ratio), findings (kind, verdict, text, parts, where), counterexample
    (or null)."""
    typesetter = Typesetter(tuple(hypers_of(result).values()))

    def form(e: Expr) -> dict[str, str]:
        box = typesetter(revealed(e))
        return {"text": inline(box), "latex": to_latex(box), "sympy": to_sympy_text(revealed(e))}

    return {
        "relation": result.relation,
        "verdict": result.verdict.value,
        "settled": result.settled,
        "other_defaults": other_defaults(result.a, result.b),
        "a": _side(result.a, result.decompositions[0], form),
        "b": _side(result.b, result.decompositions[1], form),
        "findings": [
            {
                "kind": x.kind.value,
                "verdict": x.verdict.value,
                "text": x.text,
                "parts": {name: form(e) for name, e in x.parts.items()},
                "where": dict(x.where),
            }
            for x in result.findings
        ],
        "counterexample": _counterexample_data(result.counterexample),
    }


def _side(x: Subject, d: Decomposition, form: Callable[[Expr], dict[str, str]]) -> dict[str, Any]:
    return {
        "name": x.objective.name,
        "settings": {name: str(value) for name, value in x.settings.items()},
        "formula": form(d.coefficients.formula),
        "push": {str(view): form(e) for view, e in d.coefficients.push.items()},
        "pull": form(d.coefficients.pull),
        "dissipation": form(d.dissipation),
        "weight": {str(view): form(e) for view, e in d.weight.items()},
        "ratio": None if d.ratio is None else form(d.ratio),
    }


def _counterexample_data(shown: Counterexample | None) -> dict[str, Any] | None:
    if shown is None:
        return None
    return {
        "N": shown.n,
        "D": shown.d,
        "settings": {name: str(x) for name, x in shown.settings.items()},
        "says": shown.says,
        "batches": [
            {
                "h": [[str(c) for c in x] for x in e.batch[0]],
                "h_prime": [[str(c) for c in x] for x in e.batch[1]],
                "values": list(e.values),
                "gradients": list(e.gradients),
            }
            for e in shown.evidence
        ],
    }
