"""Symbols with indices: embeddings, cosines, angles, the hardest negative; what a sheet uses."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field

from sympy import Expr

from derive.canonical import for_print
from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Angle,
    Component,
    Given,
    H,
    HardestIndex,
    Inner,
    View,
    free_indices,
)
from derive.printing.arithmetic import Arithmetic
from derive.printing.boxes import (
    COMMA,
    STOPPED,
    Box,
    Fenced,
    Leaf,
    Power,
    Row,
    Script,
    hat,
    leaf,
    number,
    primed,
    row,
    view_leaf,
)
from derive.printing.readable import free_first


@dataclass
class Notation:
    """What has been printed so far. hardest: the name of each hardest index, in the order of use;
    tops: of each set of hardest samples; used: the other notations, as derive/printing/legend.py
    calls them."""

    hardest: dict[Expr, str] = field(default_factory=dict)
    tops: dict[Expr, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def name_of(self, hardest: Expr) -> str:
        """j*, j**, …"""
        return self.hardest.setdefault(hardest, "j" + "*" * (1 + len(self.hardest)))

    def name_of_top(self, top: Expr) -> str:
        """T, T*, …: the set of the hardest samples of an anchor."""
        return self.tops.setdefault(top, "T" + "*" * len(self.tops))


class Scripts(Arithmetic):
    """Lays out symbols with indices; notation: where it notes what it used."""

    @property
    @abstractmethod
    def notation(self) -> Notation: ...

    def uses(self, notation: str) -> None:
        self.notation.used.add(notation)

    def index(self, k: Expr) -> Leaf:
        if isinstance(k, Given):
            array, i, m = k.args
            return leaf(f"{array}({self.index(i).text},{self.index(m).text})")
        return self._hardest(k) if isinstance(k, HardestIndex) else leaf(self.names.get(k, str(k)))

    def _hardest(self, k: HardestIndex) -> Leaf:
        """j* of the anchor i; the same of another sample k is j*(k)."""
        k = for_print.index(k)
        anchor = k.args[2]
        if anchor == ANCHOR or ANCHOR in free_indices(k):
            return leaf(self.notation.name_of(k))
        name = self.notation.name_of(for_print.index(k.xreplace({anchor: ANCHOR})))
        self.uses("j*(k)")
        return leaf(f"{name}({self.index(anchor).text})")

    def embedding(self, view: View, k: Expr) -> Box:
        return self._stopped(view, Script(self._letter(view), (self.index(k),)))

    def _letter(self, view: View) -> Leaf:
        if view.role == "centred":
            self.uses(hat(view.name[0]))
        return view_leaf(view)

    def _stopped(self, view: View, box: Box) -> Box:
        if not view.stopped:
            return box
        self.uses("sg")
        return row(STOPPED, Fenced("(", box, ")"))

    def _set_Component(self, e: Component) -> Box:
        view, k, a = e.args
        return self._stopped(view, Script(self._letter(view), (self.index(k), self.index(a))))

    def sides(self, e: Inner) -> tuple[View, Expr, View, Expr]:
        return free_first(e, self.names)

    def _set_Inner(self, e: Inner) -> Box:
        v, i, w, j = self.sides(e)
        if v == w and i == j:
            return Power(Fenced("‖", self.embedding(v, i), "‖"), number(2))
        if _is_cosine(e):
            return Script(leaf("c"), tuple(self._of_sides(e)))
        return Fenced("⟨", Row((self.embedding(v, i), COMMA, self.embedding(w, j))), "⟩")

    def _set_Angle(self, e: Angle) -> Box:
        cosine = e.args[0]
        if isinstance(cosine, Inner) and _is_cosine(cosine):
            return Script(leaf("θ"), tuple(self._of_sides(cosine)))
        return row(leaf("arccos", r"\arccos"), Fenced("(", self.box(cosine), ")"))

    def _of_sides(self, e: Inner) -> Iterator[Leaf]:
        """ij, ij' or i'j'."""
        v, i, w, j = self.sides(e)
        marks = ["'" if view == H_PRIME else "" for view in (v, w)]
        self.uses(f"c_i{marks[0]}j{marks[1]}")
        for k, mark in zip((i, j), marks, strict=True):
            yield primed(self.index(k)) if mark else self.index(k)


def _is_cosine(e: Inner) -> bool:
    """Of two plain unit vectors whose indices are letters."""
    v, i, w, j = e.args
    return {v, w} <= {H, H_PRIME} and not isinstance(i, Given) and not isinstance(j, Given)
