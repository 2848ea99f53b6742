"""Where hyper-parameters, points and examples are drawn from.

The window of a hyper-parameter holds its default and follows from its domain: with one finite end,
2/5 to 40 times the default's distance from an open one (τ = .05: .02 to 2), 1/5 to 5 times that
from a closed one (1 where it is 0), and for an exponent twice it at most (2⁸⁰ is no scale); the
inner nine tenths of a bounded interval; for a margin, 1 (or the default's size) to either side.
Closed ends, where R may not exist, are for the check of singular points.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

import torch
from hypothesis import strategies as st
from sympy import Pow, Rational, oo
from torch import Tensor

from derive.hyper import Domain, Hyper
from verify.bounds import all_nodes
from verify.edges import edge_of_share
from verify.inputs import as_tensors, draw_inputs
from verify.numbers import Number, Point, Rows, mp
from verify.strategies import MIN_GAP, Batch, hyperspherical_batches
from verify.subject import Subject, default_value

LEAST_NORM = 0.3  # of a raw embedding; the largest is ten times that


def drawn_value(hyper: Hyper, share: float, n: int, d: int, *, exponent: bool = False) -> float:
    """The value at a share (0 to 1) of the window; by the logarithm from a single finite end."""
    domain, default = hyper.domain, default_value(hyper, n, d)
    if domain.low == -oo and domain.high == oo:
        return default + max(1.0, abs(default)) * (2 * share - 1)
    if domain.low != -oo and domain.high != oo:
        low, width = float(domain.low), float(domain.high - domain.low)
        first, last = min(low + 0.05 * width, default), max(low + 0.95 * width, default)
        return inside(domain, first + (last - first) * share)
    end, is_open = (
        (domain.high, domain.high_open) if domain.low == -oo else (domain.low, domain.low_open)
    )
    distance = default - float(end)
    if distance == 0:
        return inside(domain, default + (share if domain.high == oo else -share))
    least, most = (0.4, 40.0) if is_open else (0.2, 5.0)
    most = 2.0 if exponent else most
    return inside(domain, float(end) + distance * least * (most / least) ** share)


def drawn_values(subject: Subject, shares: Sequence[float], n: int, d: int) -> dict[str, float]:
    """Every hyper-parameter, the free ones at these shares of their windows."""
    powers = [x.exp for x in all_nodes(subject.formula) if isinstance(x, Pow)]
    exponents = {symbol.name for e in powers for symbol in e.free_symbols}
    return subject.values(
        {
            x.name: drawn_value(x, share, n, d, exponent=x.name in exponents)
            for x, share in zip(subject.free, shares, strict=True)
        },
        n,
        d,
    )


def inside(domain: Domain, value: float) -> float:
    """The value, or its neighbour where rounding put it just outside (1/3 as a float)."""
    near = (value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf))
    found = [x for x in near if domain.contains(Rational(x))]
    assert found, f"{value} is drawn outside of {domain}"
    return found[0]


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
    def is_tied(self) -> bool:
        """Whether rounding can change which negatives are among the hardest share."""
        edge = edge_of_share(self.subject.formula, self.h, self.h_prime, self.values, self.inputs)
        return edge < MIN_GAP

    @cached_property
    def values(self) -> dict[str, float]:
        """Every hyper-parameter."""
        n, d = self.batch.n, self.batch.d
        return drawn_values(self.subject, self.shares, n, d)

    def __repr__(self) -> str:
        inputs = {name: x.tolist() for name, x in self.inputs.items()}
        return f"{self.batch!r}, {shown({**self.values, **inputs})}"


def shown(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def examples(
    subject: Subject, *, min_n: int = 2, max_n: int = 8, max_d: int = 8
) -> st.SearchStrategy[Example]:
    """Batches of all five regimes with hyper-parameters."""
    share = st.floats(0, 1, allow_subnormal=False)
    return st.builds(
        Example,
        st.just(subject),
        hyperspherical_batches(min_n=min_n, max_n=max_n, max_d=max_d),
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
