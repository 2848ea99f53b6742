"""The same formula in another form: logarithms of products opened, positive factors out of hinges.

Each rule keeps the value wherever the formula is defined; a test holds them to it.
"""

from sympy import Add, Expr, Mul, expand, fraction, together

from derive.canonical import for_print
from derive.nodes import FEATURE, Exp, Hardest, Hinge, Log, free_indices
from derive.notation import sum_features
from derive.properties.masks import PLUS
from derive.properties.signs import Signs
from derive.properties.splitting import written_out
from verify.claims.hats import algebraic, raw

_SIGNS = Signs()


def opened(e: Expr) -> Expr:
    """log of a product as a sum, log e^x as x, e^{x + log y} as y e^x, max(0, x/y) as
    max(0, x)/y for y > 0, max_k (a + b e^{x_k}) by max_k x_k for b > 0, at any depth."""
    return _opened(_opened(for_print(_opened(written_out(e)))))


def _opened(e: Expr) -> Expr:
    if not e.args:
        return e
    e = e.func(*[_opened(x) if isinstance(x, Expr) else x for x in e.args])
    if isinstance(e, Log):
        return _log(e)
    if isinstance(e, Exp):
        return _exp(e)
    if isinstance(e, Hardest):
        return _hardest(e)
    return _hinge(e) if isinstance(e, Hinge) else e


def _log(e: Log) -> Expr:
    powers = together(e.args[0]).as_powers_dict()
    if any(_SIGNS(base) != PLUS for base in powers):
        return e
    parts = [
        exponent * (base.args[0] if isinstance(base, Exp) else Log(base))
        for base, exponent in powers.items()
    ]
    return Add(*parts)


def _exp(e: Exp) -> Expr:
    terms = Add.make_args(e.args[0])
    logs = [x for x in terms if isinstance(x, Log)]
    if not logs:
        return e
    return Mul(*[x.args[0] for x in logs], Exp(Add(*[x for x in terms if x not in logs])))


def _hinge(e: Hinge) -> Expr:
    top, bottom = fraction(together(e.args[0]))
    return Hinge(top) / bottom if _SIGNS(bottom) == PLUS else e


def _hardest(e: Hardest) -> Expr:
    """Of an increasing function: e^max, and a + b·max for b > 0."""
    body, k, i = e.args
    if isinstance(body, Exp):
        return Exp(_hardest(Hardest(body.args[0], k, i)))
    terms = Add.make_args(expand(body))
    moving = [x for x in terms if k in free_indices(x)]
    fixed = Add(*[x for x in terms if x not in moving])
    if len(moving) != 1:
        return e
    scale = Mul(*[x for x in Mul.make_args(moving[0]) if k not in free_indices(x)])
    if _SIGNS(scale) != PLUS:
        return e
    return fixed + scale * Hardest(moving[0] / scale, k, i)


def squared_length(vector: Expr) -> Expr:
    """Σ_a v_a² of a vector (component a) in ĥ, by the raw anchor."""
    vector = raw(algebraic(vector))
    return sum_features(lambda a: vector.xreplace({FEATURE: a}) ** 2)
