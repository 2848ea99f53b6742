"""The leading term of a loss as a hyper-parameter goes to an end of its domain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sympy import Expr

from derive.asymptotics.claims import Leading
from derive.asymptotics.leading import ENDS, leading_terms
from derive.asymptotics.series import UndecidedLimitError
from derive.contraction import unit
from derive.errors import HyperparameterError, UnknownNameError
from derive.hyper import Hyper
from derive.nodes import Inner, Named
from derive.objective import Objective
from derive.presentable import Presentable
from derive.verdict import Verdict

if TYPE_CHECKING:
    from derive.printing.sections import Section


@dataclass(frozen=True)
class LimitResult(Presentable):
    """A loss at an end of one of its hyper-parameters.

    parameter: which; to: "0" (from above), "oo" or "-oo"; leading: the terms and the order of the
    rest (None: undecided, and `reason` says why). formula: the loss, stop-gradients left out.
    """

    objective: Objective
    parameter: Hyper
    to: str
    settings: Mapping[str, object]
    formula: Expr
    leading: Leading | None
    reason: str = ""

    @property
    def verdict(self) -> Verdict:
        """PROVED (by the rules of derive.asymptotics, for symbolic N and D) or UNDECIDED."""
        return Verdict.UNDECIDED if self.leading is None else Verdict.PROVED

    @cached_property
    def _sections(self) -> "tuple[Section, ...]":
        from derive.printing.limit import limit_sections

        return limit_sections(self)

    def sections(self) -> "tuple[Section, ...]":
        return self._sections

    def data(self) -> dict[str, Any]:
        from derive.printing.limit import limit_data

        return limit_data(self)


def limit(
    loss: str | Objective, parameter: str, to: str | int | float, **settings: object
) -> LimitResult:
    """The leading term of L_i (or of the batch scalar) as a hyper-parameter goes to an end.

    loss: anything `--loss` accepts, or an `Objective`; parameter: the name of one of its
    hyper-parameters; to: 0, "oo" or "-oo"; settings: values of the others, which stay symbolic
    where they are not set.

    >>> print(limit("dcl", "tau", 0).leading.rest.high)
    Log(N - 1)

    Raises `UnknownNameError`, `HyperparameterError` (an end outside the domain).
    """
    from derive.sources import find

    objective = find(loss) if isinstance(loss, str) else loss
    hyper = _hyper(objective, parameter)
    end = _end(hyper, to)
    if parameter in settings:
        raise HyperparameterError(
            f"{parameter} goes to {end} and is set to {settings[parameter]}. Leave out one."
        )
    formula = objective.formula(settings)
    try:
        leading, reason = leading_terms(_on_the_sphere(formula), hyper.symbol, end), ""
    except UndecidedLimitError as error:
        leading, reason = None, error.reason
    return LimitResult(objective, hyper, end, settings, formula, leading, reason)


def _on_the_sphere(e: Expr) -> Expr:
    """Norms of unit rows as 1, also those inside named intermediates."""
    named = {x: _on_the_sphere(x.value) for x in e.atoms(Named) if not x.definition.score}
    e = e.xreplace({x: value for x, value in named.items() if value != x.value})
    return e.xreplace({x: unit(x) for x in e.atoms(Inner)})


def ends_of(hyper: Hyper) -> Iterator[str]:
    """The ends among 0, oo and -oo that a hyper-parameter can go to."""
    low, high = hyper.domain.low, hyper.domain.high
    if low <= 0 < high:
        yield "0"
    if high.is_infinite:
        yield "oo"
    if low.is_infinite:
        yield "-oo"


def _hyper(objective: Objective, name: str) -> Hyper:
    for hyper in objective.hyper:
        if hyper.name == name:
            return hyper
    if not objective.hyper:
        raise HyperparameterError(
            f"{objective.name} has no hyper-parameters, so {name!r} is none of them."
        )
    raise UnknownNameError("hyper-parameter", name, [x.name for x in objective.hyper])


_SPELLINGS = {"0": "0", "0.0": "0", "oo": "oo", "inf": "oo", "∞": "oo", "-oo": "-oo", "-inf": "-oo"}


def _end(hyper: Hyper, to: object) -> str:
    end = _SPELLINGS.get(str(to).strip().lower())
    if end is None:
        raise UnknownNameError("end", str(to), ENDS)
    possible = list(ends_of(hyper))
    if end not in possible:
        raise HyperparameterError(
            f"{hyper.name} cannot go to {end}: its domain is "
            f"{hyper.domain.describe(hyper.display)}. Choose {' or '.join(possible)}."
        )
    return end
