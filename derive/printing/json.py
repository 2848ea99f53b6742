"""A decomposition as JSON: every expression as text, LaTeX and a form SymPy reads back."""

import json
from typing import Any

from sympy import Add, Expr

from derive.conditions import Equality
from derive.nodes import View
from derive.objective import Objective
from derive.paradigm import Decomposition
from derive.printed import compare_printed, own_equality
from derive.printing.latex import to_latex
from derive.printing.layout import Typesetter
from derive.printing.standard import to_sympy_text
from derive.printing.text import inline


def as_json(d: Decomposition) -> str:
    """Keys as in `to_data`; indented, UTF-8."""
    return json.dumps(to_data(d), indent=2, ensure_ascii=False)


def to_data(d: Decomposition) -> dict[str, Any]:
    """The whole result as plain data.

    `dissipation`, `weight`, `ratio`, `remainder`, `objective`, `push`, `pull` and `radial` hold
    `text`, `latex` and `sympy` (`sympy.sympify` reads it; the vocabulary is described in
    derive/printing/standard.py). With negatives from two views, `weight` and `push` are of the
    objective's own pool and `by_view` has both. The remainder is component a of a vector, and
    `terms` are its summands. `diagonal` and `ratio_diagonal` add, for feature a, to `pull` and
    `ratio`; `positives` and `ratios` are those of further positives with the anchor's label.
    `totals` writes out the names A_i and V_i.
    """
    o = d.objective
    form = _Form(Typesetter(o.hyper))
    return {
        "name": o.name,
        "title": o.title,
        "source": o.source,
        "differentiated": o.differentiated,
        "reduction": o.reduction,
        "pool": o.pool,
        "embeddings": o.embeddings,
        "inputs": list(o.inputs),
        "stop_gradients": o.stop_gradients,
        "hyperparameters": _hyper(o, d),
        "objective": form(d.coefficients.formula),
        "push": form.per_view(o, dict(d.coefficients.push)),
        "pull": form(d.coefficients.pull),
        "diagonal": form(d.coefficients.diagonal),
        "positives": {_pool(v): form(b) for v, b in d.coefficients.positives.items()},
        "radial": form(d.radial),
        "dissipation": form(d.dissipation) | {"no_gauge": d.no_gauge},
        "weight": form.per_view(o, dict(d.weight)),
        "ratio": None if d.ratio is None else form(d.ratio),
        "ratio_diagonal": form(d.ratio_diagonal),
        "ratios": {_pool(v): form(r) for v, r in d.ratios.items()},
        "totals": _totals(d, form),
        "remainder": form(Add(*[x.component for x in d.remainder]))
        | {"terms": [form(x.component) | {"summand": x.summand} for x in d.remainder]},
        "equality": _equality(own_equality(d)),
        "printed": [{"source": x.row.source} | _equality(x.equality) for x in compare_printed(d)],
    }


class _Form:
    """An expression in its three spellings."""

    def __init__(self, typesetter: Typesetter):
        self.set = typesetter

    def __call__(self, e: Expr) -> dict[str, Any]:
        box = self.set(e)
        return {"text": inline(box), "latex": to_latex(box), "sympy": to_sympy_text(e)}

    def per_view(self, o: Objective, parts: dict[View, Expr]) -> dict[str, Any]:
        own = next((parts[view] for view in o.pools if view in parts), Add(*parts.values()))
        forms = self(own)
        if len(parts) > 1:
            forms["by_view"] = {_pool(view): self(e) for view, e in parts.items()}
        return forms


def _totals(d: Decomposition, form: "_Form") -> dict[str, Any]:
    """A_i = Σ_j a_ij and V_i = Σ_j V_ij, where other entries have them by name."""
    return {x.definition.name: form(x.value) for x in d.totals}


def _pool(view: View) -> str:
    return "cross" if view.name.endswith("'") else "same"


def _hyper(o: Objective, d: Decomposition) -> list[dict[str, str]]:
    settings = d.coefficients.settings
    return [
        {
            "name": x.name,
            "symbol": x.display,
            "default": x.default_text,
            "value": str(settings.get(x.name, x.default_text)),
            "domain": x.domain.describe(x.display),
            "meaning": x.meaning,
        }
        for x in o.hyper
    ]


def _equality(equality: Equality) -> dict[str, Any]:
    return {
        "equality": equality.name,
        "sense": equality.sense,
        "conditions": [{"name": x.name, "statement": x.statement} for x in equality.conditions],
    }
