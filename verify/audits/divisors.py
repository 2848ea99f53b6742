"""N or N − 1, chosen apart for the two places where a loss of features divides by it.

VICReg divides its covariance and its variance by N − 1, standardised Barlow Twins its correlation
and its deviations by N. Code that computes the one by hand and the other by `var` or `std` may
have either at each.
"""

from collections.abc import Iterator

from sympy import Expr, Mul, Pow, Rational

from derive.nodes import FeatureIndex, N, Named

_PLACES = {False: ("the covariance", "the variance"), True: ("the correlation", "the deviations")}
_WORDS = {N: "N − 1 for N", N - 1: "N for N − 1"}


def of_products(e: Expr) -> Expr:
    """A covariance C_ab of two features, or a correlation, divided by the other number."""
    if _is_of_two(e) and (_is_standardised(e) or e.args[1] != e.args[2]):
        return _otherwise(e)
    return e


def of_squares(e: Expr) -> Expr:
    """The variances C_aa under a root, divided by the other number."""
    if not (isinstance(e, Pow) and e.exp == Rational(1, 2)):
        return e
    found = [x for x in e.base.atoms(Named) if _is_of_two(x) and x.args[1] == x.args[2]]
    return e.xreplace({x: _otherwise(x) for x in found})


def words(e: Expr) -> tuple[str, str]:
    """What a formula has that `of_products` changed, and one that `of_squares` did."""
    names = [x for x in (*_used(e),) if _is_of_two(x) and _divisor(x) is not None]
    products, squares = _PLACES[any(map(_is_standardised, names))]
    said = _WORDS[_divisor(names[0])]
    return (
        f"{said} in {products}, and not in {squares}",
        f"{said} in {squares}, and not in {products}",
    )


def _used(e: Expr) -> Iterator[Named]:
    for x in e.atoms(Named):
        yield x
        yield from _used(x.definition.body)


def _is_of_two(e: Expr) -> bool:
    """Whether it is an entry of a matrix of features."""
    return isinstance(e, Named) and sum(isinstance(x, FeatureIndex) for x in e.args[1:]) == 2


def _is_standardised(e: Named) -> bool:
    return bool(e.definition.body.atoms(Named))


def _divisor(e: Named) -> Expr | None:
    """N or N − 1, whichever the definition divides by."""
    factors = Mul.make_args(e.definition.body)
    return next((x for x in (N, N - 1) if 1 / x in factors), None)


def _otherwise(e: Named) -> Expr:
    now = _divisor(e)
    other = {None: None, N: N - 1, N - 1: N}[now]
    return e if now is None else e * now / other
