"""Arithmetic of exact numbers that is checked before SymPy does it.

SymPy evaluates powers, roots and exponentials of numbers as they are built: 9**9**9 would fill
the memory. Here the size of a result, its digits and its domain are known first. N and D may
occur, in sums, products, small powers, roots and logarithms.
"""

from collections.abc import Callable

from sympy import Add, Expr, Integer, S, cos, exp, log, pi, sin

from derive.expressions.bounds import depends_on_sizes, enclosure, exceeds, sign
from derive.expressions.moderation import MOST_BITS, MOST_DEGREE, RefusalError, bits

_BITS_OF_POWERS = 1 << 16  # of the integers that SymPy meets on the way to a root
_BITS_OF_ROOTS = 1024  # of what a root is taken of: SymPy looks for its factors
_LARGEST_EXPONENT = 2400  # of e: 1e1042
_LARGEST_ANGLE = 10**6
_HALVINGS = 6  # SymPy writes cos(π/2^k) as k nested roots
_DENOMINATOR = 1000  # of a rational multiple of π


def divide(x: Expr, y: Expr) -> Expr:
    _check_divisor(y)
    return x / y


def power(base: Expr, exponent: Expr) -> Expr:
    """base^exponent."""
    if depends_on_sizes(exponent):
        raise RefusalError("N and D cannot stand in an exponent", "Use them as factors.")
    if depends_on_sizes(base):
        if not exponent.is_Rational or max(abs(exponent.p), exponent.q) > MOST_DEGREE:
            raise RefusalError(
                f"N and D are raised to fractions of numbers up to {MOST_DEGREE} only",
                "Write for example 1/sqrt(D).",
            )
        return base**exponent
    if exponent != 0 and sign(exponent) != 1:
        _check_divisor(base)
    if not exponent.is_Integer and base != 0:
        _check_positive(base, "the base of a root or of a real power")
    if base not in (S.Zero, S.One, S.NegativeOne) and exponent not in (S.Zero, S.One):
        _check_power(base, exponent)
    return base**exponent


def _check_power(base: Expr, exponent: Expr) -> None:
    _check_no_logarithm(exponent)
    if exponent.is_Rational:
        steps = max(abs(int(exponent.p)), int(exponent.q))
        root = not exponent.is_Integer
        limit = _BITS_OF_POWERS if root else MOST_BITS
        if bits(base) * steps > limit or (root and bits(base) > _BITS_OF_ROOTS):
            raise RefusalError("the exact power has too many digits", "Use shorter numbers.")
    size, extent = enclosure(base), enclosure(exponent)
    if size is None or extent is None or not abs(size).a > 0:
        raise RefusalError("the size of the power is not known", "Simplify its base.")
    if not abs(size.ctx.log(abs(size)) * extent).b <= _LARGEST_EXPONENT:
        raise RefusalError("the power is too large or too small", "Use a smaller exponent.")


def exponential(x: Expr) -> Expr:
    """e^x."""
    _check_no_sizes(x)
    _check_no_logarithm(x)
    _check_extent(x, _LARGEST_EXPONENT)
    return exp(x)


def logarithm(x: Expr) -> Expr:
    """log x; with N or D, the caller checks that it exists."""
    if not depends_on_sizes(x):
        _check_positive(x, "the argument of a logarithm")
    return log(x)


def cosine(x: Expr) -> Expr:
    _check_angle(x)
    return cos(x)


def sine(x: Expr) -> Expr:
    _check_angle(x)
    return sin(x)


def larger(x: Expr, y: Expr) -> Expr:
    """max(x, y)."""
    difference = x - y
    if exceeds(difference, S.Zero, strictly=False):
        return x
    if exceeds(-difference, S.Zero, strictly=False):
        return y
    raise RefusalError("which of the two is larger was not decided", "Write the one you mean.")


def smaller(x: Expr, y: Expr) -> Expr:
    """min(x, y)."""
    return -larger(-x, -y)


def sigmoid(x: Expr) -> Expr:
    """1/(1 + e^−x)."""
    return 1 / (1 + exponential(-x))


FUNCTIONS: dict[str, Callable[..., Expr]] = {
    "exp": exponential,
    "log": logarithm,
    "sqrt": lambda x: power(x, S.Half),
    "sin": sine,
    "cos": cosine,
    "abs": lambda x: larger(x, -x),
    "relu": lambda x: larger(x, S.Zero),
    "sigmoid": sigmoid,
    "softplus": lambda x: log(1 + exponential(x)),
    "max": larger,
    "min": smaller,
}


# ---- checks ----


def _check_divisor(x: Expr) -> None:
    if depends_on_sizes(x):
        return  # the caller checks the whole expression
    found = sign(x)
    if found == 0:
        raise RefusalError("this divides by zero", "Give a finite number.")
    if found is None:
        raise RefusalError("the divisor was not told from zero", "Simplify it.")


def _check_positive(x: Expr, what: str) -> None:
    if sign(x) != 1:
        raise RefusalError(f"{what} must be positive, and this is not proved to be", "Change it.")


def _check_no_sizes(x: Expr) -> None:
    if depends_on_sizes(x):
        raise RefusalError("N and D stand inside an exponential or an angle", "Use a number there.")


def _check_no_logarithm(x: Expr) -> None:
    # SymPy turns e^(c·log q) into q^c, whatever the size of c.
    if x.has(log):
        raise RefusalError("a logarithm stands in an exponent", "Write the power that it makes.")


def _check_extent(x: Expr, largest: int) -> None:
    box = enclosure(x)
    if box is None or not abs(box).b <= largest:
        raise RefusalError(f"the argument is not within ±{largest}", "Use a smaller one.")


def _check_angle(x: Expr) -> None:
    _check_no_sizes(x)
    _check_extent(x, _LARGEST_ANGLE)
    for part in Add.make_args(x):
        turns = part / pi
        if turns.is_Rational and (turns.q > _DENOMINATOR or turns.q % Integer(2) ** _HALVINGS == 0):
            raise RefusalError(f"{turns.q} parts of pi are too many", "Write it as a decimal.")
