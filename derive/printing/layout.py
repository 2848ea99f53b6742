"""Expressions as a small tree of boxes that every renderer draws: fractions, sums, scripts.

Here the field's notation is decided once: c_ij' for a cosine, Σ_{k≠i}, θ_ii', max_{k≠i},
1[x > y] for a gate, j* for the hardest negative.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr, Symbol

from derive.canonical import for_print
from derive.hyper import Hyper
from derive.nodes import (
    ANCHOR,
    Cos,
    Delta,
    Distinct,
    Exp,
    ExtraIndex,
    FeatureIndex,
    Hardest,
    HardestIndex,
    Hinge,
    Index,
    IndexSum,
    Log,
    Match,
    Mismatch,
    Named,
    SampleIndex,
    Sin,
    Step,
    Stop,
    Top,
    free_indices,
)
from derive.printing.boxes import (
    AMONG,
    COMMA,
    EQUALS,
    GREATER,
    MAX,
    MIN,
    ONE_OF,
    STOPPED,
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
)
from derive.printing.readable import Least, guarded, readable, sides_of_gate
from derive.printing.scripts import Notation, Scripts


@dataclass
class Typesetter:
    """Turns expressions into boxes; hyper-parameters print by their display names.

    notation: what it has used so far. score_by_name: the positive's score as s_i, instead of
    what it stands for. angles: cos θ_ij' stays, instead of c_ij'.
    """

    hyper: tuple[Hyper, ...] = ()
    notation: Notation = field(default_factory=Notation)
    score_by_name: bool = False
    angles: bool = False

    def __call__(self, e: Expr) -> Box:
        # _F9 before _F10: letters in the order in which the indices were made.
        free = sorted(free_indices(e), key=lambda k: (len(k.name), k.name))
        scope = _Scope(self, {}, frozenset(map(str, free)))
        for k in free:
            scope = scope.inside(k) if k.name.startswith("_") else scope  # an unnamed one
        return scope.box(readable(e, score_by_name=self.score_by_name, angles=self.angles))

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


_LETTERS = {SampleIndex: "klmnpq", FeatureIndex: "bcdefg", ExtraIndex: "mn"}


@dataclass(frozen=True)
class _Scope(Scripts):
    """One expression being set: the letters of the bound indices around it, and those taken."""

    typesetter: Typesetter
    names: Mapping[Expr, str]
    taken: frozenset[str]

    @property
    def notation(self) -> Notation:
        return self.typesetter.notation

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

    def _set_IndexSum(self, e: IndexSum) -> Box:
        body, k = e.args
        scope = self.inside(k)
        rest, other = guarded(body, k)
        if other is not None:
            return Big(SUM, scope.unequal(k, other), scope.summand(rest))
        if isinstance(body, IndexSum):
            inner, m = body.args
            rest, other = guarded(inner, m)
            if other == k:
                scope = scope.inside(m)
                return Big(SUM, scope.unequal(k, m), scope.summand(rest))
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
        return self._one_if(self.index(a), EQUALS, self.index(b))

    def _set_Distinct(self, e: Distinct) -> Box:
        a, b = e.args
        return self._one_if(self.index(a), UNEQUAL, self.index(b))

    def _set_Match(self, e: Match) -> Box:
        return self._one_if(*self._labels(e, EQUALS))

    def _set_Mismatch(self, e: Mismatch) -> Box:
        return self._one_if(*self._labels(e, UNEQUAL))

    def _labels(self, e: Expr, sign: Leaf) -> tuple[Box, ...]:
        self.uses("y")
        order = sorted(e.args, key=lambda k: (k in self.names, self.index(k).text))
        a, b = (Script(leaf("y"), (self.index(k),)) for k in order)
        return a, sign, b

    def _set_Top(self, e: Top) -> Box:
        """1[j ∈ T_i], with T_i described in the legend."""
        j, body, k, i, share = e.args
        top = for_print(Top(ANCHOR, body.xreplace({i: ANCHOR}), k, ANCHOR, share))
        name = self.notation.name_of_top(top)
        return self._one_if(self.index(j), AMONG, Script(leaf(name), (self.index(i),)))

    def _set_Step(self, e: Step) -> Box:
        left, right = sides_of_gate(e.args[0])
        return self._one_if(self.box(left), GREATER, self.box(right))

    def _one_if(self, *condition: Box) -> Box:
        self.uses("1[·]")
        return row(ONE_OF, Fenced("[", Row(condition), "]"))

    def _set_Hinge(self, e: Hinge) -> Box:
        return row(MAX, Fenced("(", Row((number(0), COMMA, self.box(e.args[0]))), ")"))

    def _set_Stop(self, e: Stop) -> Box:
        self.uses("sg")
        return row(STOPPED, Fenced("(", self.box(e.args[0]), ")"))

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
        if e.definition.score and not self.typesetter.score_by_name:
            return self.box(e.value)
        name = e.definition.name
        if e.definition.view is not None and e.definition.view.name.endswith("'"):
            name += "'"
        return Script(leaf(name), tuple(self.index(k) for k in e.args[1:]))
