"""The answer to "is it a gradient?" as plain data."""

from typing import Any

from sympy import Expr

from derive.conservation import ConservativeResult
from derive.integrability.answers import Reading, Witness
from derive.integrability.instance import Instance
from derive.numeric import mp
from derive.printing.latex import to_latex
from derive.printing.layout import Typesetter
from derive.printing.standard import to_sympy_text
from derive.printing.text import inline


def conservative_data(result: ConservativeResult) -> dict[str, Any]:
    """name, independent, readings (verdict, reason, scalar, summand, own, piecewise, witness), and
    at_defaults; expressions as text, LaTeX and a form SymPy reads."""
    form = _Form(Typesetter(result.objective.hyper))
    defaults = result.at_defaults
    return {
        "name": result.objective.name,
        "independent": result.independent,
        "settings": {x: str(v) for x, v in result.coefficients.settings.items()},
        "readings": [_reading(x, form, result) for x in result.readings],
        "at_defaults": None if defaults is None else conservative_data(defaults),
    }


class _Form:
    def __init__(self, typesetter: Typesetter):
        self.set = typesetter

    def __call__(self, e: Expr | None) -> dict[str, str] | None:
        if e is None:
            return None
        box = self.set(e)
        return {"text": inline(box), "latex": to_latex(box), "sympy": to_sympy_text(e)}


def _reading(x: Reading, form: _Form, result: ConservativeResult) -> dict[str, Any]:
    return {
        "name": x.name,
        "verdict": x.verdict.value,
        "reason": x.reason,
        "scalar": form(x.scalar),
        "summand": form(x.summand),
        "own": x.own,
        "piecewise": x.piecewise,
        "witness": None if x.witness is None else _witness_data(x.witness, form, result),
    }


def _witness_data(w: Witness, form: _Form, result: ConservativeResult) -> dict[str, Any]:
    anchor = result.objective.anchor
    return {
        "first": form(w.first.node(anchor)),
        "second": form(w.second.node(anchor)),
        "one_cosine": w.one_cosine,
        "left": form(w.left),
        "right": form(w.right),
        "difference": form(w.difference),
        "instance": _instance(w.instance),
    }


def _instance(x: Instance) -> dict[str, Any]:
    """Cosines and hyper-parameters exactly, the two sides with 50 digits."""
    batch = x.batch
    return {
        "N": batch.n,
        "D": batch.d,
        "cosines": {
            name: [[str(c) for c in cosines] for cosines in rows]
            for name, rows in batch.cosines.items()
        },
        "hyperparameters": {name: str(value) for name, value in batch.values.items()},
        "inputs": dict(batch.inputs),
        "left": mp.nstr(x.left, mp.dps),
        "right": mp.nstr(x.right, mp.dps),
        "difference": mp.nstr(x.difference, mp.dps),
    }
