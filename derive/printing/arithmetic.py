"""Sums, products and powers as boxes: signs taken out, real fractions, factors in reading order."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from sympy import Add, Expr, Mul, Pow, S, Symbol
from sympy.core.numbers import Number

from derive.nodes import Exp, ExtraIndex, FeatureIndex, Inner, SampleIndex, View
from derive.printing.boxes import (
    DOT,
    MINUS,
    PLUS,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Power,
    Root,
    Row,
    Script,
    is_open,
    number,
    row,
)
from derive.printing.readable import product_of_distance, reading_order

_INDICES = SampleIndex | FeatureIndex | ExtraIndex


class Arithmetic(ABC):
    """Lays out arithmetic; a subclass lays out symbols, indices and nodes.

    names: the letters of the bound indices around it.
    """

    names: Mapping[Expr, str]

    @abstractmethod
    def node(self, e: Expr) -> Box: ...

    @abstractmethod
    def symbol(self, e: Symbol) -> Box: ...

    @abstractmethod
    def index(self, k: Expr) -> Leaf: ...

    @abstractmethod
    def embedding(self, view: View, k: Expr) -> Box: ...

    @abstractmethod
    def sides(self, e: Inner) -> tuple[View, Expr, View, Expr]: ...

    def box(self, e: Expr) -> Box:
        if isinstance(e, Add):
            return self._sum(e)
        if isinstance(e, Mul):
            return self._product(e)
        if isinstance(e, Pow):
            return self._power(e)
        if isinstance(e, Number):
            return self._number(e)
        if isinstance(e, Symbol):
            return self.index(e) if isinstance(e, _INDICES) else self.symbol(e)
        if e is S.Pi:
            return Leaf("π", r"\pi")
        return self.node(e)

    def _order(self, e: Expr) -> tuple[int, int, str]:
        return reading_order(e, self.names)

    def _number(self, e: Expr) -> Box:
        sign = (MINUS,) if e < 0 else ()
        e = abs(e)
        if e.is_Rational and e.q != 1:
            return row(*sign, Fraction(number(e.p), number(e.q)))
        return row(*sign, number(e))

    def _sum(self, e: Expr) -> Box:
        product = product_of_distance(e)
        if product is not None:
            v, i, w, j = self.sides(product)
            apart = Row((self.embedding(v, i), MINUS, self.embedding(w, j)))
            return Power(Fenced("‖", apart, "‖"), number(2))
        positive = [x for x in e.args if not x.could_extract_minus_sign()]
        negative = [x for x in e.args if x.could_extract_minus_sign()]
        parts: list[Box] = []
        for x in sorted(positive, key=self._order):
            parts += [PLUS] if parts else []
            parts.append(self.box(x))
        for x in sorted(negative, key=self._order):
            parts += [MINUS, self.box(-x)]
        return Row(tuple(parts))

    def _product(self, e: Expr) -> Box:
        if e.could_extract_minus_sign():
            return row(MINUS, self._factor(-e))
        top, bottom = [], []
        for x in e.args:
            if x.is_Rational:
                top += [number(x.p)] if x.p != 1 else []
                bottom += [number(x.q)] if x.q != 1 else []
            elif isinstance(x, Pow) and isinstance(x.base, Exp) and x.exp.is_negative:
                top.append(Exp(x.exp * x.base.args[0]))  # e^−x, not 1 over e^x
            elif isinstance(x, Pow) and x.exp.is_Rational and x.exp < 0:
                bottom.append(x.base ** (-x.exp))
            else:
                top.append(x)
        if not bottom:
            return self._factors(top)
        return Fraction(self._factors(top), self._factors(bottom))

    def _factors(self, factors: list[Expr | Leaf]) -> Box:
        if not factors:
            return number(1)
        if len(factors) == 1:
            return factors[0] if isinstance(factors[0], Leaf) else self.box(factors[0])
        ordered = sorted(
            factors, key=lambda x: (0, 0, "") if isinstance(x, Leaf) else self._order(x)
        )
        parts: list[Box] = []
        for x in ordered:
            parts += [DOT] if parts else []
            parts.append(x if isinstance(x, Leaf) else self._factor(x))
        return Row(tuple(parts))

    def _factor(self, e: Expr) -> Box:
        box = self.box(e)
        return Fenced("(", box, ")") if is_open(box) else box

    def _power(self, e: Expr) -> Box:
        base, exponent = e.args
        if isinstance(base, Exp):
            return self.box(Exp(exponent * base.args[0]))
        if exponent.is_Rational and exponent < 0:
            return Fraction(number(1), self.box(base ** (-exponent)))
        if exponent == S.Half:
            body = self.box(base)
            if isinstance(body, Power) and isinstance(body.base, Fenced):
                return body.base  # √‖x‖² = ‖x‖
            return Root(body)
        if isinstance(base, Inner) and base.args[0] == base.args[2] and exponent == 2:
            return Power(Fenced("(", self.box(base), ")"), number(2))
        inner = self.box(base)
        if isinstance(inner, Power) and isinstance(inner.base, Fenced):
            return Power(inner.base, self.box(2 * exponent))  # (‖x‖²)^(α/2) = ‖x‖^α
        if not isinstance(inner, Leaf | Script | Fenced):
            inner = Fenced("(", inner, ")")
        return Power(inner, self.box(exponent))
