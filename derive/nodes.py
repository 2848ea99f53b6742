"""The closed set of nodes an objective is written in, on top of SymPy's arithmetic.

Two views of N samples in D features; indices carry their kind (sample or feature), so a sum
needs no range. `<h_i, h_i>` stays symbolic until after differentiation: on the sphere it is 1,
but its derivative is not 0, and that is where the radial term comes from.

Own nodes instead of SymPy's functions, for three reasons: SymPy merges exp(a)·exp(b) on sight,
its printers dispatch on class names, and a closed set keeps every table of rules complete.
"""

from functools import lru_cache
from typing import Any

from sympy import Atom, Expr, S, Symbol, sympify

from derive.errors import ObjectiveError


class SampleIndex(Symbol):
    """An index over the N samples of the batch."""

    __slots__ = ()


class FeatureIndex(Symbol):
    """An index over the D features of an embedding."""

    __slots__ = ()


Index = SampleIndex | FeatureIndex
N = Symbol("N", positive=True)
D = Symbol("D", positive=True)


def label(index: Expr) -> str:
    """What to order indices by (a symbol's name: SymPy's printer is slow)."""
    return index.name if isinstance(index, Symbol) else str(index)


class View(Atom):
    """One view of the batch: N embeddings of D features.

    role: "plain"; "centred" (the batch mean subtracted, so that it sums to zero over the
    samples); "balanced" (assumed to have batch mean zero: unit rows that sum to zero).
    unit: rows have norm 1. stopped: no gradient flows through this occurrence.
    """

    __slots__ = ("name", "role", "stopped", "unit")
    name: str
    role: str
    unit: bool
    stopped: bool

    def __new__(
        cls, name: str, role: str = "plain", unit: bool = True, stopped: bool = False
    ) -> "View":
        view = Atom.__new__(cls)
        view.name, view.role, view.unit, view.stopped = name, role, unit, stopped
        return view

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.role, self.unit, self.stopped)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self._hashable_content()

    def _sympystr(self, printer: Any) -> str:
        name = self.name if self.role == "plain" else f"{self.role}({self.name})"
        return f"stopped({name})" if self.stopped else name

    @property
    def base(self) -> "View":
        """The embeddings as given: not centred, not stopped."""
        return View(self.name, "plain", self.unit)

    @property
    def flowing(self) -> "View":
        """The same without its stop-gradient: what is left after differentiation."""
        return View(self.name, self.role, self.unit) if self.stopped else self

    def with_role(self, role: str) -> "View":
        return View(self.name, role, self.unit, self.stopped)


H = View("h")
H_PRIME = View("h'")


def centred(view: View) -> View:
    """ĥ_i = h_i − (1/N) Σ_k h_k, with ∂ĥ_i/∂h_p = δ_ip − 1/N and Σ_i ĥ_i = 0."""
    return view.with_role("centred")


def stopped(view: View) -> View:
    """The same embeddings with the gradient stopped in this one role."""
    return View(view.name, view.role, view.unit, stopped=True)


class Node(Expr):
    """Base of our nodes: real, commutative, evaluated by none of SymPy's machinery."""

    __slots__ = ()
    is_commutative = True
    is_real = True

    def __new__(cls, *args: Any) -> Any:
        return Expr.__new__(cls, *map(sympify, args))


class Component(Node):
    """v_ia: feature a of sample i in view v. Arguments: view, sample index, feature index."""

    __slots__ = ()


class Inner(Node):
    """⟨v_i, w_j⟩, symmetric. Arguments: view, index, view, index."""

    __slots__ = ()

    def __new__(cls, v: View, i: Expr, w: View, j: Expr) -> "Inner":
        if (v.name, v.role, v.stopped, label(i)) > (w.name, w.role, w.stopped, label(j)):
            v, i, w, j = w, j, v, i
        return Expr.__new__(cls, v, i, w, j)


class IndexSum(Node):
    """Σ of the body over the full range of a bound index. Arguments: body, index."""

    __slots__ = ()

    def __new__(cls, body: Any, index: Index) -> Any:
        body = sympify(body)
        return S.Zero if body == 0 else Expr.__new__(cls, body, index)


class Delta(Node):
    """Kronecker's δ of two indices. A hardest index never equals its own anchor."""

    __slots__ = ()

    def __new__(cls, a: Expr, b: Expr) -> Any:
        if a == b:
            return S.One
        if _excludes(a, b) or _excludes(b, a):
            return S.Zero
        return Expr.__new__(cls, *sorted((a, b), key=label))


class Distinct(Node):
    """1 where the two indices differ, else 0: the condition of Σ_{k≠i}."""

    __slots__ = ()

    def __new__(cls, a: Expr, b: Expr) -> Any:
        if a == b:
            return S.Zero
        if _excludes(a, b) or _excludes(b, a):
            return S.One
        return Expr.__new__(cls, *sorted((a, b), key=label))


