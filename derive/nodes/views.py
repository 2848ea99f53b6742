"""The indices, the sizes and the views of a batch: what the nodes of a formula are built on."""

from typing import Any

from sympy import Atom, Expr, Symbol


class SampleIndex(Symbol):
    """An index over the N samples of the batch."""

    __slots__ = ()


class FeatureIndex(Symbol):
    """An index over the D features of an embedding."""

    __slots__ = ()


class ExtraIndex(Symbol):
    """An index over the M extra negatives of an anchor, where a loss takes some as an input."""

    __slots__ = ()


Index = SampleIndex | FeatureIndex | ExtraIndex
N = Symbol("N", positive=True)
D = Symbol("D", positive=True)
M = Symbol("M", positive=True)


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
Z = View("z", unit=False)  # raw embeddings, for losses that do not normalise
Z_PRIME = View("z'", unit=False)


def centred(view: View) -> View:
    """ĥ_i = h_i − (1/N) Σ_k h_k, with ∂ĥ_i/∂h_p = δ_ip − 1/N and Σ_i ĥ_i = 0."""
    return view.with_role("centred")


def stopped(view: View) -> View:
    """The same embeddings with the gradient stopped in this one role."""
    return View(view.name, view.role, view.unit, stopped=True)


# The free indices of every result: anchor i, a negative j ≠ i, a feature a.
ANCHOR = SampleIndex("i")
NEGATIVE = SampleIndex("j")
FEATURE = FeatureIndex("a")
