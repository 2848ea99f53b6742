"""What a component is: a form of the library with its hyper-parameters and options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

from sympy import Expr, Symbol

from derive.components.place import Place
from derive.hyper import Hyper
from derive.nodes import View

DISSIPATION, WEIGHT, RATIO = "dissipation", "weight", "ratio"
ROLES = (DISSIPATION, WEIGHT, RATIO)
SCORE = Symbol("_s", real=True)  # where a dissipation holds the score of the positive

# (anchor i, negative j, hyper-parameters and options as attributes, place, view of n_j)
Build = Callable[[Expr, Expr, SimpleNamespace, Place, View], Expr]
Score = Callable[[Expr, SimpleNamespace, Place], Expr]


@dataclass(frozen=True)
class Form:
    """An entry of the library.

    role: "dissipation", "weight" or "ratio"; name: on the command line; formula: one line; source:
    where it is defined; build: its expression (a dissipation and a ratio ignore j and the view; a
    dissipation writes the positive's score as SCORE); hyper: with the library's defaults; words:
    option → its values, the default first; score: what a dissipation compares with the negatives.
    """

    role: str
    name: str
    formula: str
    source: str
    build: Build
    hyper: tuple[Hyper, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    score: Score | None = None


@dataclass(frozen=True)
class Component:
    """A form with the defaults of its hyper-parameters and its options as they were given."""

    form: Form
    hyper: tuple[Hyper, ...]
    words: Mapping[str, str]

    @property
    def role(self) -> str:
        return self.form.role

    @property
    def spec(self) -> str:
        """How it is written: `softmax:tau=1/20,over=batch`."""
        given = [f"{x.name}={str(x.default).replace(' ', '')}" for x in self.hyper]
        chosen = [f"{k}={v}" for k, v in self.words.items() if v != self.form.words[k][0]]
        return ":".join(x for x in (self.form.name, ",".join([*given, *chosen])) if x)

    def build(self, i: Expr, j: Expr, values: Mapping[str, Expr], place: Place, view: View) -> Expr:
        """Its expression; values: every hyper-parameter, by its own name."""
        return self.form.build(i, j, self._namespace(values), place, view)

    def score(self, i: Expr, values: Mapping[str, Expr], place: Place) -> Expr | None:
        """The score of the positive that a dissipation gates by (None: it gates by none)."""
        score = self.form.score
        return None if score is None else score(i, self._namespace(values), place)

    def _namespace(self, values: Mapping[str, Expr]) -> SimpleNamespace:
        return SimpleNamespace(**self.words, **values)
