"""Numbers such as e^−2 or log 2 inside a formula: in its own nodes, which every rule knows."""

from sympy import Expr, S, cos, exp, log, sin

from derive.nodes import Cos, Exp, Log, Sin

_NODES = {exp: Exp, log: Log, sin: Sin, cos: Cos}


def in_nodes(number: Expr) -> Expr:
    """The same number with SymPy's exp, log, sin, cos and e replaced by nodes."""
    if number is S.Exp1:
        return Exp(S.One)
    if not number.has(S.Exp1, *_NODES):
        return number
    arguments = map(in_nodes, number.args)
    node = _NODES.get(type(number))
    return number.func(*arguments) if node is None else node(*arguments)
