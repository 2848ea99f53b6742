"""What trains, at the sizes and in the precision of training: N to 300, float64 and float32.

In float32 a gate or a maximum within rounding of its edge may fall either way, and both are
right. So batches are drawn again until every argument of a hinge or a step is MARGIN away from 0
(PAIR_MARGIN for one of each pair: 90,000 pairs do not keep away further) and, where there is a
maximum or a top share, the cosines of every anchor at its edge are GAP apart: a float32 cosine of
16 features is off by about 5·10⁻⁷, a distance δ by that over δ.

Tolerance: LIMIT units of eps·scale, eps that of the dtype and the scales as in `checks.fast`; a
sum over N anchors is added up in blocks, so that its error does not grow with N.
Worst in float32: 4.4 units in VICReg's value (60 seeds; its weights ν multiply errors that the
scale counts once, as in `checks.autograd`), under 1 in MPT (40) and ArcCon (30).
"""

from collections.abc import Iterator
from random import Random

import torch
from sympy import Expr

from derive.errors import InputError
from derive.nodes import Hardest, HardestIndex, Hinge, SampleIndex, Step, free_indices
from derive.torch.lowering import evaluate
from derive.verdict import Verdict
from verify.bounds import all_nodes
from verify.comparison import Comparison
from verify.draws import Example
from verify.edges import edge_of_share
from verify.search import Search
from verify.strategies import Batch, smallest_gap
from verify.subject import Subject

LIMIT = 16.0
TILE = 256  # the least that the objective chooses for itself
SIZES = ((8, 4), (8, 4), (8, 4), (70, 16), (70, 16), (300, 16), (300, 16))  # (N, D)
DTYPES = (torch.float64, torch.float32)
MARGIN, PAIR_MARGIN, GAP = 1e-4, 4e-6, 1e-5
ATTEMPTS = 200


def compare(subject: Subject, seed: int) -> tuple[Verdict, str]:
    """REFUTED with the batch, UNDECIDED if none was away from the gates, or AGREED."""
    batches = list(examples(subject, seed))
    worst = []
    for dtype in DTYPES:
        search = Search(Comparison(subject, TILE, dtype), LIMIT)
        search.run_all(batches)
        verdict, detail = search.outcome()
        if not verdict.passed:
            return verdict, detail
        worst.append(max(search.worst.values()))
    sizes = f"{len(batches)} of N = {SIZES[0][0]} to {SIZES[-1][0]}"
    return Verdict.AGREED, f"{sizes}: float64 {worst[0]:.2g}, float32 {worst[1]:.2g} of {LIMIT:g}"


def examples(subject: Subject, seed: int) -> Iterator[Example]:
    """One example a size, independent and paired views in turn. Raises `InputError` where every
    draw of a size lies at a gate or a tie."""
    random = Random(seed)
    for at, (n, d) in enumerate(SIZES):
        regime = ("independent", "paired")[at % 2]
        yield next(_away_from_gates(subject, regime, n, d, random))


def _away_from_gates(
    subject: Subject, regime: str, n: int, d: int, random: Random
) -> Iterator[Example]:
    for _ in range(ATTEMPTS):
        batch = Batch(regime, n, d, random.getrandbits(32))
        example = Example(subject, batch, tuple(random.random() for _ in subject.free))
        if is_away_from_gates(example):
            yield example
    raise InputError(
        f"{ATTEMPTS} {regime} batches of N={n}, D={d} all had a gate within {MARGIN:g} of its edge "
        f"or two hardest negatives within {GAP:g}: nothing was compared in float32 at that size."
    )


def is_away_from_gates(example: Example) -> bool:
    """Whether rounding to float32 can turn no gate and no maximum."""
    h, h_prime, values, inputs = example.h, example.h_prime, example.values, example.inputs
    formula = example.subject.formula
    nodes = all_nodes(formula)
    picks = any(isinstance(x, Hardest | HardestIndex) for x in nodes)
    if picks and smallest_gap(example.batch.h, example.batch.h_prime) < GAP:
        return False
    if edge_of_share(formula, h, h_prime, values, inputs) < GAP:
        return False
    gates = [x.args[0] for x in nodes if isinstance(x, Hinge | Step)]
    return all(_is_clear(x, example) for x in gates)


def _is_clear(inside: Expr, example: Example) -> bool:
    """Whether the argument of a gate is away from 0 at every anchor, feature or pair j ≠ i."""
    axes = tuple(free_indices(inside))
    pairs = len(axes) == 2 and all(isinstance(k, SampleIndex) for k in axes)
    found = evaluate(
        inside, example.h, example.h_prime, example.values, axes, inputs=example.inputs
    ).abs()
    if pairs:
        found = found.clone().fill_diagonal_(torch.inf)
    return found.min().item() >= (PAIR_MARGIN if pairs else MARGIN)
