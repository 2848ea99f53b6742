"""What a modified loss keeps of its base: parts of the base's derived decomposition."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr, S

from derive.canonical import for_print
from derive.components import DISSIPATION, RATIO, SCORE, WEIGHT
from derive.components.spec import ComponentError
from derive.hyper import Hyper
from derive.nodes import ANCHOR, Given, Match, Mismatch, Named, View
from derive.objective import Objective, positive_scores
from derive.paradigm import Decomposition, decompose, revealed
from derive.simplify import simplified, size

_LONGEST = 400  # nodes of a dissipation that is written out for the limit to be taken in it


@dataclass(frozen=True)
class Positive:
    """How strongly h'_i pulls. scalar; diagonal: entry a of a diagonal matrix added to it;
    further: view → the same of further positives j. relative: per unit of Σ_j W_ij (a ratio),
    else as it is (a pull)."""

    scalar: Expr
    relative: bool
    diagonal: Expr = S.Zero
    further: Mapping[View, Expr] = field(default_factory=dict)

    @property
    def expressions(self) -> tuple[Expr, ...]:
        return (self.scalar, self.diagonal, *self.further.values())


@dataclass(frozen=True)
class Kept:
    """The parts of a base's decomposition that a modified loss goes on using (None: replaced).

    dissipation: with SCORE for the positive's score, which is `score` (None: it gates nothing).
    """

    decomposition: Decomposition
    dissipation: Expr | None
    score: Expr | None
    weight: Mapping[View, Expr] | None
    positive: Positive | None

    @property
    def hyper(self) -> tuple[Hyper, ...]:
        """The base's hyper-parameters that the kept parts hold."""
        symbols = frozenset().union(*[x.free_symbols for x in self.expressions])
        return tuple(x for x in self.decomposition.objective.hyper if x.symbol in symbols)

    @property
    def expressions(self) -> tuple[Expr, ...]:
        found = [self.dissipation] if self.dissipation is not None else []
        found += [self.score] if self.score is not None else []
        found += self.weight.values() if self.weight is not None else ()
        return (S.Zero, *found, *(self.positive.expressions if self.positive else ()))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The base's inputs, where a kept part reads one."""
        reads = any(x.has(Match, Mismatch, Given) for x in self.expressions)
        return self.decomposition.objective.inputs if reads else ()


def keep(base: Objective, replaced: Mapping[str, object], *, pulls: bool) -> Kept:
    """What is left of a base; pulls: its pull to the positive stays while the push is replaced.

    Raises `ComponentError` where the ratio is to be kept and the base has none.
    """
    d = decompose(base)
    pulls_nothing = d.coefficients.pull == 0 and d.coefficients.diagonal == 0
    if WEIGHT not in replaced and not d.weight and RATIO in replaced:
        raise ComponentError(
            f"the gradient of {base.name} has no negatives, and a ratio is per unit of the push "
            "on them. Give a weight too, or build the loss with derive compose."
        )
    if WEIGHT not in replaced and not d.weight and pulls_nothing:
        raise ComponentError(
            f"the gradient of {base.name} is all remainder: no multiple of one embedding is left "
            "that a component could act on. Choose a loss of unit embeddings, or derive compose."
        )
    dissipation, score = (None, None) if DISSIPATION in replaced else _gated(d)
    return Kept(
        d,
        dissipation,
        score,
        None if WEIGHT in replaced else dict(d.weight),
        None if RATIO in replaced else _positive(d, WEIGHT in replaced, pulls=pulls),
    )


def _gated(d: Decomposition) -> tuple[Expr, Expr | None]:
    """The dissipation with the positive's score as SCORE, and the score (None: it gates nothing,
    or stands inside a named sum, where the limit does not see it)."""
    scores = positive_scores(d.coefficients.formula)
    if not scores or d.no_gauge:
        return d.dissipation, None
    score = for_print(revealed(scores.pop()(ANCHOR).value)).as_coeff_Add()[1]
    number, core = score.as_coeff_Mul()
    written = for_print(_written_out(d.dissipation, core))
    e = written.xreplace({core: SCORE if number.is_positive else -SCORE})
    if not e.has(SCORE) or size(e) > _LONGEST:
        return d.dissipation, None
    return e, core if number.is_positive else -core


def _written_out(e: Expr, core: Expr) -> Expr:
    """Without the names of sums that hold the positive, A_i and V_i of a long dissipation."""
    names = {x: _written_out(revealed(x.value), core) for x in e.atoms(Named)}
    return e.xreplace({x: value for x, value in names.items() if value.has(core)})


def _positive(d: Decomposition, push_is_replaced: bool, *, pulls: bool) -> Positive:
    if pulls:
        return _pull(d)
    if push_is_replaced:
        if d.ratio is None:
            raise ComponentError(
                f"the ratio of {d.objective.name} is undefined (it has no pushes, or they sum to "
                "zero), so it cannot be kept under another weight. Give one (--ratio 1.5), or "
                "keep the pull to the positive as it is (--ratio pull)."
            )
        return Positive(d.ratio, True, d.ratio_diagonal, d.ratios)
    pull = _pull(d)  # the same under the base's own weights: whichever is shorter
    if d.ratio is None or size(pull.scalar) < size(d.ratio):
        return pull
    return Positive(d.ratio, True, d.ratio_diagonal, d.ratios)


def _pull(d: Decomposition) -> Positive:
    """b_i less its dissipation."""

    def ungated(e: Expr) -> Expr:
        return revealed(simplified(e / d.dissipation))

    c = d.coefficients
    further = {view: ungated(b) for view, b in c.positives.items()}
    return Positive(ungated(c.pull), False, ungated(c.diagonal), further)
