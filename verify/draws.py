"""Where points and examples are drawn from; the hyper-parameters from `verify.windows`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

from verify.edges import edge_of_maxima, edge_of_share, gates
from verify.inputs import as_tensors, draw_inputs
from verify.numbers import Number, Point, Rows, mp
from verify.regimes import REGIMES, TIED
from verify.scales import conditioning
from verify.strategies import MIN_GAP, Batch, hyperspherical_batches
from verify.subject import Subject
from verify.windows import HIGH, LOW
from verify.windows import drawn_value as drawn_value
from verify.windows import drawn_values as drawn_values

WORST_CONDITION = 1e12  # beyond it a unit of rounding is as large as what is compared
LEAST_NORM = 0.3  # of a raw embedding; the largest is ten times that


@dataclass(frozen=True)
class Example:
    """A batch and the shares at which the free hyper-parameters are drawn."""

    subject: Subject
    batch: Batch
    shares: tuple[float, ...]

    @property
    def h(self) -> Tensor:
        """(N, D): the anchors, unit rows or, for raw embeddings, of norms 0.3 to 3."""
        return self._views[0]

    @property
    def h_prime(self) -> Tensor:
        """(N, D): the positives."""
        return self._views[1]

    @cached_property
    def _views(self) -> tuple[Tensor, Tensor]:
        h, h_prime = self.batch.h, self.batch.h_prime
        if not self.subject.raw:
            return h, h_prime
        generator = torch.Generator().manual_seed(self.batch.seed)
        shares = torch.rand(2, len(h), 1, generator=generator, dtype=h.dtype)
        norms = LEAST_NORM * 10**shares
        return norms[0] * h, norms[1] * h_prime

    @cached_property
    def inputs(self) -> dict[str, Tensor]:
        """Labels or sample numbers, where the loss takes some."""
        random = Random(self.batch.seed)
        return as_tensors(draw_inputs(self.subject.objective.inputs, self.batch.n, random))

    @property
    def is_at_a_share(self) -> bool:
        """Whether rounding can change which negatives are tied for the last place of the hardest
        share: all of those are in it by definition, so either value is right."""
        return edge_of_share(*self._given) < MIN_GAP

    @property
    def is_tied(self) -> bool:
        """Whether rounding can change which negative is the hardest, or whether a gate is open."""
        if 4 * edge_of_maxima(*self._given) < MIN_GAP:
            return True  # √ and θ of the cosines, which are MIN_GAP apart, are so to a quarter
        return any(4 * distance < MIN_GAP for distance, _ in gates(*self._given))

    def is_within(self, distance: float) -> bool:
        """Whether a maximum, a share or a gate is that near to its edge."""
        edges = edge_of_share(*self._given), edge_of_maxima(*self._given)
        return min(*edges, *(x for x, _ in gates(*self._given)), torch.inf) < distance

    @property
    def _given(self) -> tuple[Any, ...]:
        return self.subject.formula, self.h, self.h_prime, self.values, self.inputs

    @property
    def is_singular(self) -> bool:
        """Whether copies of a row leave the loss no finite scale: 1/‖h_i − h_j‖ has none. That is
        for the check of singular points."""
        if self.batch.regime not in TIED:
            return False
        given = self.values, self.inputs
        orders = (self.h, self.h_prime), (self.h_prime, self.h)
        kappas = [conditioning(self.subject.formula, *views, *given) for views in orders]
        return not all(kappa.gradient < WORST_CONDITION for kappa in kappas)

    @property
    def is_at_an_end(self) -> bool:
        """Whether a hyper-parameter is at an extreme of its domain, where R need not exist."""
        return any(not 0 <= share <= 1 for share in self.shares)

    @cached_property
    def values(self) -> dict[str, float]:
        """Every hyper-parameter."""
        return drawn_values(self.subject, self.shares, self.batch.n, self.batch.d)

    def __repr__(self) -> str:
        inputs = {name: x.tolist() for name, x in self.inputs.items()}
        return f"{self.batch!r}, {shown({**self.values, **inputs})}"


def shown(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def examples(
    subject: Subject,
    *,
    min_n: int = 2,
    max_n: int = 8,
    max_d: int = 8,
    regimes: Sequence[str] = (*REGIMES, *TIED, *TIED),
) -> st.SearchStrategy[Example]:
    """Batches of all regimes, ties among them (and D = 1), with hyper-parameters from their
    windows and, one in six, at an extreme."""
    least = 1 if TIED.keys() & set(regimes) else 2
    window = st.floats(0, 1, allow_subnormal=False)
    share = st.one_of(*[window] * 5, st.sampled_from([LOW, HIGH]))
    return st.builds(
        Example,
        st.just(subject),
        hyperspherical_batches(min_n=min_n, max_n=max_n, min_d=least, max_d=max_d, regimes=regimes),
        st.tuples(*[share for _ in subject.free]),
    )


@dataclass(frozen=True)
class DrawnPoint:
    """A 50-digit point; `text` says how to draw it again."""

    point: Point
    text: str


def draw_point(subject: Subject, seed: int) -> DrawnPoint:
    """2 to 5 pairs of vectors in 2 to 5 dimensions; positives near their anchors or not."""
    random = Random(seed)
    n, d = random.randint(2, 5), random.randint(2, 5)
    noise = random.choice([0.3, 1, mp.inf])
    h = tuple(_unit([_gauss(random) for _ in range(d)]) for _ in range(n))
    values = drawn_values(subject, [random.random() for _ in subject.free], n, d)
    h_prime = _positives(h, noise, random)
    if subject.raw:
        h, h_prime = _scaled(h, random), _scaled(h_prime, random)
    inputs = draw_inputs(subject.objective.inputs, n, random)
    point = Point(h, h_prime, {k: mp.mpf(v) for k, v in values.items()}, inputs)
    return DrawnPoint(
        point, f"draw_point(seed={seed}): N={n}, D={d}, {shown({**values, **inputs})}"
    )


def as_point(example: Example) -> Point:
    """The numbers of an example with 50 digits."""
    h, h_prime = (
        tuple(tuple(mp.mpf(x) for x in row) for row in view.tolist())
        for view in (example.h, example.h_prime)
    )
    inputs = {name: x.tolist() for name, x in example.inputs.items()}
    return Point(h, h_prime, {k: mp.mpf(v) for k, v in example.values.items()}, inputs)


def _scaled(rows: Rows, random: Random) -> Rows:
    """Rows of norm 0.3 to 3."""
    norms = [mp.mpf(LEAST_NORM * 10 ** random.random()) for _ in rows]
    return tuple(tuple(norm * x for x in row) for norm, row in zip(norms, rows, strict=True))


def _positives(h: Rows, noise: float, random: Random) -> Rows:
    """Unit vectors: the anchor and Gaussian noise of that size (∞: the noise alone)."""
    keep, add = (0, 1) if noise == mp.inf else (1, noise)
    return tuple(_unit([keep * x + add * _gauss(random) for x in row]) for row in h)


def _gauss(random: Random) -> Number:
    return mp.mpf(random.gauss(0, 1))


def _unit(row: list[Number]) -> tuple[Number, ...]:
    norm = mp.sqrt(mp.fsum(x * x for x in row))
    return tuple(x / norm for x in row)
