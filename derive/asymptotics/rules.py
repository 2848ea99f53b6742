"""The table of rules, and an expander that uses it."""

from sympy import Add, Mul, Pow, Symbol

from derive.asymptotics.arithmetic import (
    expand_index_sum,
    expand_power,
    expand_product,
    expand_sum,
)
from derive.asymptotics.expander import Expander, Rule
from derive.asymptotics.functions import (
    expand_angle,
    expand_cos,
    expand_exp,
    expand_log,
    expand_sin,
)
from derive.asymptotics.kinks import expand_hardest, expand_hinge, expand_step
from derive.nodes import (
    Angle,
    Cos,
    Exp,
    Hardest,
    Hinge,
    IndexSum,
    Log,
    Named,
    Sin,
    Step,
    Stop,
)

RULES: dict[type, Rule] = {
    Add: expand_sum,
    Mul: expand_product,
    Pow: expand_power,
    IndexSum: expand_index_sum,
    Exp: expand_exp,
    Log: expand_log,
    Hinge: expand_hinge,
    Step: expand_step,
    Hardest: expand_hardest,
    Stop: lambda x, e: x(e.args[0]),
    Named: lambda x, e: x(e.value),
    Cos: expand_cos,
    Sin: expand_sin,
    Angle: expand_angle,
}


def expander(parameter: Symbol, turn: int, scale: int, keep: int, generic: bool) -> Expander:
    """For parameter = scale·ε^turn; see `Expander`."""
    return Expander(RULES, parameter, turn, scale, keep, generic)
