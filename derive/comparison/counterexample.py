"""A smallest batch that shows two losses to be different, also up to a factor and a constant.

Along the sphere the gradients would be parallel at every batch, by all embeddings at once, with
one ratio for all batches of a size. A batch where they are not parallel, or where one vanishes
alone, refutes it; so do two batches with different ratios.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, sqrt

from sympy import Expr, Rational

from derive.comparison.gradients import gradient
from derive.comparison.grid import SIZES, Batch, simple_batches
from derive.comparison.samples import Sample, gradient_at, inputs_of, value_at
from derive.comparison.subject import Form, Subject
from derive.hyper import Hyper
from derive.nodes import NEGATIVE, D, Hinge, N, Step, View, free_indices
from derive.numeric import Evaluator, Point

_PARALLEL = 1e-6  # sine of the angle of two gradients, or relative difference of two ratios
_ZERO = 1e-9
_CLEAR = 1e-3
_UNUSUAL = Rational(
    7, 10
)  # in the domain of every hyper-parameter so far: else the point is no one


@dataclass(frozen=True)
class Evidence:
    """Both losses at one batch. Gradients: by every embedding, those of h first, along the sphere
    for unit embeddings; none where the values say enough."""

    batch: Batch
    values: tuple[float, float]
    gradients: tuple[list[list[float]], list[list[float]]]

    @property
    def ratio(self) -> float | None:
        """∇L_A = ratio·∇L_B here; None where no number is."""
        a, b = ([x for row in g for x in row] for g in self.gradients)
        ab = sum(x * y for x, y in zip(a, b, strict=True))
        aa, bb = (norm * norm for norm in self.norms)
        if min(self.norms) <= _ZERO or aa * bb - ab * ab > _PARALLEL**2 * aa * bb:
            return None
        return ab / bb

    @property
    def norms(self) -> tuple[float, float]:
        a, b = (sqrt(sum(x * x for row in g for x in row)) for g in self.gradients)
        return a, b

    @property
    def clear(self) -> bool:
        """Both gradients can be seen beside each other."""
        return min(self.norms) > _CLEAR * max(self.norms)


@dataclass(frozen=True)
class Counterexample:
    """evidence: one batch where the gradients are not parallel, or two with different ratios, or
    some whose values are on no line, or (raw) two with the rows of one norm and of another;
    settings: by hyper-parameter, as far as they were free, of A and of B; says: what of it shows
    it, where no single batch does."""

    n: int
    d: int
    settings: Mapping[str, Expr]
    evidence: tuple[Evidence, ...]
    says: str = ""
    raw: bool = False


def counterexample(a: Subject, b: Subject, special: Collection[str] = ()) -> Counterexample | None:
    """With the fewest samples, then the fewest dimensions; None if none was found. special: the
    hyper-parameters for which the default is no example."""
    pair = _Pair(a, b, special)
    for n, d in SIZES:
        found = (pair.at(batch) for batch in simple_batches(n, d))
        moving = [x for x in found if x is not None and max(x.norms) > _ZERO]
        shown = _shown(moving)
        if shown:
            return Counterexample(n, d, pair.settings(n, d), shown)
    return None


def _shown(found: list[Evidence]) -> tuple[Evidence, ...]:
    """One batch, or two, that refute a common ratio; with numbers that can be read if possible."""
    for evidence in ([x for x in found if x.clear], found):
        for x in evidence:
            if x.ratio is None:
                return (x,)
        for x in evidence[1:]:
            first, other = evidence[0].ratio or 0.0, x.ratio or 0.0
            if abs(first - other) > _PARALLEL * max(abs(first), abs(other)):
                return evidence[0], x
    return ()


class _Pair:
    def __init__(self, a: Subject, b: Subject, special: Collection[str]):
        self.forms = a.form, b.form
        self.hypers = {**b.free, **a.free}
        self.special = set(special)
        self.inputs = {*a.inputs, *b.inputs}
        self.gradients = tuple(_gradients(x) for x in self.forms)

    def settings(self, n: int, d: int) -> dict[str, Expr]:
        return example_settings(self.hypers, self.special, n, d)

    def at(self, batch: Batch) -> Evidence | None:
        """Both losses, unless one cannot be evaluated or stands at a kink."""
        n, d = len(batch[0]), len(batch[0][0])
        rows = [tuple(tuple(float(x) for x in row) for row in view) for view in batch]
        values = {name: float(x) for name, x in self.settings(n, d).items()}
        point = Sample(Point(rows[0], rows[1], values, inputs_of(self.inputs, n)))
        try:
            if any(_at_kink(x.formula, point.point) for x in self.forms):
                return None
            found = tuple(value_at(x.value, point) for x in self.forms)
            unit = self.forms[0].unit
            gradients = tuple(gradient_at(g, point, unit=unit) for g in self.gradients)
        except (ArithmeticError, ValueError):
            return None
        numbers = [*found, *(x for g in gradients for row in g for x in row)]
        if not all(map(isfinite, numbers)):
            return None
        return Evidence(batch, (found[0], found[1]), (gradients[0], gradients[1]))


def example_settings(
    hypers: Mapping[str, Hyper], special: Collection[str], n: int, d: int
) -> dict[str, Expr]:
    """The defaults, but for the names in `special`."""
    defaults = {name: x.default.subs({N: n, D: d}) for name, x in hypers.items()}
    return defaults | dict.fromkeys(set(special) & defaults.keys(), _UNUSUAL)


def _gradients(form: Form) -> dict[View, Expr]:
    return {view: gradient(form.formula, view, NEGATIVE) for view in form.views}


def _at_kink(e: Expr, point: Point) -> bool:
    """Whether a hinge or a gate is at its threshold, for some sample or feature it depends on."""
    ev = Evaluator(point)
    for x in e.atoms(Hinge, Step):
        argument = x.args[0]
        for at in _bindings(argument, ev):
            if abs(float(ev(argument, at))) < _ZERO:
                return True
    return False


def _bindings(e: Expr, ev: Evaluator) -> Iterator[dict[Expr, int]]:
    """Every way to number the free indices."""
    found: list[dict[Expr, int]] = [{}]
    for k in sorted(free_indices(e), key=str):
        found = [{**at, k: m} for at in found for m in range(ev.size(k))]
    yield from found
