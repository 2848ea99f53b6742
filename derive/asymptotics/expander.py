"""The walk over a formula: each node is expanded by the rule of its kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from sympy import Expr, S, Symbol

from derive.asymptotics.generic import vanishes_openly
from derive.asymptotics.growth import Growth, small
from derive.asymptotics.series import Series, UndecidedLimitError, constant
from derive.asymptotics.signs import signs
from derive.canonical import for_print
from derive.nodes import Log, free_indices

Expansion = Series | Growth


@dataclass
class Expander:
    """Expands expressions as `parameter` = scale·ε^turn and ε → 0+.

    keep: how many steps beyond the leading term a function is expanded. generic: whether the
    batch may be taken to have no ties and no gate at its kink; what was taken is in `assumed`
    as (kind, expression): "unique", a maximum attained once; "nonzero", an expression. In both
    readings "base": what a vanishing power is taken of.
    """

    rules: "Mapping[type, Rule]"
    parameter: Symbol
    turn: int
    scale: int = 1
    keep: int = 2
    generic: bool = False
    assumed: dict[tuple[str, Expr], None] = field(default_factory=dict)

    def __call__(self, e: Expr) -> Expansion:
        if not e.has(self.parameter):
            return constant(e)
        if e == self.parameter:
            return Series({S(self.turn): S(self.scale)})
        for kind, rule in self.rules.items():
            if isinstance(e, kind):
                return rule(self, e)
        raise UndecidedLimitError(f"{self.parameter.name} stands inside {type(e).__name__}")

    def series(self, e: Expr, where: str) -> Series:
        x = small(self(e))
        if isinstance(x, Growth):
            raise UndecidedLimitError(f"an exponential of diverging exponent stands inside {where}")
        return x

    def tell(self, kind: str, e: Expr) -> None:
        """Notes an assumption. Raises where it fails for more than exceptional batches."""
        e = for_print(e)
        if kind == "nonzero" and vanishes_openly(e):
            raise UndecidedLimitError("two quantities that are compared are equal for many batches")
        if kind == "base" and vanishes_openly(e, tuple(combinations(free_indices(e), 2))):
            raise UndecidedLimitError(
                "a power with a vanishing exponent has base 0 for many batches"
            )
        self.assumed[(kind, e)] = None

    @property
    def log_epsilon(self) -> Expr:
        """log ε in terms of the parameter."""
        return Log(self.scale * self.parameter) / self.turn

    def nonzero(self, a: Series, where: str) -> None:
        """The leading coefficient is not 0, for every batch or by assumption."""
        _, c = a.leading
        if signs(c) in ((1, 1), (-1, -1)) or (a.exact and len(a.terms) == 1):
            return
        if not self.generic:
            raise UndecidedLimitError(f"the leading term inside {where} may vanish for some batch")
        self.tell("nonzero", c)


Rule = Callable[[Expander, Expr], Expansion]
