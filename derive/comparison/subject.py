"""Two losses as they are compared: formulas over the same views, read as the same scalar."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr

from derive.errors import HyperparameterError, UnknownNameError
from derive.hyper import Hyper
from derive.indices import fresh
from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Z_PRIME,
    H,
    IndexSum,
    N,
    Named,
    SampleIndex,
    Stop,
    View,
    Z,
)
from derive.objective import Objective


@dataclass(frozen=True)
class Form:
    """A formula without names. anchored: it is L_i, else a scalar of the batch; unit: its
    embeddings have norm 1."""

    formula: Expr
    anchored: bool
    unit: bool

    @property
    def value(self) -> Expr:
        """What it evaluates to: without its stop-gradients."""
        e = self.formula.xreplace({v: v.flowing for v in self.formula.atoms(View)})
        while stops := e.atoms(Stop):
            e = e.xreplace({x: x.args[0] for x in stops})
        return e

    @property
    def stops(self) -> bool:
        return bool(self.formula.has(Stop)) or any(v.stopped for v in self.formula.atoms(View))

    @property
    def views(self) -> tuple[View, View]:
        return (H, H_PRIME) if self.unit else (Z, Z_PRIME)

    def replaced(self, values: Mapping[Expr, Expr]) -> "Form":
        return Form(self.formula.xreplace(dict(values)), self.anchored, self.unit)


@dataclass(frozen=True)
class Subject:
    """One of the two losses. letter: A or B; settings: what is fixed; form: as it is compared;
    own: the same scalar of the embeddings that the loss takes."""

    letter: str
    objective: Objective
    settings: Mapping[str, object]
    form: Form
    own: Form
    inputs: tuple[str, ...] = field(default=())

    @property
    def free(self) -> dict[str, Hyper]:
        """The hyper-parameters that are not set, by name."""
        return {x.name: x for x in self.objective.hyper if x.name not in self.settings}


def subjects(
    a: Objective,
    b: Objective,
    a_settings: Mapping[str, object],
    b_settings: Mapping[str, object],
) -> tuple[Subject, Subject]:
    """Both losses over the same embeddings (unit ones, unless both take raw ones) and as the same
    scalar: L_i if both are one anchor's term, else their mean over the anchors. Hyper-parameters
    of equal name are one symbol."""
    anchored = a.differentiated == b.differentiated == "anchor"
    unit = "unit" in (a.embeddings, b.embeddings)
    symbols = {x.name: x.symbol for x in b.hyper} | {x.name: x.symbol for x in a.hyper}
    pair = []
    for letter, o, settings in (("A", a, a_settings), ("B", b, b_settings)):
        e = without_names(o.formula(settings))
        e = e.xreplace({x.symbol: symbols[x.name] for x in o.hyper})
        if o.differentiated == "anchor" and not anchored:
            k = fresh(SampleIndex)
            e = IndexSum(e.xreplace({ANCHOR: k}), k) / N
        own = Form(e, anchored, o.embeddings == "unit")
        shared = e.xreplace({v: _unit(v) for v in e.atoms(View)}) if unit else e
        form = Form(shared, anchored, unit)
        pair.append(Subject(letter, o, dict(settings), form, own, o.inputs))
    return pair[0], pair[1]


def other_defaults(a: Subject, b: Subject) -> dict[str, tuple[str, str]]:
    """By name, the defaults of what is free in both under one name and has two defaults."""
    pairs = {name: (x, b.free[name]) for name, x in a.free.items() if name in b.free}
    return {
        name: (x.default_text, y.default_text)
        for name, (x, y) in pairs.items()
        if x.default != y.default
    }


def _unit(v: View) -> View:
    return v if v.unit else View(v.name.replace("z", "h"), v.role, True, v.stopped)


def without_names(e: Expr) -> Expr:
    """Every named intermediate by what it stands for."""
    while names := e.atoms(Named):
        e = e.xreplace({x: x.value for x in names})
    return e


def split_settings(
    a: Objective, b: Objective, settings: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """`A.tau` and `B.m` of one loss, a plain name of both that have it.

    Raises `UnknownNameError`, and `HyperparameterError` for a value given twice.
    """
    both: tuple[dict[str, object], dict[str, object]] = ({}, {})
    known = [{x.name for x in o.hyper} for o in (a, b)]
    for name, value in settings.items():
        letter, dot, own = name.partition(".")
        sides = [0, 1] if not dot else [n for n, x in enumerate("AB") if x == letter]
        own = own if dot else name
        sides = [n for n in sides if own in known[n]]
        if not sides:
            names = [f"{x}.{y}" for x, ys in zip("AB", known, strict=True) for y in ys]
            raise UnknownNameError("hyper-parameter", name, [*names, *known[0], *known[1]])
        for n in sides:
            if own in both[n]:
                raise HyperparameterError(
                    f"{own} of loss {'AB'[n]} is set twice. Keep {'AB'[n]}.{own} or {own}."
                )
            both[n][own] = value
    return both
