"""Statements about L_A and L_B as text: factors, constants, where they hold."""

from collections.abc import Iterable

from sympy import Expr

from derive.comparison.subject import Subject
from derive.hyper import Hyper
from derive.printing.boxes import is_open
from derive.printing.layout import Typesetter
from derive.printing.text import inline


class Wording:
    """Expressions as text, hyper-parameters of both losses by their display names."""

    def __init__(self, a: Subject, b: Subject):
        hypers: dict[str, Hyper] = {x.name: x for x in (*b.objective.hyper, *a.objective.hyper)}
        self.hypers = hypers
        self.typesetter = Typesetter(tuple(hypers.values()))

    def __call__(self, e: Expr) -> str:
        return inline(self.typesetter(e))

    def times(self, factor: Expr, name: str) -> str:
        """f·name, without a factor of one."""
        if factor == 1:
            return name
        if factor == -1:
            return f"−{name}"
        if (1 / factor).is_Symbol or (1 / factor).is_Integer:
            return f"{name}/{self(1 / factor)}"
        box = self.typesetter(factor)
        text = inline(box)
        return f"({text})·{name}" if is_open(box) else f"{text}·{name}"

    def affine(self, factor: Expr, name: str, constant: Expr) -> str:
        """f·name + c."""
        text = self.times(factor, name)
        if constant == 0:
            return text
        if constant.could_extract_minus_sign():
            return f"{text} − {self._summand(-constant)}"
        return f"{text} + {self(constant)}"

    def _summand(self, e: Expr) -> str:
        return f"({self(e)})" if is_open(self.typesetter(e)) else self(e)

    def display(self, name: str) -> str:
        return self.hypers[name].display


def listed(clauses: Iterable[str]) -> str:
    """a, b and c."""
    *first, last = list(clauses)
    return f"{', '.join(first)} and {last}" if first else last
