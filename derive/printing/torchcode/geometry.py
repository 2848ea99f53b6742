"""Inner products, distances and angles of rows: the digits of close points are kept."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sympy import Add, Expr, S

from derive.errors import LoweringError
from derive.indices import fresh
from derive.nodes import Angle, FeatureIndex, Inner, SampleIndex, Sin
from derive.printing.torchcode import selection
from derive.printing.torchcode.algebra import elementwise, product, settled, total
from derive.printing.torchcode.arrays import Value, lengths
from derive.printing.torchcode.contraction import pair

if TYPE_CHECKING:
    from derive.printing.torchcode.rules import Lowering

_BLOCKS = {("h", "h'"): "cross", ("h", "h"): "same", ("h'", "h'"): "same_prime"}


def inner(low: "Lowering", e: Inner) -> Value:
    v, i, w, j = e.args
    a = fresh(FeatureIndex)
    at = [selection.positions(low, x).axes for x in (i, j)]
    if at[0] == at[1] and len(at[0]) == 1:  # one pair a row
        left, right = low.embeddings(v, i, a), low.embeddings(w, j, a)
        hint = "positive" if i == j and {v.name, w.name} in ({"h", "h'"}, {"z", "z'"}) else ""
        return pair(low.graph, left, right, frozenset(at[0]), hint)
    p, q = _plain(i, j)
    left, right = low.embeddings(v, p, a), low.embeddings(w, q, a)
    names = tuple(x.name.replace("z", "h") for x in (v, w))
    hint = _BLOCKS.get(names, "cross") + ("_centred" if "centred" in (v.role, w.role) else "")
    block = pair(low.graph, left, right, frozenset((p, q)), hint)
    return _at(low, block, (p, q), (i, j))


def _plain(i: Expr, j: Expr) -> tuple[SampleIndex, SampleIndex]:
    """The samples of a whole block: new ones for those that are picked."""
    p, q = (x if isinstance(x, SampleIndex) else fresh(SampleIndex) for x in (i, j))
    return p, q


def _at(low: "Lowering", block: Value, old: Sequence[SampleIndex], new: Sequence[Expr]) -> Value:
    """The entries of a block at the samples that are meant."""
    at = [selection.positions(low, x) for x in new]
    if all(isinstance(x, selection.PICKS) for x in new):
        return selection.entries(low.graph, block, dict(zip(old, at, strict=True)))
    for p, places, index in zip(old, at, new, strict=True):
        block = selection.take(low.graph, block, p, places, index)
    return block


def add(low: "Lowering", e: Add) -> Value:
    found = _chord(low, e)
    return total(low.graph, [low(x) for x in e.args]) if found is None else found


def _chord(low: "Lowering", e: Add) -> Value | None:
    """2 − 2⟨v_i, w_j⟩ of unit rows, one pair a row, as ‖v_i − w_j‖²: it keeps its digits at close
    points."""
    constant, rest = e.as_coeff_Add()
    scale, inner = rest.as_coeff_Mul()
    if not isinstance(inner, Inner) or scale != -constant:
        return None
    v, i, w, j = inner.args
    at = [selection.positions(low, x).axes for x in (i, j)]
    if not (v.unit and w.unit) or "centred" in (v.role, w.role) or at[0] != at[1]:
        return None
    difference = _difference(low, inner, S.NegativeOne)
    return _square_norm(low, difference).times(constant / 2)


def _difference(low: "Lowering", inner: Inner, sign: Expr) -> Value:
    v, i, w, j = inner.args
    a = fresh(FeatureIndex)
    return total(low.graph, [low.embeddings(v, i, a), low.embeddings(w, j, a).times(sign)])


def _square_norm(low: "Lowering", x: Value) -> Value:
    """‖x_i‖² of rows."""
    x = settled(low.graph, x)
    assert x.node is not None
    at = next(n for n, k in enumerate(x.axes) if isinstance(k, FeatureIndex))
    axes = tuple(k for n, k in enumerate(x.axes) if n != at)
    node = low.graph.node("square_norm", [(S.One, x.node)], (at,), lengths(axes))
    return Value(S.One, node, axes)


def angle(low: "Lowering", e: Angle) -> Value:
    """2·atan2(‖v_i − w_j‖, ‖v_i + w_j‖)."""
    apart, together = _chords(low, e)
    assert apart.node is not None
    assert together.node is not None
    args = [(S.One, apart.node), (S.One, together.node)]
    node = low.graph.node("atan2", args, (), apart.node.shape)
    return settled(low.graph, Value(S(2), node, apart.axes), "angle")


def sine(low: "Lowering", e: Sin) -> Value:
    """sin x; of an angle ½·‖v_i − w_j‖·‖v_i + w_j‖, which is 0 where the sine is: sin π is not."""
    if isinstance(e.args[0], Angle):
        return product(low.graph, _chords(low, e.args[0])).times(S.Half)
    return elementwise(low.graph, "sin", low(e.args[0]))


def _chords(low: "Lowering", e: Angle) -> tuple[Value, Value]:
    cosine = e.args[0]
    if not isinstance(cosine, Inner):
        raise LoweringError(f"{e}: only the angle of two embeddings has a rule.")
    return _chord_length(low, cosine, S.NegativeOne), _chord_length(low, cosine, S.One)


def _chord_length(low: "Lowering", e: Inner, sign: Expr) -> Value:
    """‖v_i ± w_j‖ of unit rows, from the rows: ⟨v_i, w_j⟩ has rounded a short one away."""
    v, i, w, j = e.args
    at = [selection.positions(low, x).axes for x in (i, j)]
    if not (v.unit and w.unit) or "centred" in (v.role, w.role):
        side = total(low.graph, [Value(S.One), low(e).times(sign)])
        return elementwise(low.graph, "root", side.times(S(2)))
    if at[0] == at[1] and len(at[0]) == 1:
        return elementwise(low.graph, "root", _square_norm(low, _difference(low, e, sign)))
    p, q = _plain(i, j)
    a = fresh(FeatureIndex)
    left, right = low.embeddings(v, p, a), low.embeddings(w, q, a)
    assert left.node is not None
    assert right.node is not None
    args = [(S.One, left.node), (-sign, right.node)]
    node = low.graph.node("distances", args, (), lengths((p, q)))
    return _at(low, Value(S.One, node, (p, q)), (p, q), (i, j))
