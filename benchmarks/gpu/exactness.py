"""Exactness of the whole catalogue, in every number format, against the oracles in float64.

The claim is backward stability: a result in a format with rounding error u is no further from the
oracle's than the oracle's own results at batches that differ by what the format rounds off. So

    |error| ≤ 4 · ( Δ(ε) + ω ‖result‖∞ + operand · Λ ),     ε = operand + √max(N, D) · u

- operand: rounding of a factor of a matrix product. Float64, float32 and bfloat16 (computed in
  float32) have u; TF32 keeps ten bits and may cut off the rest: 2⁻¹⁰. √max(N, D) · u: the random
  walk of a sum.
- Δ(ε): the largest change of the oracle's result, over batches with both views, or one, scaled by
  1 − ε (cutting off bits goes one way) and three with every entry off by at most ε of itself.
  It holds what the loss makes of such an error: logits are cosines divided by τ, distances are
  roots, gates and "the hardest" jump.
- ω: rounding of the result's own format: 2⁻⁸ in bfloat16, 2⁻¹⁰ with TF32 (the coefficients are
  factors of products), else u.
- Λ: the largest possible logit, for the value only: log-sum-exp and positive are of that size,
  whatever is left of their difference, and only one of them may come from a product.

Of the gradient at unit rows the part tangent to the sphere is compared: the other is never used,
and a matter of how a formula goes on off the sphere.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from benchmarks.gpu.formats import FORMATS, Format, computing
from benchmarks.gpu.sections import Section
from benchmarks.gpu.subjects import Inputs, Loss, batch, defaults, on, oracle, results
from derive.objectives import load
from derive.torch import objective
from verify.scales import conditioning

SAFETY = 4.0
NAMES = ("value", "∂/∂h", "∂/∂h'")
ABOUT = """\
Each loss at N = {n}, D = {d} against its oracle in float64 on the CPU: value and both gradients.
A cell is the largest error of a gradient's entry, relative to the gradient's largest entry, and in
brackets the worst ratio of an error (of value or gradients) to its bound, which must be at most 1.
The bound is argued in benchmarks/gpu/exactness.py: four times what the rounding of the format's
factors and sums (float64 2⁻⁵³, float32 2⁻²⁴, TF32 2⁻¹⁰) does to the oracle itself, with the
rounding of the result and of the largest logit. bfloat16 rows are normalised by the objective
(`embeddings="raw"`), computed in float32 and rounded to 2⁻⁸ at the end; the others are unit rows.
{tf32}"""
REAL = 'TF32 is on (`torch.set_float32_matmul_precision("high")`) in its column only.'
EMULATED = (
    "TF32 is **emulated**: the factors of every float32 product are cut to ten bits, as on a GPU "
    "that cuts off."
)


def exactness(
    losses: Sequence[str],
    device: torch.device,
    n: int,
    d: int,
    make: Callable[..., Loss] = objective,
) -> Section:
    """Every loss in every format. make: what is checked, by name of the loss."""
    rows, failures = [], []
    for loss in losses:
        cells = []
        for form in FORMATS:
            error, ratios = measured(loss, form, device, n, d, make)
            cells.append(f"{error:.1e} ({max(ratios):.2f})")
            failures += [
                f"{loss}, {form.name}: {name} is {ratio:.3g} times its bound off"
                for name, ratio in zip(NAMES, ratios, strict=True)
                if not ratio <= 1  # nan is no pass
            ]
        rows.append([loss, *cells])
    about = ABOUT.format(n=n, d=d, tf32=REAL if device.type == "cuda" else EMULATED)
    return Section("Exactness", about, ["loss", *[x.name for x in FORMATS]], rows, failures)


def measured(
    loss: str, form: Format, device: torch.device, n: int, d: int, make: Callable[..., Loss]
) -> tuple[float, list[float]]:
    """The gradients' relative error, and the ratios of the three errors to their bounds."""
    h, h_prime, inputs = batch(loss, n, d)
    h, h_prime = (x.to(form.dtype) for x in (h, h_prime))
    reference, options = oracle(loss, n, d), {}
    if form.dtype == torch.bfloat16 and load(loss).embeddings == "unit":
        reference, options = normalising(reference), {"embeddings": "raw"}
    with computing(form, device):
        got = results(make(loss, **options), h.to(device), h_prime.to(device), on(device, inputs))
    h, h_prime = h.double(), h_prime.double()
    exact, limits = bounds(loss, form, reference, h, h_prime, inputs)
    compared = parts_compared(loss, h, h_prime)
    errors = [largest(part(a - b)) for part, a, b in zip(compared, got, exact, strict=True)]
    scale = max(largest(x) for x in exact[1:])
    return max(errors[1:]) / scale, [*map(times, errors, limits)]


def normalising(loss: Loss) -> Loss:
    """The loss of the directions of raw rows."""

    def of_directions(h: Tensor, h_prime: Tensor, **inputs: Tensor) -> Tensor:
        return loss(normalize(h, dim=1), normalize(h_prime, dim=1), **inputs)

    return of_directions


def bounds(
    loss: str, form: Format, reference: Loss, h: Tensor, h_prime: Tensor, inputs: Inputs
) -> tuple[tuple[Tensor, ...], list[float]]:
    """Value and gradients of the oracle, and the bounds of their errors. h, h_prime: (N, D)."""
    n, d = h.shape
    exact = results(reference, h, h_prime, inputs)
    moved = [
        results(reference, x, y, inputs) for x, y in perturbed(h, h_prime, form.relative(n, d))
    ]
    logits = conditioning(load(loss).formula(), h, h_prime, defaults(loss, n, d), inputs).exponent
    limits = []
    for k, (x, part) in enumerate(zip(exact, parts_compared(loss, h, h_prime), strict=True)):
        change = max(largest(part(other[k] - x)) for other in moved)
        limits.append(change + form.output * largest(x) + (form.operand * logits if k == 0 else 0))
    return exact, [SAFETY * x for x in limits]


def parts_compared(loss: str, h: Tensor, h_prime: Tensor) -> list[Callable[[Tensor], Tensor]]:
    """What of the value and of the gradients by h and h_prime is compared."""
    if load(loss).embeddings == "raw":
        return [lambda x: x] * 3
    rows = [normalize(x, dim=1) for x in (h, h_prime)]
    return [lambda x: x, *[lambda g, h=h: g - (g * h).sum(dim=1, keepdim=True) * h for h in rows]]


def perturbed(h: Tensor, h_prime: Tensor, relative: float) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches that differ by a relative error, as Δ(ε) takes them."""
    less = 1 - relative
    yield from ((less * h, less * h_prime), (less * h, h_prime), (h, less * h_prime))
    generator = torch.Generator().manual_seed(1)
    for _ in range(3):
        first, second = (
            1 + relative * (2 * torch.rand(x.shape, generator=generator, dtype=x.dtype) - 1)
            for x in (h, h_prime)
        )
        yield h * first, h_prime * second


def times(error: float, limit: float) -> float:
    """error / limit; a gradient that is 0 has to be 0."""
    return error / limit if limit else (0.0 if error == 0 else float("inf"))


def largest(x: Tensor) -> float:
    return float(x.abs().max())
