"""Expressions as a small tree of boxes that every renderer draws: fractions, sums, scripts.

Here the field's notation is decided once: c_ij' for a cosine, Σ_{k≠i}, θ_ii', max_{k≠i},
1[x > y] for a gate, j* for the hardest negative.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from derive.canonical import for_print
from derive.hyper import Hyper
from derive.indices import free_indices
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
from derive.printing.arithmetic import Arithmetic
from derive.printing.boxes import (
    COMMA,
    EQUALS,
    GREATER,
    MAX,
    MIN,
    ONE_OF,
    SUM,
    UNEQUAL,
    Big,
    Box,
    Fenced,
    Leaf,
    Power,
    Row,
    Script,
    is_open,
    leaf,
    number,
    row,
    view_leaf,
)
from derive.printing.readable import Least, guarded, readable, sides_of_gate


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
        return scope.box(readable(e))

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


_LETTERS = {SampleIndex: "klmnpq", FeatureIndex: "bcdefg"}


@dataclass(frozen=True)
class _Scope(Arithmetic):
    """One expression being set: the letters of the bound indices around it, and those taken."""

    typesetter: Typesetter
    names: Mapping[Expr, str]
    taken: frozenset[str]

    def inside(self, k: Index) -> "_Scope":
        """The scope of a sum over k, under a letter that nothing around it uses."""
        letter = next(x for x in _LETTERS[type(k)] if x not in self.taken)
        return _Scope(self.typesetter, {**self.names, k: letter}, self.taken | {letter})

    def node(self, e: Expr) -> Box:
        rule = getattr(self, f"_set_{type(e).__name__}", None)
        if rule is None:
            return leaf(str(e))
        box: Box = rule(e)
        return box

    def symbol(self, e: Symbol) -> Box:
        return self.typesetter.symbol(e)

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
        rest, other = guarded(body, k)
        if other is not None:
            return Big(SUM, scope.unequal(k, other), scope.summand(rest))
        if isinstance(body, IndexSum):
            inner, l = body.args  # noqa: E741
            rest, other = guarded(inner, l)
            if other == k:
                scope = scope.inside(l)
                return Big(SUM, scope.unequal(k, l), scope.summand(rest))
        return Big(SUM, scope.index(k), scope.summand(body))

    def unequal(self, k: Expr, other: Expr) -> Box:
        return Row((self.index(k), UNEQUAL, self.index(other)))

    def summand(self, body: Expr) -> Box:
        box = self.box(body)
        return Fenced("(", box, ")") if is_open(box) else box

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
        left, right = sides_of_gate(e.args[0])
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
        return Script(leaf(name), tuple(self.index(k) for k in e.args[1:]))
