"""Truncated power series Σ_n c_n ε^n + rest as ε → 0+, and their arithmetic.

Powers are rational and may be negative; coefficients are expressions without the parameter (but
for log of it, which counts as power 0). The rest is exact zero, exponentially small, or O(ε^order).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sympy import Add, Expr, Rational, S, binomial, factorial, oo

from derive.asymptotics.batches import depends_on_embeddings
from derive.asymptotics.signs import sign
from derive.canonical import for_print
from derive.identity import vanishes
from derive.verdict import Verdict


@dataclass(frozen=True)
class UndecidedLimitError(Exception):
    """Why a limit was not taken; one clause, for the output."""

    reason: str


@dataclass(frozen=True)
class Series:
    """terms: power of ε → coefficient, none of them 0; order: of the rest (∞: no power of ε
    is small enough); exact: there is no rest. low, high: what bounds rest/ε^order, where known."""

    terms: Mapping[Expr, Expr]
    order: Expr = oo
    exact: bool = True
    low: Expr | None = None
    high: Expr | None = None

    @property
    def powers(self) -> list[Expr]:
        return sorted(self.terms)

    @property
    def leading(self) -> tuple[Expr, Expr]:
        """The least power and its coefficient. Raises where all that is known is the order."""
        if not self.terms:
            raise UndecidedLimitError("all terms up to the order that was tried cancel")
        power = min(self.terms)
        return power, self.terms[power]

    def map(self, f: Callable[[Expr], Expr]) -> "Series":
        """f, which is linear, of every coefficient; the bounds are lost."""
        return cleaned({n: f(c) for n, c in self.terms.items()}, self.order, self.exact)

    def shifted(self, by: Expr) -> "Series":
        """Times ε^by."""
        terms = {n + by: c for n, c in self.terms.items()}
        return Series(terms, self.order + by, self.exact, self.low, self.high)


def constant(e: Expr) -> Series:
    return cleaned({S.Zero: e})


def cleaned(
    terms: Mapping[Expr, Expr],
    order: Expr = oo,
    exact: bool = True,
    low: Expr | None = None,
    high: Expr | None = None,
) -> Series:
    """Without the terms that are zero or beyond the order."""
    kept = {n: c for n, c in terms.items() if n < order and not is_zero(c)}
    return Series(kept, order, exact, low, high)


def is_zero(e: Expr) -> bool:
    if e.is_Number or e.is_Symbol:
        return bool(e == 0)
    e = for_print(e)
    return bool(e == 0) or (e.is_Add and vanishes(e) is Verdict.PROVED)


def total(parts: Iterable[Series]) -> Series:
    """The sum of series; bounds survive where nothing but bounded rests is left out."""
    parts = list(parts)
    order = min((x.order for x in parts), default=oo)
    terms: dict[Expr, Expr] = {}
    for x in parts:
        for n, c in x.terms.items():
            terms[n] = terms.get(n, S.Zero) + c
    low, high = _bounds(parts, terms, order)
    exact = all(x.exact for x in parts)
    return cleaned(terms, order, exact, low, high)


def _bounds(
    parts: list[Series], terms: Mapping[Expr, Expr], order: Expr
) -> tuple[Expr | None, Expr | None]:
    lost = {n: c for n, c in terms.items() if n >= order}
    if any(n > order or depends_on_embeddings(c) for n, c in lost.items()):
        return None, None
    rests = [x for x in parts if not x.exact]
    if order == oo or any(x.order != order or x.low is None or x.high is None for x in rests):
        return None, None
    extra = Add(*lost.values())
    return Add(extra, *[x.low for x in rests]), Add(extra, *[x.high for x in rests])


def product(a: Series, b: Series) -> Series:
    """Bounds survive the product with one constant of known sign (see `scaled`)."""
    for x, y in ((a, b), (b, a)):
        if x.exact and len(x.terms) == 1:
            (n, c), *_ = x.terms.items()
            return scaled(y, c).shifted(n)
    terms: dict[Expr, Expr] = {}
    for n, c in a.terms.items():
        for m, d in b.terms.items():
            terms[n + m] = terms.get(n + m, S.Zero) + c * d
    least_a = min(a.terms, default=a.order)
    least_b = min(b.terms, default=b.order)
    order = min(a.order + least_b, b.order + least_a)
    return cleaned(terms, order, a.exact and b.exact)


def scaled(a: Series, c: Expr) -> Series:
    terms = {n: c * x for n, x in a.terms.items()}
    low, high = a.low, a.high
    if low is not None and high is not None:
        way = sign(c)
        if way is None or depends_on_embeddings(c):
            low = high = None
        else:
            low, high = (c * low, c * high) if way >= 0 else (c * high, c * low)
    return cleaned(terms, a.order, a.exact, low, high)


def power(a: Series, exponent: Expr, keep: int) -> Series:
    """a^exponent; the leading coefficient is taken not to be 0 (the caller sees to it)."""
    if exponent.is_Integer and exponent >= 0 and (a.exact or exponent <= 1):
        result = constant(S.One)
        for _ in range(int(exponent)):
            result = product(result, a)
        return result
    n, c = a.leading
    rest = _relative(a, n, c)
    lead = Series({S.Zero: c**exponent})
    coefficients = [binomial(exponent, m) for m in range(keep + 1)]
    return product(lead, composed(coefficients, rest, keep)).shifted(n * exponent)


def _relative(a: Series, n: Expr, c: Expr) -> Series:
    """u in a = c ε^n (1 + u)."""
    terms = {m - n: x / c for m, x in a.terms.items() if m != n}
    return Series(terms, a.order - n, a.exact)


def composed(coefficients: list[Expr], u: Series, keep: int) -> Series:
    """Σ_m coefficients[m] u^m of a series u that vanishes with ε, cut off `keep` steps on."""
    if not u.terms and u.exact:
        return constant(coefficients[0])
    step = min(u.terms, default=u.order)
    if step <= 0:
        raise UndecidedLimitError("a function is expanded about a point that is not approached")
    order = min(u.order, step * (keep + 1))
    u = Series(dict(u.terms), order, exact=False)
    parts, powers = [constant(coefficients[0])], constant(S.One)
    for c in coefficients[1:]:
        powers = product(powers, u)
        parts.append(scaled(powers, c) if c != 0 else Series({}, powers.order, exact=False))
    return total([*parts, Series({}, order, exact=False)])


def exponential(a: Series, e0: Expr, keep: int) -> Series:
    """e^a of a series without negative powers; e0 is e^(its constant term)."""
    rest = Series({n: c for n, c in a.terms.items() if n > 0}, a.order, a.exact)
    coefficients = [1 / factorial(m) for m in range(keep + 1)]
    return scaled(composed(coefficients, rest, keep), e0)


def logarithm(a: Series, log: Callable[[Expr], Expr], log_epsilon: Expr, keep: int) -> Series:
    """log a, with log ε as given."""
    n, c = a.leading
    coefficients = [S.Zero, *[Rational((-1) ** (m + 1), m) for m in range(1, keep + 1)]]
    parts = [constant(log(c) + n * log_epsilon), composed(coefficients, _relative(a, n, c), keep)]
    return total(parts)
