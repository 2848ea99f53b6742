"""Finite at the singular points, or a clear refusal: never a silent NaN.

Batches: coincident and antipodal views, one embedding for all, every pair twice (exact ties), two
pairs. Hyper-parameters: defaults; each closed end of a domain; 1/50 of the way from an open end to
the default (τ = .001); margins 10 below (no anchor active) and above (all). In float64, float32 and
bfloat16, unit and raw: the value and both gradients of the training objective have to be finite.

Gates exactly at their edges are held against the oracle (`verify.checks.gates`).

What has no direction or no negatives has to raise `InputError`: a zero row (raw, to be normalised),
one pair alone, entries that are NaN or infinite. So has an input (labels, sample numbers) that is
missing, of another shape, not of integers, out of range or an anchor's own number.
"""

from collections.abc import Iterator
from functools import partial
from itertools import product

import torch
from torch import Tensor

from derive.errors import ContragradError, InputError, LoweringError
from derive.verdict import Verdict
from verify.checks import gates
from verify.comparison import differentiated
from verify.draws import shown
from verify.inputs import bad_inputs, singular_inputs
from verify.profiles import ORDINARY, Sizes
from verify.snippet import At
from verify.strategies import unit
from verify.subject import Loss, Subject, default_value
from verify.windows import extreme_values

NAME = "singular"
DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
Views = tuple[Tensor, Tensor]


def check(
    subject: Subject, *, examples: int, seed: int, sizes: Sizes = ORDINARY
) -> tuple[Verdict, str]:
    """REFUTED with the case, or AGREED with how many there were."""
    finite = refused = 0
    for failure in _not_finite(subject, seed):
        if failure:
            return Verdict.REFUTED, failure
        finite += 1
    for failure in _not_refused(subject, seed):
        if failure:
            return Verdict.REFUTED, failure
        refused += 1
    verdict, edges = gates.check(subject, examples=examples, seed=seed)
    if verdict is Verdict.REFUTED:
        return verdict, edges
    return Verdict.AGREED, (
        f"finite at {finite} singular points; {refused} bad batches refused; {edges}"
    )


def batches(seed: int) -> dict[str, Views]:
    """Singular batches by name, float64, unit rows."""
    generator = torch.Generator().manual_seed(seed)
    a, b = (unit(torch.randn(4, 3, generator=generator, dtype=torch.float64)) for _ in range(2))
    one = a[:1].expand(4, 3).clone()
    return {
        "coincident views": (a, a.clone()),
        "antipodal views": (a, -a),
        "one embedding for all": (one, one.clone()),
        "every pair twice": (a[[0, 0, 1, 1]], b[[0, 0, 1, 1]]),
        "two pairs": (a[:2], b[:2]),
        "two coincident pairs": (one[:2], one[:2].clone()),
    }


def extremes(subject: Subject, n: int, d: int) -> Iterator[dict[str, float]]:
    """The defaults, and each free hyper-parameter at its extremes with the others at theirs."""
    usual = _defaults(subject, n, d)
    yield usual
    for hyper in subject.free:
        for value in extreme_values(hyper, usual[hyper.name]):
            yield {**usual, hyper.name: value}


def _not_finite(subject: Subject, seed: int) -> Iterator[str]:
    """One entry a point: what is not finite there, or nothing."""
    for name, (h, h_prime) in batches(seed).items():
        for values in extremes(subject, *h.shape):
            for embeddings, scale in _ways(subject):
                module = subject.fast(embeddings=embeddings, **values)
                for dtype, inputs in product(DTYPES, _inputs(subject, len(h))):
                    at = At(subject, scale * h, scale * h_prime, values, inputs, embeddings, dtype)
                    failure = _failure(partial(module, **inputs), name, at)
                    yield f"{failure}\n\n{at.finite()}" if failure else ""


def _ways(subject: Subject) -> tuple[tuple[str, float], ...]:
    """How the embeddings are given, and their norm."""
    return (("raw", 1.0), ("raw", 3.0)) if subject.raw else (("unit", 1.0), ("raw", 3.0))


def _inputs(subject: Subject, n: int) -> list[dict[str, Tensor]]:
    return list(singular_inputs(subject.objective.inputs, n))


def _failure(module: Loss, name: str, at: At) -> str:
    given = shown({**at.values, **{k: v.tolist() for k, v in at.inputs.items()}})
    case = f"{name}, {at.dtype}, {at.embeddings}, {given}"
    try:
        found = differentiated(module, at.h.to(at.dtype), at.h_prime.to(at.dtype))
    except LoweringError:
        raise  # a rule is missing: nothing was tried
    except ContragradError as error:
        return f"refused a good batch ({error}): {case}"
    parts = {"value": found.value, "∂h": found.by_h, "∂h'": found.by_h_prime}
    wrong = [name for name, x in parts.items() if not x.isfinite().all()]
    return f"{', '.join(wrong)} not finite: {case}" if wrong else ""


def bad_batches(seed: int) -> dict[str, tuple[str, Tensor]]:
    """Name → how the embeddings are given, and an h that has to be refused (float64)."""
    generator = torch.Generator().manual_seed(seed)
    good = unit(torch.randn(4, 3, generator=generator, dtype=torch.float64))

    def spoilt(value: float) -> Tensor:
        x = good.clone()
        x[1] = value
        return x

    return {
        "a zero row": ("raw", spoilt(0.0)),
        "one pair": ("unit", good[:1]),
        "one raw pair": ("raw", good[:1]),
        "NaN": ("unit", spoilt(torch.nan)),
        "raw NaN": ("raw", spoilt(torch.nan)),
        "raw infinity": ("raw", spoilt(torch.inf)),
    }


def _not_refused(subject: Subject, seed: int) -> Iterator[str]:
    """One entry a bad batch, in either view: what happened instead of `InputError`, or nothing."""
    for name, (embeddings, bad) in bad_batches(seed).items():
        if subject.raw and (embeddings == "unit" or name == "a zero row"):
            continue  # nothing is normalised
        good = unit(torch.ones_like(bad))
        values = _defaults(subject, *bad.shape)
        inputs = {k: v[: len(bad)] for k, v in _inputs(subject, max(len(bad), 2))[0].items()}
        for x, y in ((bad, good), (good, bad)):
            yield _refusal(At(subject, x, y, values, inputs, embeddings), name)
    h, h_prime = batches(seed)["every pair twice"]
    values = _defaults(subject, *h.shape)
    for name, inputs in bad_inputs(subject.objective.inputs, len(h)):
        yield _refusal(At(subject, h, h_prime, values, inputs, _ways(subject)[0][0]), name)


def _refusal(at: At, name: str) -> str:
    """What happened instead of `InputError`, with the program that shows it, or nothing."""
    module = at.subject.fast(embeddings=at.embeddings, **at.values)
    try:
        value = module(at.h, at.h_prime, **at.inputs)
    except InputError:
        return ""
    return f"{name} was not refused: the value is {float(value)}\n\n{at.refused()}"


def _defaults(subject: Subject, n: int, d: int) -> dict[str, float]:
    """Of two pairs at least: 1/(N − 1) is no number for one."""
    n = max(n, 2)
    return subject.values({x.name: default_value(x, n, d) for x in subject.free}, n, d)
