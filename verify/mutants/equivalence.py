"""Is a mutant the loss itself, written otherwise? By rung 1's procedure: algebra, never numbers.

Two losses are the same if L_i (or the batch scalar) is, at unit rows where they are unit, and so
is the gradient of the training scalar by either view, along the sphere. The gradients are asked
for beside the value, since a stop-gradient changes them alone.
"""

from sympy import Add, Expr, Mul, S

from derive.calculus import Derivative, embedding_leaf
from derive.canonical import for_formula, for_proof
from derive.errors import ContragradError
from derive.identity import vanishes, vanishes_in_form
from derive.nodes import (
    ANCHOR,
    FEATURE,
    Component,
    Distinct,
    Match,
    N,
    Named,
    Step,
    Top,
    View,
    free_indices,
)
from derive.notation import sum_samples
from derive.objective import Objective, definitions_in
from derive.verdict import Verdict
from verify.edits.walk import mapped

_EDGE = "it differs only where the argument of a step is exactly 0"


def proof(original: Objective, mutant: Objective) -> str:
    """How it is proved that the two are the same loss, or nothing."""
    pair = original.formula(), mutant.formula()
    for a, b in (pair, (unconditional(pair[0]), unconditional(pair[1]))):
        if _is_zero(b - a):
            sense = _same_gradients(original, a, b)
            if sense:
                return f"proved for symbolic N and D: {sense}"
    return _by_comparison(original, mutant)


def _same_gradients(original: Objective, a: Expr, b: Expr) -> str:
    """In which sense the gradients of two formulas by both views are the same, or nothing."""
    tangent = False
    for view in (original.anchor, original.positive):
        sense = _sense(_gradient(original, b, view) - _gradient(original, a, view), view)
        if not sense:
            return ""
        tangent |= sense == "tangent"
    return "value and both gradients" + (", along the sphere" if tangent else "")


def unconditional(e: Expr) -> Expr:
    """Written so that what a condition implies is in the terms themselves: a sample among the
    hardest of an anchor is not the anchor, and where two labels agree, so does what is counted by
    them."""
    if not any(x.has(Top, Match) for x in (e, *[d.body for d in definitions_in(e)])):
        return e
    return mapped(for_formula(e), _implied)


def _implied(e: Expr) -> Expr:
    if not isinstance(e, Mul):
        return e
    apart = [Distinct(x.args[0], x.args[3]) for x in e.args if isinstance(x, Top)]
    e = Mul(*e.args, *[x for x in apart if x not in e.args])
    alike = [x for x in Mul.make_args(e) if isinstance(x, Match)]
    if len(alike) != 1:
        return e
    a, b = alike[0].args
    return Mul(*[_of_either(x, a, b) for x in Mul.make_args(e)])


def _of_either(x: Expr, a: Expr, b: Expr) -> Expr:
    """What depends on the label of one of two samples alone, as the mean over both."""
    own = free_indices(x)
    if x.atoms(View, Named) or not x.has(Match) or own not in ({a}, {b}):
        return x
    return (x + x.xreplace({a: b} if own == {a} else {b: a})) / 2


def explanation(original: Objective, mutant: Objective) -> str:
    """What can be said of a mutant that neither a number nor a proof tells apart."""
    closed = mapped(mutant.formula(), _strict)
    if closed != mutant.formula() and _is_zero(closed - original.formula()):
        return _EDGE
    if _is_zero(mutant.formula() - original.formula()):
        return "it has the same value (proved); its gradients agree at every example"
    return "no example tells it from the loss, and no proof makes it the same"


def _is_zero(e: Expr) -> bool:
    return vanishes(e, exact=True) is Verdict.PROVED


def _strict(e: Expr) -> Expr:
    """1[x ≥ 0] = 1 − 1[−x > 0] as 1[x > 0]: the same but at 0."""
    if isinstance(e, Add) and len(e.args) == 2 and S.One in e.args:
        (other,) = [x for x in e.args if x != 1]
        if isinstance(-other, Step):
            return Step(-(-other).args[0])
    return e


def _gradient(objective: Objective, formula: Expr, view: View) -> Expr:
    """Component a of the gradient, by sample i of a view, of what is trained with that formula."""
    scalar = formula
    if objective.differentiated == "anchor":
        scalar = sum_samples(lambda k: formula.xreplace({ANCHOR: k})) / N
    return Derivative(embedding_leaf(view, ANCHOR, FEATURE))(scalar)


def _sense(difference: Expr, view: View) -> str:
    """ "ambient" (as vectors), "tangent" (up to a multiple of the row itself), or neither."""
    if _is_zero(difference):
        return "ambient"
    if not view.unit:
        return ""
    rest = for_proof(difference)
    along = Add(*[x for x in Add.make_args(rest) if not _is_radial(x, view)])
    return "tangent" if vanishes_in_form(along) is Verdict.PROVED else ""


def _is_radial(term: Expr, view: View) -> bool:
    """Whether a term is a multiple of the row by which is differentiated."""
    holders = [x for x in Mul.make_args(term) if FEATURE in free_indices(x)]
    if len(holders) != 1 or not isinstance(holders[0], Component):
        return False
    of, index, _ = holders[0].args
    return bool(of.name == view.name and of.role == "plain" and index == ANCHOR)


def _by_comparison(original: Objective, mutant: Objective) -> str:
    """As `derive compare` settles it, which knows more identities of logarithms."""
    from derive.comparison.compare import compare
    from derive.comparison.relations import Kind

    if _stops(original) or _stops(mutant):
        return ""  # compared as values and as gradients by h alone
    try:
        found = compare(original, mutant).findings
    except ContragradError:
        return ""
    same = found and found[0].kind is Kind.SAME and found[0].verdict is Verdict.PROVED
    return "proved for symbolic N and D by `derive compare`: the same function" if same else ""


def _stops(objective: Objective) -> bool:
    return objective.stop_gradients != "none"
