"""Expressions of a claim as one line of text, in the field's notation."""

import re
from collections.abc import Sequence

from sympy import Expr, Mul, S

from derive.hyper import Hyper
from derive.nodes import Delta, Distinct, IndexSum, Stop
from derive.printing.layout import Typesetter
from derive.printing.text import inline
from verify.edits.walk import mapped


def formula_text(e: Expr, hyper: Sequence[Hyper] = ()) -> str:
    """The expression on one line, as it is written (not in a normal form); hyper: whose display
    names are used (tau prints as τ)."""
    return inline(Typesetter(tuple(hyper))(e))


def contracted(e: Expr) -> Expr:
    """A value without what differentiating leaves in it: Σ_b 1[b = a] x_b is x_a, 1[k = i] is 0
    in a sum over k ≠ i, and sg(x) is x, as the value of nothing that is differentiated again."""
    return mapped(e, _contract)


def _contract(e: Expr) -> Expr:
    if isinstance(e, Stop):
        return e.args[0]
    if not isinstance(e, IndexSum):
        return e
    body, k = e.args
    factors = Mul.make_args(body)
    for x in factors:
        if isinstance(x, Delta) and k in x.args:
            (other,) = set(x.args) - {k}
            if other.has(k):
                continue
            return Mul(*(y for y in factors if y != x)).xreplace({k: other})
    guards = [x for x in factors if isinstance(x, Distinct)]
    return IndexSum(body.xreplace({Delta(*x.args): S.Zero for x in guards}), k)


_DISPLAYED = {
    "tau": "τ", "lam": "λ", "nu": "ν", "nu_1": "ν_1", "nu_2": "ν_2", "gamma": "γ", "alpha": "α",
    "eps": "ε", "theta_i": "θ_i", "theta_j": "θ_j",
}  # fmt: skip
_NAMES = re.compile(rf"(?<!\w)({'|'.join(_DISPLAYED)})(?!\w)")


def displayed(words: str) -> str:
    """Words with the papers' signs for the names in our code: τ for tau, log for Log, ‖h_i‖ for
    the norm of the raw vector z_i, x^2 for x**2."""
    words = _NAMES.sub(lambda x: _DISPLAYED[x[0]], words).replace("‖z_", "‖h_")
    words = re.sub(r"(?<!\w)mpf\('([^']*)'\)", r"\1", words)
    return re.sub(r"(?<!\w)(Log|Exp|Max|sqrt)\(", _lower, words).replace("**", "^")


def _lower(found: re.Match[str]) -> str:
    return {"sqrt": "√"}.get(found[1], found[1].lower()) + "("
