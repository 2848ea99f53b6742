"""Numbers, sums, products and powers in JavaScript.

The reciprocal of a length (a distance, a sine, a standard deviation) at 0 is 0: the zero
subgradient, as in `derive.torch`.
"""

from sympy import Add, Expr, Pow, Symbol
from sympy import Mul as Product
from sympy.core.numbers import Rational

from derive.indices import fresh
from derive.nodes import D, IndexSum, Inner, M, N, Named, Sin, View
from reports.atlas.javascript.code import ATOM, POWER, Code, added, call, chosen, number, quotient
from reports.atlas.javascript.conditions import INDICATORS, condition
from reports.atlas.javascript.logarithms import exponential_of, holds_exp, is_exponential
from reports.atlas.javascript.writer import Writer


def number_of(v: View) -> str:
    """h 0, h' 1, and centred 2, 3."""
    return str(int(v.name.endswith("'")) + 2 * (v.role == "centred"))


def of_rows(w: Writer, function: str, e: Inner) -> Code:
    """A function of a row of one view and a row of another: those of an inner product."""
    v, i, u, j = e.args
    return call(function, number_of(v), w.place(i), number_of(u), w.place(j))


def rational(w: Writer, e: Rational) -> Code:
    if e.q == 1:
        return number(int(e.p))
    return quotient([number(abs(int(e.p)))], [number(int(e.q))], negative=e < 0)


def symbol(w: Writer, e: Symbol) -> Code:
    return Code(e.name if e in (N, D, M) else f"q.{e.name}")


def total(w: Writer, e: Add) -> Code:
    sides = _chord(e)
    return added([w(x) for x in e.args]) if sides is None else of_rows(w, "d2", sides)


def _chord(e: Add) -> Inner | None:
    """c of 2 − 2c, c the cosine of two unit rows: ‖v − w‖² keeps its digits at close points."""
    inner = next((x for x in e.atoms(Inner)), None)
    if inner is None or e != 2 - 2 * inner:
        return None
    v, _, u, _ = inner.args
    return inner if v.unit and u.unit and "centred" not in (v.role, u.role) else None


def product(w: Writer, e: Product) -> Code:
    conditions = [x for x in e.args if isinstance(x, INDICATORS)]
    rest = [x for x in e.args if x not in conditions]
    return chosen([condition(w, x) for x in conditions], _of_factors(w, rest))


def _of_factors(w: Writer, factors: list[Expr]) -> Code:
    scales = [x for x in factors if is_exponential(x)]
    spread = _spread(scales, [x for x in factors if x not in scales])
    if spread is not None:
        return w(spread)
    above, below, negative = [], [], False
    if scales:
        above.append(exponential_of(w, scales))
    for x in factors:
        if x in scales:
            continue
        if isinstance(x, Rational):
            negative = negative != (x < 0)
            above += [number(abs(int(x.p)))] if abs(x.p) != 1 else []
            below += [number(int(x.q))] if x.q != 1 else []
        elif _divides(x):
            below.append(w(Pow(x.base, -x.exp)))
        else:
            above.append(w(x))
    return quotient(above, below, negative=negative)


def _spread(scales: list[Expr], rest: list[Expr]) -> Expr | None:
    """Exponentials that multiply a sum of others are brought into it, or the sum may overflow where
    the product does not: Σ_k c_k e^x_k / Σ_k e^x_k, (e^x − e^y) / Σ_k e^x_k."""
    for x in rest if scales else []:
        others = Product(*[y for y in rest if y is not x])
        if isinstance(x, IndexSum) and holds_exp(x):
            body, k = x.args
            new = fresh(type(k))
            return Product(others, IndexSum(Product(body.xreplace({k: new}), *scales), new))
        if isinstance(x, Add) and holds_exp(x):
            return Add(*[Product(y, others, *scales) for y in x.args])
    return None


def _divides(e: Expr) -> bool:
    """A reciprocal of something that is not a length."""
    negative = isinstance(e, Pow) and e.exp.is_Integer and e.exp < 0
    return bool(negative) and not _is_length(e.base)


def power(w: Writer, e: Pow) -> Code:
    if is_exponential(e):
        return exponential_of(w, [e])
    if not e.exp.is_Rational:
        return call("pw", w(e.base).text, w(e.exp).text)
    if _divides(e):
        return quotient([], [w(Pow(e.base, -e.exp))])
    if e.exp < 0:
        return call("iv", w(Pow(e.base, -e.exp)).text)
    if e.exp.q == 1:
        return Code(f"{w(e.base).within(ATOM)}**{e.exp.p}", POWER)
    root = call("R", w(e.base).text)
    if e.exp.q != 2:
        return call("pw", w(e.base).text, w(e.exp).text)
    return root if e.exp.p == 1 else Code(f"{root.text}**{e.exp.p}", POWER)


def _is_length(e: Expr) -> bool:
    """A sine, a root, or the name of one (a distance, a standard deviation)."""
    value = e.value if isinstance(e, Named) else e
    if isinstance(value, Product):
        return any(map(_is_length, value.args))
    return isinstance(value, Sin) or (isinstance(value, Pow) and not value.exp.is_Integer)
