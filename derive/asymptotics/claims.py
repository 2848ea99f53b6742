"""What is said of a limit: the leading terms, the order of the rest, what is assumed."""

from dataclasses import dataclass

from sympy import Add, Expr, S, Symbol, oo

from derive.nodes import ANCHOR, Exp, free_indices

Assumption = tuple[str, Expr]


@dataclass(frozen=True)
class Rest:
    """What is left: none (order None), O(parameter^order), or smaller than every power (order ∞).

    low, high: bounds of rest/parameter^order for every batch, where known. logs: times a power of
    the parameter's logarithm.
    """

    order: Expr | None
    low: Expr | None = None
    high: Expr | None = None
    logs: bool = False

    @property
    def none(self) -> bool:
        return self.order is None

    @property
    def exponentially_small(self) -> bool:
        return self.order is not None and self.order in (oo, -oo)


@dataclass(frozen=True)
class Leading:
    """expression = e^exponent · (Σ coefficient·parameter^power + rest).

    terms: (power of the parameter, coefficient), the largest first. eventually: it holds only once
    the parameter is near enough to its end (a hinge or a gate has then decided). assumed: what has
    to hold of the batch: ("unique", a maximum that one sample attains), ("pair", one
    that one pair attains), ("nonzero", an expression), ("base", one whose power has an exponent
    that vanishes: x^p → 1 only where x ≠ 0). sharper: a smaller rest that holds under further
    assumptions, or None.
    """

    parameter: Symbol
    terms: tuple[tuple[Expr, Expr], ...]
    exponent: Expr
    rest: Rest
    eventually: bool = False
    assumed: tuple[Assumption, ...] = ()
    sharper: Rest | None = None
    sharper_assumed: tuple[Assumption, ...] = ()

    @property
    def expression(self) -> Expr:
        """The leading terms as one expression in the parameter."""
        total = Add(*[c * self.parameter**n for n, c in self.terms])
        return total if self.exponent == 0 else Exp(self.exponent) * total

    @property
    def at_any_sample(self) -> bool:
        """Whether i is written, which in a scalar of the batch is a sample that may be any."""
        told = [e for _, e in (*self.assumed, *self.sharper_assumed)]
        return any(ANCHOR in free_indices(e) for e in (self.expression, *told))

    @property
    def last(self) -> tuple[Expr, Expr]:
        """The last of the terms: the one that depends on the embeddings, if one does."""
        return self.terms[-1] if self.terms else (S.Zero, S.Zero)
