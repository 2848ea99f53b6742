"""Bring a scalar to the form that prints: one fraction where terms share denominators, common
factors taken out, nothing expanded that was not."""

from sympy import Add, Expr, Mul, S, Symbol, factor_terms, fraction, gcd_terms, together
from sympy import expand as expand_all

from derive.canonical import for_print
from derive.identity import as_rational, restore

_WORTH = 1.25  # one fraction may be so much longer than the sum it replaces


def simplified(e: Expr) -> Expr:
    """An equal expression in the print form: a sum, or one fraction if that is about as short."""
    e = for_print(e)
    if not isinstance(e, Add):
        return e
    table: dict[object, Symbol] = {}
    rational = as_rational(e, table)
    numerator, denominator = fraction(together(rational))
    fraction_form = restore(Mul(_factored(expand_all(numerator)), S.One / denominator), table)
    return fraction_form if size(fraction_form) <= _WORTH * size(e) else e


def size(e: Expr) -> int:
    """The number of nodes of an expression."""
    return 1 + sum(map(size, e.args))


def _factored(e: Expr) -> Expr:
    if not isinstance(e, Add):
        return e
    return factor_terms(gcd_terms(e), sign=False)
