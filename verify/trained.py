"""What trains, at the sizes and in the precisions of training: N to 300, four dtypes.

In float32 a gate or a maximum within rounding of its edge may fall either way, and both are
right. So batches are drawn again until they are clear of both (`verify.clear`), and alive: the
value, or the gradient, is ALIVE times what rounding to float32 is allowed, or a loss that is half
as large as it should be would pass.

Tolerance in float64 and float32: LIMIT units of eps·scale, eps that of the dtype and the scales as
in `checks.fast`; a sum over N anchors is added up in blocks, so that its error does not grow with
N. Worst in float32: 4.4 units in VICReg's value (60 seeds; its weights ν multiply errors that the
scale counts once, as in `checks.autograd`), under 1 in MPT (40) and ArcCon (30).
float16 and bfloat16: `verify.halves`.
"""

from collections.abc import Iterator
from random import Random

import torch
from torch import Tensor

from derive.errors import InputError
from derive.verdict import Verdict
from verify.clear import GAP, MARGIN, is_away_from_gates
from verify.comparison import Comparison, Training, differentiated, training_scales
from verify.draws import Example
from verify.halves import HALVES, Halves
from verify.profiles import ORDINARY, Sizes
from verify.search import Measure, Search
from verify.strategies import Batch
from verify.subject import Subject

LIMIT = 16.0
TILE = 256  # the least that the objective chooses for itself
DTYPES = (torch.float64, torch.float32)
ALIVE = 4.0
ATTEMPTS, MOST_DEAD = 200, 60


def compare(subject: Subject, seed: int, sizes: Sizes = ORDINARY) -> tuple[Verdict, str]:
    """REFUTED with the batch, UNDECIDED if none was away from the gates or all are dead (a
    comparison of zeros shows nothing), or AGREED, with how many are dead."""
    batches = list(examples(subject, seed, sizes))
    dead = sum(not is_alive(x) for x in batches)
    if dead == len(batches):
        return Verdict.UNDECIDED, f"all {dead} batches have a loss and gradient that rounding hides"
    measures: dict[torch.dtype, Measure] = {
        **{x: Comparison(subject, TILE, x) for x in DTYPES},
        **{x: Halves(subject, x) for x in HALVES},
    }
    worst = []
    for dtype, measure in measures.items():
        search = Search(measure, LIMIT, dtype)
        search.run_all(batches)
        verdict, detail = search.outcome()
        if not verdict.passed:
            return verdict, f"{detail}{search.program(raw=dtype in HALVES)}"
        worst.append(f"{str(dtype).split('.')[-1]} {max(search.worst.values()):.2g}")
    pairs = [n for n, _ in sizes.trained]
    said = f"{len(batches)} of N = {min(pairs)} to {max(pairs)}"
    said += f" ({dead} with a loss that rounding hides)" if dead else ""
    return Verdict.AGREED, f"{said}: {', '.join(worst)} of {LIMIT:g}"


def examples(subject: Subject, seed: int, sizes: Sizes = ORDINARY) -> Iterator[Example]:
    """One example a size, independent and paired views in turn, with a loss and a gradient that
    float32 shows where settings allow for one. Raises `InputError` where every draw of a size lies
    at a gate or a tie."""
    random = Random(seed)
    for at, (n, d) in enumerate(sizes.trained):
        regime = ("independent", "paired")[at % 2]
        yield _away_from_gates(subject, regime, n, d, random)


def _away_from_gates(subject: Subject, regime: str, n: int, d: int, random: Random) -> Example:
    dead: list[Example] = []
    for _ in range(ATTEMPTS):
        batch = Batch(regime, n, d, random.getrandbits(32))
        example = Example(subject, batch, tuple(random.random() for _ in subject.free))
        if not is_away_from_gates(example):
            continue
        if is_alive(example):
            return example
        dead.append(example)
        if len(dead) == MOST_DEAD:  # a margin that is set may close every gate
            break
    if dead:
        return dead[0]
    raise InputError(
        f"{ATTEMPTS} {regime} batches of N={n}, D={d} all had a gate within {MARGIN:g} of its edge "
        f"or two hardest negatives within {GAP:g}: nothing was compared in float32 at that size."
    )


def is_alive(example: Example) -> bool:
    """Whether the loss is large enough, against its scale, for float32 to show half of it."""
    subject, given = example.subject, {**example.values, **example.inputs}

    def oracle(x: Tensor, y: Tensor) -> Tensor:
        return subject.oracle(x, y, **given)

    found: Training = differentiated(oracle, example.h, example.h_prime)
    value_scale, scale = training_scales(subject, example.h, example.h_prime, example)
    least = ALIVE * LIMIT * torch.finfo(torch.float32).eps
    by_h = subject.comparable(found.by_h, example.h)
    by_h_prime = subject.comparable(found.by_h_prime, example.h_prime)
    largest = max(by_h.abs().max(), by_h_prime.abs().max())
    return bool(found.value.abs() > least * value_scale or largest > least * scale)
