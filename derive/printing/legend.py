"""What the letters of a sheet stand for: only those it uses."""

from collections.abc import Iterator
from itertools import count

from sympy import Expr

from derive.nodes import (
    ANCHOR,
    FEATURE,
    NEGATIVE,
    Definition,
    FeatureIndex,
    Named,
    SampleIndex,
    View,
)
from derive.objective import Objective
from derive.printing.boxes import hat, view_leaf
from derive.printing.layout import Typesetter
from derive.printing.readable import extreme
from derive.printing.text import inline

_BEFORE = {
    "c_ij'": "c_ij' = ⟨h_i, h'_j⟩ = cos θ_ij'",
    "c_ij": "c_ij = ⟨h_i, h_j⟩ = cos θ_ij",
    "c_i'j'": "c_i'j' = ⟨h'_i, h'_j⟩ = cos θ_i'j'",
    hat("h"): hat("h") + "_i = h_i − (1/N) Σ_k h_k",
    hat("z"): hat("z") + "_i = z_i − (1/N) Σ_k z_k",
    "y": "y_i is the label of sample i, of both its views",
}
_AFTER = {
    "j*(k)": "j*(k) is the j* of the anchor k",
    "n_j": "n_j is every negative: h_j with its W_ij, h'_j with its W_ij'",
    "1[·]": "1[·] is 1 where the condition holds, else 0",
    "sg": "sg(x) is x with its gradient stopped",
}


def legend(typesetter: Typesetter, objective: Objective) -> Iterator[str]:
    """One line a notation that `typesetter` has used."""
    hardest = [*_hardest(typesetter), *_tops(typesetter)]  # first: they may use more notations
    used = typesetter.notation.used
    v, w = view_leaf(objective.anchor).text, view_leaf(objective.positive).text
    what = {"unit": "unit vectors", "raw": "raw embeddings, not normalised"}[objective.embeddings]
    yield f"{v}_i anchor, {w}_i its positive: {what}; N pairs in D dimensions"
    for name in objective.inputs:
        if name != "labels":
            yield f"{name}(i,m) is sample number m of row i of the input {name}, (N, M); never i"
    yield from (text for notation, text in _BEFORE.items() if notation in used)
    yield from hardest
    yield from (text for notation, text in _AFTER.items() if notation in used)


def _hardest(typesetter: Typesetter) -> Iterator[str]:
    """j* = arg max_{k≠i} …; one may hold another, which gets its name on the way."""
    known = typesetter.notation.hardest
    for n in count():
        if n >= len(known):
            return
        k, name = list(known.items())[n]
        yield f"{name} = arg {inline(typesetter(extreme(k)))}"


def _tops(typesetter: Typesetter) -> Iterator[str]:
    """T_i = the hardest samples of the anchor i."""
    for top, name in list(typesetter.notation.tops.items()):
        _, body, k, _, share = top.args
        among = inline(typesetter(body.xreplace({k: SampleIndex("k")})))
        kept = inline(typesetter(share))
        yield f"{name}_i: the ⌈{kept} (N − 1)⌉ samples k ≠ i with the largest {among}, and ties"


def named_intermediates(e: Expr) -> list[Definition]:
    """Named intermediates in order of use, the inner ones after those that use them."""
    found: list[Definition] = []
    for node in sorted(e.atoms(Named), key=_by_view):
        definition = node.definition
        if definition not in found:
            own = [] if definition.score else [definition]
            inner = named_intermediates(definition.body)
            found += [x for x in (*own, *inner) if x not in found]
    return found


def _by_view(node: Named) -> tuple[str, str, str]:
    return (
        node.definition.name,
        node.definition.view.name if node.definition.view else "",
        str(node),
    )


def once_a_statistic(definitions: list[Definition], typesetter: Typesetter) -> list[Definition]:
    """Without the second view's copy of a statistic (C' next to C, defined alike)."""
    scratch = Typesetter(typesetter.hyper)
    found: dict[tuple[str, str], Definition] = {}
    for definition in definitions:
        value = inline(scratch(_of_any_view(definition)))
        found.setdefault((definition.name, value), definition)
    return list(found.values())


def _of_any_view(definition: Definition) -> Expr:
    """Its value, with no name left in it and its own view as v."""
    e = definition(*at_free_indices(definition))
    while names := e.atoms(Named):
        e = e.xreplace({x: x.value for x in names})
    if definition.view is None:
        return e
    own = {v for v in e.atoms(View) if v.name == definition.view.name}
    return e.xreplace({v: View("v", v.role, v.unit, v.stopped) for v in own})


def at_free_indices(definition: Definition) -> tuple[Expr, ...]:
    """i, j, … for samples and a, b, … for features, as many as the definition has."""
    features = iter((FEATURE, *map(FeatureIndex, "bcd")))
    samples = iter((ANCHOR, NEGATIVE, *map(SampleIndex, "pq")))
    return tuple(
        next(samples if isinstance(k, SampleIndex) else features) for k in definition.dummies
    )
