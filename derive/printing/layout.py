"""Expressions as a small tree of boxes that every renderer draws: fractions, sums, scripts.

Here the field's notation is decided once: c_ij' for a cosine, Σ_{k≠i}, θ_ii', max_{k≠i},
1[x > y] for a gate, j* for the hardest negative.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sympy import Add, Expr, Mul, Pow, S, Symbol
from sympy.core.numbers import Number

from derive.canonical import for_print, free_indices
from derive.hyper import Hyper
from derive.nodes import (
    H_PRIME,
    Angle,
    Component,
    Cos,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    H,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Inner,
    Log,
    Named,
    SampleIndex,
    Sin,
    Step,
    Stop,
    View,
)


@dataclass(frozen=True)
class Leaf:
    """One symbol: its text and its LaTeX; kind as in MathML: "mi", "mn" or "mo"."""

    text: str
    latex: str
    kind: str = "mi"


@dataclass(frozen=True)
class Row:
    """Boxes side by side; `loose`: a break between lines may fall before an operator."""

    parts: tuple["Box", ...]


@dataclass(frozen=True)
class Fraction:
    top: "Box"
    bottom: "Box"


@dataclass(frozen=True)
class Power:
    base: "Box"
    exponent: "Box"


@dataclass(frozen=True)
class Script:
    """A symbol with a subscript."""

    base: Leaf
    below: tuple[Leaf, ...]


@dataclass(frozen=True)
class Root:
    body: "Box"


@dataclass(frozen=True)
class Big:
    """Σ or max with a condition below and the body after it."""

    operator: Leaf
    below: "Box"
    body: "Box"


@dataclass(frozen=True)
class Fenced:
    left: str
    body: "Box"
    right: str


Box = Leaf | Row | Fraction | Power | Script | Root | Big | Fenced

PLUS, MINUS = Leaf("+", "+", "mo"), Leaf("−", "-", "mo")
DOT, EQUALS = Leaf("·", r"\,", "mo"), Leaf("=", "=", "mo")
GREATER, UNEQUAL = Leaf(">", ">", "mo"), Leaf("≠", r"\neq", "mo")
SUM = Leaf("Σ", r"\sum", "mo")
MAX, MIN = Leaf("max", r"\max", "mo"), Leaf("min", r"\min", "mo")
ONE_OF = Leaf("1", r"\mathbb{1}", "mi")
COMMA = Leaf(",", ",", "mo")
_GREEK = {"τ": r"\tau", "σ": r"\sigma", "θ": r"\theta"}


def row(*parts: Box) -> Box:
    return parts[0] if len(parts) == 1 else Row(parts)


def leaf(text: str, latex: str | None = None) -> Leaf:
    return Leaf(text, latex or _GREEK.get(text, text))


def number(x: object) -> Leaf:
    return Leaf(str(x), str(x), "mn")


@dataclass
class Typesetter:
    """Turns expressions into boxes; hyper-parameters print by their display names."""

    hyper: tuple[Hyper, ...] = ()
    hardest: dict[Expr, str] = field(default_factory=dict)

    def __call__(self, e: Expr) -> Box:
        free = sorted(free_indices(e), key=str)
        scope = _Scope(self, {}, frozenset(map(str, free)))
        for k in free:
            scope = scope.inside(k) if k.name.startswith("_") else scope  # an unnamed one
        return scope.box(_readable(e))

    def symbol(self, e: Symbol) -> Box:
        for hyper in self.hyper:
            if hyper.name == e.name:
                base, _, below = hyper.display.partition("_")
                if below:
                    return Script(
                        leaf(base, hyper.latex.split("_")[0]),
                        (Leaf(below, rf"\mathrm{{{below}}}"),),
                    )
                return Leaf(hyper.display, hyper.latex)
        return leaf(e.name)


def _preorder(e: Expr) -> Iterator[Expr]:
    yield e
    if isinstance(e, Named):
        return
    for x in e.args:
        yield from _preorder(x)


_LETTERS = {SampleIndex: "klmnpq", FeatureIndex: "bcdefg"}


@dataclass(frozen=True)
class _Scope:
    """One expression being set: the letters of the bound indices around it, and those taken."""

    typesetter: Typesetter
    names: Mapping[Expr, str]
    taken: frozenset[str]

    def inside(self, k: Index) -> "_Scope":
        """The scope of a sum over k, under a letter that nothing around it uses."""
        letter = next(x for x in _LETTERS[type(k)] if x not in self.taken)
        return _Scope(self.typesetter, {**self.names, k: letter}, self.taken | {letter})

    # ---- arithmetic ----

    def box(self, e: Expr) -> Box:
        if isinstance(e, Add):
            return self._sum(e)
        if isinstance(e, Mul):
            return self._product(e)
        if isinstance(e, Pow):
            return self._power(e)
        if isinstance(e, Number):
            return self._number(e)
        if isinstance(e, Symbol):
            return (
                self.index(e)
                if isinstance(e, SampleIndex | FeatureIndex)
                else self.typesetter.symbol(e)
            )
        if e is S.Pi:
            return Leaf("π", r"\pi")
        return self._node(e)

    def _number(self, e: Expr) -> Box:
        sign = (MINUS,) if e < 0 else ()
        e = abs(e)
        if e.is_Rational and e.q != 1:
            return row(*sign, Fraction(number(e.p), number(e.q)))
        return row(*sign, number(e))

    def _sum(self, e: Expr) -> Box:
        sides = _distance_sides(e)
        if sides is not None:
            v, i, w, j = sides
            apart = Row((self.embedding(v, i), MINUS, self.embedding(w, j)))
            return Power(Fenced("‖", apart, "‖"), number(2))
        positive = [x for x in e.args if not x.could_extract_minus_sign()]
        negative = [x for x in e.args if x.could_extract_minus_sign()]
        parts: list[Box] = []
        for x in sorted(positive, key=_reading_order):
            parts += [PLUS] if parts else []
            parts.append(self.box(x))
        for x in sorted(negative, key=_reading_order):
            parts += [MINUS, self.box(-x)]
        return Row(tuple(parts))

    def _product(self, e: Expr) -> Box:
        if e.could_extract_minus_sign():
            return row(MINUS, self._factor(-e))
        top, bottom = [], []
        for x in e.args:
            if x.is_Rational:
                top += [number(x.p)] if x.p != 1 else []
                bottom += [number(x.q)] if x.q != 1 else []
            elif isinstance(x, Pow) and x.exp.is_Rational and x.exp < 0:
                bottom.append(x.base ** (-x.exp))
            else:
                top.append(x)
        if not bottom:
            return self._factors(top)
        return Fraction(self._factors(top), self._factors(bottom))

    def _factors(self, factors: list[Expr | Leaf]) -> Box:
        if not factors:
            return number(1)
        if len(factors) == 1:
            return factors[0] if isinstance(factors[0], Leaf) else self.box(factors[0])
        ordered = sorted(
            factors, key=lambda x: (0, 0, "") if isinstance(x, Leaf) else _reading_order(x)
        )
        parts: list[Box] = []
        for x in ordered:
            parts += [DOT] if parts else []
            parts.append(x if isinstance(x, Leaf) else self._factor(x))
        return Row(tuple(parts))

    def _factor(self, e: Expr) -> Box:
        box = self.box(e)
        return Fenced("(", box, ")") if _is_open(box) else box

    def _power(self, e: Expr) -> Box:
        base, exponent = e.args
        if exponent.is_Rational and exponent < 0:
            return Fraction(number(1), self.box(base ** (-exponent)))
        if exponent == S.Half:
            body = self.box(base)
            if isinstance(body, Power) and isinstance(body.base, Fenced):
                return body.base  # √‖x‖² = ‖x‖
            return Root(body)
        if isinstance(base, Exp):
            return self.box(Exp(exponent * base.args[0]))
        if isinstance(base, Inner) and base.args[0] == base.args[2] and exponent == 2:
            return Power(Fenced("(", self.box(base), ")"), number(2))
        inner = self.box(base)
        if not isinstance(inner, Leaf | Script | Fenced):
            inner = Fenced("(", inner, ")")
        return Power(inner, self.box(exponent))

    # ---- nodes ----

    def _node(self, e: Expr) -> Box:
        rule = getattr(self, f"_set_{type(e).__name__}", None)
        if rule is None:
            return leaf(str(e))
        box: Box = rule(e)
        return box

    def index(self, k: Expr) -> Leaf:
        if isinstance(k, HardestIndex):
            known = self.typesetter.hardest
            name = known.setdefault(for_print.index(k), "j" + "*" * (1 + len(known)))
            return Leaf(name, name.replace("*", "^{*}"))
        return leaf(self.names.get(k, str(k)))

    def embedding(self, view: View, k: Expr) -> Script:
        return Script(view_leaf(view), (self.index(k),))

    def _set_Component(self, e: Component) -> Box:
        view, k, a = e.args
        return Script(view_leaf(view), (self.index(k), self.index(a)))

    def _set_Inner(self, e: Inner) -> Box:
        v, i, w, j = e.args
        if v == w and i == j:
            return Power(Fenced("‖", self.embedding(v, i), "‖"), number(2))
        if v.role == w.role == "plain" and v.unit and w.unit and {v, w} <= {H, H_PRIME}:
            return Script(leaf("c"), tuple(self._sides(v, i, w, j)))
        return Fenced("⟨", Row((self.embedding(v, i), COMMA, self.embedding(w, j))), "⟩")

    def _sides(self, v: View, i: Expr, w: View, j: Expr) -> Iterator[Leaf]:
        sides = [(v, i), (w, j)]
        if v == w:  # the free index first, as one writes c_ij
            sides.sort(key=lambda side: (side[1] in self.names, self.names.get(side[1], "")))
        for view, k in sides:
            name = self.index(k)
            mark = "'" if view.name.endswith("'") else ""
            yield Leaf(name.text + mark, name.latex + mark)

    def _set_Angle(self, e: Angle) -> Box:
        if isinstance(e.args[0], Inner):
            return Script(leaf("θ"), tuple(self._sides(*e.args[0].args)))
        return row(leaf("arccos", r"\arccos"), Fenced("(", self.box(e.args[0]), ")"))

    def _set_IndexSum(self, e: IndexSum) -> Box:
        body, k = e.args
        scope = self.inside(k)
        rest, other = _guarded(body, k)
        if other is not None:
            return Big(SUM, scope.unequal(k, other), scope.summand(rest))
        if isinstance(body, IndexSum):
            inner, l = body.args  # noqa: E741
            rest, other = _guarded(inner, l)
            if other == k:
                scope = scope.inside(l)
                return Big(SUM, scope.unequal(k, l), scope.summand(rest))
        return Big(SUM, scope.index(k), scope.summand(body))

    def unequal(self, k: Expr, other: Expr) -> Box:
        return Row((self.index(k), UNEQUAL, self.index(other)))

    def summand(self, body: Expr) -> Box:
        box = self.box(body)
        return Fenced("(", box, ")") if _is_open(box) else box

    def _set_Hardest(self, e: Hardest) -> Box:
        return self._extreme(MAX, e)

    def _set_Least(self, e: "Least") -> Box:
        return self._extreme(MIN, e)

    def _extreme(self, operator: Leaf, e: Hardest) -> Box:
        body, k, i = e.args
        scope = self.inside(k)
        return Big(operator, scope.unequal(k, i), scope.summand(body))

    def _set_Delta(self, e: Delta) -> Box:
        a, b = sorted(e.args, key=lambda x: isinstance(x, HardestIndex))
        return row(ONE_OF, Fenced("[", Row((self.index(a), EQUALS, self.index(b))), "]"))

    def _set_Distinct(self, e: Distinct) -> Box:
        a, b = e.args
        return row(ONE_OF, Fenced("[", Row((self.index(a), UNEQUAL, self.index(b))), "]"))

    def _set_Step(self, e: Step) -> Box:
        left, right = _sides_of_gate(e.args[0])
        return row(ONE_OF, Fenced("[", Row((self.box(left), GREATER, self.box(right))), "]"))

    def _set_Hinge(self, e: Hinge) -> Box:
        return row(MAX, Fenced("(", Row((number(0), COMMA, self.box(e.args[0]))), ")"))

    def _set_Stop(self, e: Stop) -> Box:
        return row(Leaf("sg", r"\operatorname{sg}"), Fenced("(", self.box(e.args[0]), ")"))

    def _set_Exp(self, e: Exp) -> Box:
        return Power(leaf("e"), self.box(e.args[0]))

    def _set_Log(self, e: Log) -> Box:
        return row(Leaf("log", r"\log"), Fenced("(", self.box(e.args[0]), ")"))

    def _set_Cos(self, e: Cos) -> Box:
        return row(Leaf("cos", r"\cos"), self._argument(e.args[0]))

    def _set_Sin(self, e: Sin) -> Box:
        return row(Leaf("sin", r"\sin"), self._argument(e.args[0]))

    def _argument(self, e: Expr) -> Box:
        return Fenced("(", self.box(e), ")")

    def _set_Named(self, e: Named) -> Box:
        if e.definition.name == "s":
            return self.box(e.value)
        name = e.definition.name
        if e.definition.view is not None and e.definition.view.name.endswith("'"):
            name += "'"
        return Script(leaf(name, _GREEK.get(name)), tuple(self.index(k) for k in e.args[1:]))


def view_leaf(view: View) -> Leaf:
    """h, h', ĥ, ĥ'."""
    letter, prime = view.name[0], view.name[1:]
    if view.role in ("centred", "balanced"):
        return Leaf(f"{letter}\u0302{prime}", rf"\hat{{{letter}}}{prime}")
    return Leaf(view.name, view.name)


def _sides_of_gate(e: Expr) -> tuple[Expr, Expr]:
    """x > 0 as left > right, without minus signs."""
    terms = Add.make_args(e)
    right = [-x for x in terms if x.could_extract_minus_sign()]
    return Add(*[x for x in terms if not x.could_extract_minus_sign()]), Add(*right)


def _guarded(body: Expr, k: Index) -> tuple[Expr, Expr | None]:
    """The body without its condition k ≠ other, and that other index."""
    for x in Mul.make_args(body):
        if isinstance(x, Distinct) and k in x.args:
            other = next(y for y in x.args if y != k)
            return Mul(*[y for y in Mul.make_args(body) if y is not x]), other
    return body, None


def _distance_sides(e: Add) -> tuple[View, Expr, View, Expr] | None:
    """v, i, w, j if the sum is ‖v_i‖² + ‖w_j‖² − 2⟨v_i, w_j⟩."""
    for x in e.args:
        if isinstance(x, Mul) and x.args[0] == -2 and isinstance(x.args[1], Inner):
            v, i, w, j = x.args[1].args
            if e == Inner(v, i, v, i) + Inner(w, j, w, j) - 2 * x.args[1]:
                return v, i, w, j
    return None


class Least(Hardest):
    """min over k ≠ i of the body: only for print."""

    __slots__ = ()


def _readable(e: Expr) -> Expr:
    """The score written out, and max of −x as −min of x."""
    scores = {x: x.value for x in e.atoms(Named) if x.definition.name == "s"}
    e = e.xreplace(scores)
    maxima = {}
    for x in e.atoms(Hardest):
        body, k, i = x.args
        if body.could_extract_minus_sign():
            maxima[x] = -Least(-body, k, i)
    return e.xreplace(maxima)


def _is_open(box: Box) -> bool:
    return isinstance(box, Row) and any(x in (PLUS, MINUS) for x in box.parts)


def _reading_order(e: Expr) -> tuple[int, int, str]:
    """Numbers, symbols, own scores, gates, then sums; short before long."""
    text = str(e)
    if isinstance(e, Number | Angle):
        return (0, 0, text)
    if not e.args:
        return (1, 0, text)
    has_sum = any(isinstance(x, IndexSum | Hardest) for x in _preorder(e))
    has_index = bool(free_indices(e)) or has_sum
    return (4 if has_sum else 3 if has_index else 2, len(text), text)


def equation(left: Box, right: Box) -> Box:
    return Row((left, EQUALS, right))
