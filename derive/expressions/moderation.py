"""How large an exact number may get, in digits, nesting and degree, and what is said where not."""

from sympy import Add, Expr, I, Mul, Pow, Rational, S

from derive.expressions.bounds import depends_on_sizes

MOST_BITS = 8192  # of the integers of a result
MOST_LEVELS = 5  # of powers and functions: evaluating one takes up to four of what is in it
MOST_DEGREE = 8  # in N and D


class RefusalError(Exception):
    """Why an operation is not done; the next step."""

    def __init__(self, reason: str, advice: str):
        super().__init__(reason)
        self.reason, self.advice = reason, advice


def finished(e: Expr) -> Expr:
    """The result of an operation, if it is a finite real number of moderate size."""
    if e.has(S.Infinity, S.NegativeInfinity, S.ComplexInfinity, S.NaN, I):
        raise RefusalError("this is not a finite real number", "Change what it is made of.")
    if bits(e) > MOST_BITS:
        raise RefusalError("the exact result has too many digits", "Use shorter numbers.")
    if degree(e) > MOST_DEGREE:
        raise RefusalError(f"the degree in N and D is over {MOST_DEGREE}", "Use a simpler rule.")
    if levels(e) > MOST_LEVELS:
        raise RefusalError(
            f"more than {MOST_LEVELS} powers and functions are nested", "Use a decimal."
        )
    return e


def levels(e: Expr) -> int:
    """How deep powers and functions are nested (SymPy's time can double with each level)."""
    return (not e.is_Atom and not isinstance(e, Add | Mul)) + max(map(levels, e.args), default=0)


def bits(e: Expr) -> int:
    """The bits of all integers of an expression, together."""
    return sum(int(x.p).bit_length() + int(x.q).bit_length() for x in e.atoms(Rational))


def degree(e: Expr) -> Expr:
    """A bound on the degree of numerator and denominator in N and D."""
    if not depends_on_sizes(e):
        return S.Zero
    if isinstance(e, Add):
        return Add(*map(degree, e.args))  # over a common denominator
    if isinstance(e, Mul):
        return Add(*map(degree, e.args))
    if isinstance(e, Pow):
        return degree(e.base) * abs(e.exp)
    return S.One
