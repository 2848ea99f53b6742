"""Edits of sums, products and powers: signs, factors, counts, margins, temperatures."""

from collections.abc import Callable, Iterator

from sympy import Add, Expr, Integer, Mul, Pow, Rational, S

from derive.nodes import (
    D,
    Exp,
    ExtraIndex,
    FeatureIndex,
    Hinge,
    IndexSum,
    Inner,
    M,
    N,
    Step,
)
from verify.edits.walk import definitions, mapped, positions
from verify.edits.words import holds_embeddings, instead, is_hyper, shown

Found = Iterator[tuple[str, Expr]]
_FACTORS = (Integer(2), Rational(1, 2))


def sign(e: Expr) -> Found:
    """Of a term, or of what an exponential, a hinge or a gate takes."""
    for x in e.args if isinstance(e, Add) else ():
        if not _is_margin(x):
            yield instead(-x, x), e - 2 * x
    if isinstance(e, Exp | Hinge | Step):
        new = e.func(-e.args[0])
        yield instead(new, e), new


def sign_of_all(e: Expr) -> Found:
    yield "the other sign of all", -e


def term(e: Expr) -> Found:
    for x in e.args if isinstance(e, Add) else ():
        yield f"without {shown(x)}", e - x


def factor(e: Expr) -> Found:
    """Twice or half a term, a product, a sum over an index, an inner product."""
    for x in e.args if isinstance(e, Add) else (e,):
        if isinstance(e, Add | Mul | IndexSum | Inner):
            for c in _FACTORS:
                yield f"{c}·({shown(x)}) for it", e + (c - 1) * x


def factor_of_all(e: Expr) -> Found:
    for c in _FACTORS:
        yield f"{c} times all", c * e


def margin(e: Expr) -> Found:
    for x in e.args if isinstance(e, Add) else ():
        if _is_margin(x):
            yield instead(-x, x), e - 2 * x


def _is_margin(x: Expr) -> bool:
    return is_hyper(x) or is_hyper(-x)


def temperature(e: Expr) -> Found:
    """A hyper-parameter that multiplies where it should divide, or is left out."""
    if isinstance(e, Pow) and e.exp == -1 and is_hyper(e.base):
        yield instead(e.base, e), e.base
        yield f"without {shown(e)}", S.One
    if isinstance(e, Mul):
        for x in e.args:
            if is_hyper(x):
                yield instead(1 / x, x), e / x**2
                yield f"without {shown(x)}", e / x


def temperature_throughout(e: Expr) -> Found:
    """One that divides is left out, or multiplies, wherever it divides."""
    bodies = [e, *[d.body for d in definitions(e)]]
    found = {
        x.base
        for body in bodies
        for _, x in positions(body)
        if isinstance(x, Pow) and x.exp == -1 and is_hyper(x.base)
    }
    for h in sorted(found, key=str):
        for new, text in ((S.One, f"without 1/{h} throughout"), (h, f"{h} for 1/{h} throughout")):
            yield text, mapped(e, _instead_of(1 / h, new))


def _instead_of(old: Expr, new: Expr) -> Callable[[Expr], Expr]:
    return lambda x: new if x == old else x


def power(e: Expr) -> Found:
    """A root or a square left out, an inverse."""
    if isinstance(e, Pow) and holds_embeddings(e.base):
        yield instead(e.base, e), e.base
        if e.exp not in (Rational(1, 2), Integer(2)):
            yield instead(1 / e, e), 1 / e


def count(e: Expr) -> Found:
    """N − 1 for N and N for N − 1; so for D."""
    for size in (N, D):
        if isinstance(e, Mul | Pow) and size in e.args:
            args = [size - 1 if x == size else x for x in e.args]
            yield instead(size - 1, size), e.func(*args)
        if e == size - 1:
            yield instead(size, e), size


def reduction(e: Expr) -> Found:
    """A mean for a sum, a sum for a mean."""
    if isinstance(e, IndexSum):
        size = _range(e.args[1])
        yield f"a mean over {size} for {shown(e)}", e / size
    if isinstance(e, Pow) and e.exp == -1 and e.base in (N, D, N - 1):
        yield f"a sum for a mean: without {shown(e)}", S.One


def reduction_of_all(e: Expr) -> Found:
    yield "N times all", N * e
    yield "all over N", e / N


def _range(k: Expr) -> Expr:
    if isinstance(k, FeatureIndex):
        return D
    return M if isinstance(k, ExtraIndex) else N
