"""Numbers of the batch and hyper-parameters as Python arithmetic: `4 * nu / (d * (n - 1) ** 2)`."""

from collections.abc import Callable
from functools import singledispatchmethod

from sympy import Add, Expr, Mul, Pow, Rational, S, Symbol, log
from sympy.core.numbers import Float, Pi

from derive.errors import LoweringError

SUM, PRODUCT, SIGN, POWER, ATOM = range(5)  # how tightly a text binds
Text = tuple[str, int]


def bracketed(text: Text, at_least: int) -> str:
    """The text, in brackets where it binds less tightly than its place asks for."""
    return text[0] if text[1] >= at_least else f"({text[0]})"


class ScalarPrinter:
    """Prints scalars. name: of a symbol; uses: told of the modules and helpers that are needed."""

    def __init__(self, name: Callable[[Symbol], str], uses: Callable[[str], None]):
        self.name = name
        self.uses = uses

    def __call__(self, e: Expr) -> Text:
        return self._text(e)

    @singledispatchmethod
    def _text(self, e: Expr) -> Text:
        raise LoweringError(
            f"no Python form of the number {e} ({type(e).__name__}). Write hyper-parameters and "
            "sizes with + − · / and powers, or add a rule to derive/printing/torchcode/scalars.py."
        )

    @_text.register
    def _rational(self, e: Rational) -> Text:
        if e.q == 1:
            return str(e.p), ATOM if e.p >= 0 else SIGN
        decimal = repr(float(e))
        if Rational(decimal) == e and len(decimal) < 8:
            return decimal, ATOM if e.p >= 0 else SIGN
        return f"{e.p} / {e.q}", PRODUCT

    @_text.register
    def _float(self, e: Float) -> Text:
        return repr(float(e)), ATOM if e >= 0 else SIGN

    @_text.register
    def _pi(self, e: Pi) -> Text:
        self.uses("math")
        return "math.pi", ATOM

    @_text.register
    def _symbol(self, e: Symbol) -> Text:
        return self.name(e), ATOM

    @_text.register
    def _log(self, e: log) -> Text:
        if e.args[0].is_positive:
            self.uses("math")
            return f"math.log({self(e.args[0])[0]})", ATOM
        self.uses("_log")
        return f"_log({self(e.args[0])[0]})", ATOM

    @_text.register
    def _add(self, e: Add) -> Text:
        terms = sorted(e.args, key=lambda x: (x.is_number, x.could_extract_minus_sign(), str(x)))
        if terms[0].could_extract_minus_sign():
            terms.sort(key=lambda x: x.could_extract_minus_sign())
        out = bracketed(self(terms[0]), PRODUCT)
        for x in terms[1:]:
            negative = x.could_extract_minus_sign()
            out += (" - " if negative else " + ") + bracketed(self(-x if negative else x), PRODUCT)
        return out, SUM

    @_text.register
    def _mul(self, e: Mul) -> Text:
        if e.could_extract_minus_sign():
            text = self(-e)
            return f"-{bracketed(text, PRODUCT)}", SIGN if text[1] > PRODUCT else PRODUCT
        top, bottom = e.as_numer_denom()
        over = self.product(top)
        if bottom == 1:
            return over, PRODUCT
        under = bracketed(self(bottom), POWER if bottom.is_Atom or bottom.is_Pow else ATOM)
        return f"{over} / {under}", PRODUCT

    def product(self, e: Expr) -> str:
        """Factors, numbers first."""
        factors = sorted(Mul.make_args(e), key=lambda x: (not x.is_number, str(x)))
        return " * ".join(bracketed(self(x), SIGN) for x in factors)

    @_text.register
    def _pow(self, e: Pow) -> Text:
        base, power = e.args
        if power.could_extract_minus_sign():
            return f"1 / {bracketed(self(base**-power), POWER)}", PRODUCT
        if power == S.Half:
            self.uses("math")
            return f"math.sqrt({self(base)[0]})", ATOM
        left, right = self(base), self(power)
        if left[1] == ATOM and right[1] == ATOM and "(" not in left[0] + right[0]:
            return f"{left[0]}**{right[0]}", POWER
        return f"{bracketed(left, ATOM)} ** {bracketed(right, ATOM)}", POWER
