"""What the letters of a sheet stand for: only those it uses."""

from collections.abc import Iterator

from sympy import Expr

from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Definition,
    Delta,
    FeatureIndex,
    Hardest,
    Inner,
    Named,
    SampleIndex,
    Step,
    Stop,
    View,
)
from derive.paradigm import Decomposition
from derive.printing.layout import Typesetter
from derive.printing.text import inline


def legend(d: Decomposition, typesetter: Typesetter) -> Iterator[str]:
    """One line a notation; `typesetter` knows the names it gave to hardest indices."""
    parts = [
        d.coefficients.formula, d.dissipation, d.radial, *d.weight.values(),
        *d.coefficients.push.values(), *(x.component for x in d.remainder),
    ]  # fmt: skip
    yield "h_i anchor, h'_i its positive: unit vectors; N pairs in D dimensions"
    yield from _cosines({x for e in parts for x in e.atoms(Inner)})
    if any(v.role == "centred" for e in parts for v in e.atoms(View)):
        yield "ĥ_i = h_i − (1/N) Σ_k h_k"
    for k, name in typesetter.hardest.items():
        yield f"{name} = arg {inline(typesetter(Hardest(*k.args)))}"
    if any(e.has(Step, Delta) for e in parts):
        yield "1[·] is 1 where the condition holds, else 0"
    if d.coefficients.formula.has(Stop):
        yield "sg(x) is x with its gradient stopped"


def _cosines(inner: set[Inner]) -> Iterator[str]:
    plain = [x.args for x in inner if x.args[0].role == x.args[2].role == "plain"]
    if any(v != w for v, _, w, _ in plain):
        yield "c_ij' = ⟨h_i, h'_j⟩ = cos θ_ij'"
    if any(v == w and i != j for v, i, w, j in plain):
        yield "c_ij = ⟨h_i, h_j⟩ = cos θ_ij"


def named_intermediates(e: Expr) -> list[Definition]:
    """Named intermediates in order of use, the inner ones after those that use them."""
    found: list[Definition] = []
    for node in sorted(e.atoms(Named), key=_by_view):
        definition = node.definition
        if definition.name != "s" and definition not in found:
            found += [
                definition,
                *[x for x in named_intermediates(definition.body) if x not in found],
            ]
    return found


def _by_view(node: Named) -> tuple[str, str, str]:
    return (
        node.definition.name,
        node.definition.view.name if node.definition.view else "",
        str(node),
    )


def at_free_indices(definition: Definition) -> tuple[Expr, ...]:
    """i, j for samples and a, b for features, as many as the definition has."""
    features = iter((FEATURE, FeatureIndex("b")))
    samples = iter((ANCHOR, NEGATIVE))
    return tuple(
        next(samples if isinstance(k, SampleIndex) else features) for k in definition.dummies
    )
