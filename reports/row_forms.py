"""Which expressions of an anchor the angles of one row determine, and the form they are given."""

from sympy import Expr, preorder_traversal

from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Component,
    D,
    Delta,
    Distinct,
    Given,
    H,
    HardestIndex,
    IndexSum,
    Inner,
    Match,
    Mismatch,
    Named,
    SampleIndex,
    Top,
)


def obstacle(e: Expr) -> str:
    """Why `reports.rows.evaluate_rows` cannot evaluate an expression; empty if it can."""
    e = without_names(e)
    if any(_is_singled_out(x) for x in preorder_traversal(e)):
        return "it singles out one negative"
    if e.atoms(Top):
        return "it keeps a share of the negatives"
    if e.atoms(Match, Mismatch, Given):
        return "it depends on an input beside the embeddings"
    if e.atoms(Component) or e.has(D):
        return "it depends on single features or on their number"
    if any(_is_foreign(x) for x in e.atoms(Inner)) or e.atoms(Delta):
        return "it depends on more than the cosines of the anchor with the other view"
    return ""


def _is_singled_out(e: Expr) -> bool:
    """Whether a node asks for more than the cosine of the anchor's own hardest negative."""
    found = [x for x in e.args if isinstance(x, HardestIndex)]
    if not found:
        return False
    own = isinstance(e, Inner) and not _is_foreign(e) and found == [e.args[3]]
    return not (own and found[0].args[2] == ANCHOR)


def _is_foreign(inner: Inner) -> bool:
    v, i, w, _ = inner.args
    return (v, i, w) != (H, ANCHOR, H_PRIME)


def without_names(e: Expr) -> Expr:
    """Every named intermediate written out."""
    while named := e.atoms(Named):
        e = e.xreplace({x: x.value for x in named})
    return e


def split_anchor(e: Expr) -> Expr:
    """Σ_k f(k) as Σ_{k≠i} f(k) + f(i), wherever a sum over all samples holds the anchor."""
    if not e.args or not e.has(IndexSum):
        return e
    e = e.func(*map(split_anchor, e.args))
    if not isinstance(e, IndexSum) or not isinstance(e.args[1], SampleIndex):
        return e
    body, k = e.args
    guard = Distinct(ANCHOR, k)
    if guard in (body, *body.args):
        return e
    return IndexSum(guard * body, k) + body.xreplace({k: ANCHOR})
