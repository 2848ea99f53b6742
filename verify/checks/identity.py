"""gradient = GD Σ W (n − R h') + ρ h_i + remainder, proved for symbolic N and D.

In three kinds of identities: the derivative as it came out of the rules is the sum of a, b, ρ and
the remainder; GD·W is a; R Σ_j a_ij is b, with GD, W and R as they print. Where the loss is a
function of cosines, a second derivation takes every cosine as a variable, and its
a_ij = ∂L/∂c_ij, b_i = −∂L/∂c_ii', ρ_i = 2 ∂L/∂⟨h_i, h_i⟩ have to be the same. Both pass through
one normal form, so a proof is never the only check.
"""

from collections.abc import Callable

from sympy import Expr, S

from derive.calculus import Derivative, cosine_leaf
from derive.canonical import for_proof
from derive.errors import ObjectiveError
from derive.identity import vanishes
from derive.nodes import ANCHOR, NEGATIVE, Delta, Distinct, View
from derive.paradigm import revealed
from derive.verdict import Verdict
from verify.parts import identities
from verify.profiles import ORDINARY, Sizes
from verify.subject import Subject

NAME = "identity"
_OTHER = {Delta(ANCHOR, NEGATIVE): S.Zero, Distinct(ANCHOR, NEGATIVE): S.One}  # j is not i


def check(
    subject: Subject, *, examples: int, seed: int, sizes: Sizes = ORDINARY
) -> tuple[Verdict, str]:
    """PROVED or UNDECIDED: algebra never refutes."""
    for name, difference in identities(subject.decomposition).items():
        if vanishes(difference, exact=True) is not Verdict.PROVED:
            return Verdict.UNDECIDED, f"{name} was not brought to zero"
    second = by_cosines(subject)
    unproved = [name for name, e in second.items() if not _vanishes(e)]
    if unproved:
        return Verdict.UNDECIDED, f"by cosines another {', '.join(unproved)} was found"
    twice = "two derivations" if second else "one derivation: no function of cosines"
    return Verdict.PROVED, f"symbolic N and D; {twice}"


def by_cosines(subject: Subject) -> dict[str, Expr]:
    """Coefficient → what the second derivation has more; empty if the loss is no function of
    cosines. Raises `ObjectiveError` where a rule of the calculus is missing."""
    coefficients = subject.decomposition.coefficients
    formula, push, pulls = coefficients.formula, coefficients.push, coefficients.positives
    anchor, positive = subject.objective.anchor, subject.objective.positive

    def slope(view: View, index: Expr) -> Expr:
        return Derivative(_marked(cosine_leaf(anchor, ANCHOR, view, index)))(formula)

    try:
        found = {
            f"a_ij of {view}": slope(view, NEGATIVE)
            - (push.get(view, S.Zero) - pulls.get(view, S.Zero))
            for view in {*push, *pulls, *subject.objective.pools}
        }
        found["b_i"] = -slope(positive, ANCHOR) - coefficients.pull
        found["ρ_i"] = 2 * slope(anchor, ANCHOR) - coefficients.radial
    except _NoCosinesError:
        return {}
    return {name: revealed(e) for name, e in found.items()}


class _NoCosinesError(Exception):
    """A leaf that is no cosine; a missing rule is another `ObjectiveError`, and not this."""


def _marked(leaf: Callable[[Expr], Expr]) -> Callable[[Expr], Expr]:
    def marked(e: Expr) -> Expr:
        try:
            return leaf(e)
        except ObjectiveError as error:
            raise _NoCosinesError from error

    return marked


def _vanishes(e: Expr) -> bool:
    rest = for_proof(e).xreplace(_OTHER)
    return vanishes(rest, exact=True) is Verdict.PROVED