class Hardest(Node):
    """max over k ≠ i of the body. Arguments: body, bound index k, anchor index i."""

    __slots__ = ()


class HardestIndex(Node):
    """The k ≠ i at which the body is largest (one index, also at ties). Arguments as `Hardest`."""

    __slots__ = ()


def _excludes(a: Expr, b: Expr) -> bool:
    return isinstance(a, HardestIndex) and bool(a.args[2] == b)


class Step(Node):
    """1 where the argument is > 0, else 0 (strict); its derivative is taken as 0."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, x: Any) -> Any:
        x = sympify(x)
        return (S.One if x > 0 else S.Zero) if x.is_Rational else Expr.__new__(cls, x)


class Hinge(Node):
    """max(0, x), with derivative 1[x > 0]: zero at the kink."""

    __slots__ = ()
    is_nonnegative = True

    def __new__(cls, x: Any) -> Any:
        x = sympify(x)
        return max(x, S.Zero) if x.is_Rational else Expr.__new__(cls, x)


class Stop(Node):
    """Stop-gradient: the value of its argument, with derivative 0."""

    __slots__ = ()


class Exp(Node):
    """e^x."""

    __slots__ = ()
    is_positive = True

    def __new__(cls, x: Any) -> Any:
        return S.One if x == 0 else Expr.__new__(cls, sympify(x))


class Log(Node):
    """log x, x > 0."""

    __slots__ = ()

    def __new__(cls, x: Any) -> Any:
        return S.Zero if x == 1 else Expr.__new__(cls, sympify(x))


class Angle(Node):
    """θ = arccos(c) in [0, π], the angle of two unit vectors whose cosine is the argument."""

    __slots__ = ()


class Cos(Node):
    """cos x."""

    __slots__ = ()


class Sin(Node):
    """sin x."""

    __slots__ = ()


class Definition(Atom):
    """A named intermediate: name, the indices it is defined over, its body.

    opaque: kept by name when expressions are put in normal form (a standard deviation, the
    positive's score); otherwise it is expanded there. view: the view it is a statistic of.
    score: it is what the loss compares with the negatives (at most one a loss).

    Raises `ObjectiveError` if the body depends on an index it is not defined over.
    """

    __slots__ = ("body", "dummies", "name", "opaque", "score", "view")
    name: str
    dummies: tuple[Index, ...]
    body: Expr
    opaque: bool
    view: View | None
    score: bool

    def __new__(
        cls,
        name: str,
        dummies: tuple[Index, ...],
        body: Expr,
        *,
        opaque: bool = False,
        view: View | None = None,
        score: bool = False,
    ) -> "Definition":
        undeclared = free_indices(body) - set(dummies)
        if undeclared:
            raise ObjectiveError(
                f"the definition of {name} depends on {', '.join(sorted(map(str, undeclared)))}, "
                "which it does not declare. Add the index to its indices and call it with one."
            )
        new = Atom.__new__(cls)
        new.name, new.dummies, new.body, new.opaque = name, tuple(dummies), body, opaque
        new.view, new.score = view, score
        return new

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self.name, self.dummies, self.body, self.opaque, self.score)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _define, (*self._hashable_content(), self.view)

    def _sympystr(self, printer: Any) -> str:
        return self.name if self.view is None else f"{self.name}[{printer.doprint(self.view)}]"

    def __call__(self, *indices: Expr) -> "Named":
        return Named(self, *indices)


def _define(name: str, dummies: Any, body: Expr, opaque: bool, score: bool, view: Any) -> Any:
    return Definition(name, dummies, body, opaque=opaque, view=view, score=score)


class Named(Node):
    """A named intermediate at given indices. Arguments: definition, indices."""

    __slots__ = ()

    @property
    def value(self) -> Expr:
        """The definition's body at these indices."""
        definition, *indices = self.args
        return definition.body.xreplace(dict(zip(definition.dummies, indices, strict=True)))

    @property
    def definition(self) -> Definition:
        found: Definition = self.args[0]
        return found


@lru_cache(maxsize=100_000)
def free_indices(e: Expr) -> frozenset[Index]:
    """The indices an expression depends on (bound ones excluded)."""
    if isinstance(e, SampleIndex | FeatureIndex):
        return frozenset((e,))
    if not e.args:
        return frozenset()
    inside: frozenset[Index] = frozenset().union(*map(free_indices, e.args))
    if isinstance(e, IndexSum):
        return inside - {e.args[1]}
    if isinstance(e, Hardest | HardestIndex):
        return free_indices(e.args[2]) | (inside - {e.args[1]})
    return inside


# The free indices of every result: anchor i, a negative j ≠ i, a feature a.
ANCHOR = SampleIndex("i")
NEGATIVE = SampleIndex("j")
FEATURE = FeatureIndex("a")
