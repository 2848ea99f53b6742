"""What a plot has to show: the batch in numpy, and derive's tensors on it."""

import math

import numpy as np
import torch

from derive.nodes import ANCHOR, FEATURE, NEGATIVE
from derive.torch.lowering import evaluate

N, D, SEED = 16, 8, 20240218


def uniforms(count: int) -> np.ndarray:
    """x ← (1664525 x + 1013904223) mod 2³², x / 2³¹ − 1."""
    x, found = SEED, []
    for _ in range(count):
        x = (1664525 * x + 1013904223) % 2**32
        found.append(x / 2**31 - 1)
    return np.array(found)


def batch(theta: float, mean: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Both views, (N, D): h_0; its positive θ from it; the rest at mean ± spread of h_0."""
    numbers = iter(uniforms(2 * D + (N - 1) * (2 * D + 2)))

    def draw(count: int) -> np.ndarray:
        return np.array([next(numbers) for _ in range(count)])

    def turned(x: np.ndarray) -> np.ndarray:
        across = x - (x @ h[0]) * h[0]
        return across / np.linalg.norm(across)

    h, h_prime = np.empty((N, D)), np.empty((N, D))
    first = draw(D)
    h[0] = first / np.linalg.norm(first)
    h_prime[0] = np.cos(theta) * h[0] + np.sin(theta) * turned(draw(D))
    for j in range(1, N):
        second = turned(draw(D))
        own = turned(second + draw(D) / 2)
        at, at_second = mean + spread * draw(2)
        h[j] = np.cos(at) * h[0] + np.sin(at) * own
        h_prime[j] = np.cos(at_second) * h[0] + np.sin(at_second) * second
    return h, h_prime


def given(objective) -> dict[str, torch.Tensor]:
    """Labels of two classes; sample numbers n + 1 and more steps ahead in the n-th array."""
    found = {}
    for n, name in enumerate(x for x in objective.inputs if x != "labels"):
        rows = [[(i + n + (n + 1) * m) % N for m in (1, 2, 3, 4)] for i in range(N)]
        found[name] = torch.tensor(rows)
    if "labels" in objective.inputs:
        found["labels"] = torch.arange(N) % 2
    return found


def expected(d, theta: float, mean: float, spread: float, q: dict[str, float]) -> dict[str, object]:
    """What `contragrad.evaluate` gives for a loss, from derive's tensors in float64."""
    scale = math.sqrt(D) if d.objective.embeddings == "raw" else 1.0
    h, h_prime = (torch.from_numpy(scale * x) for x in batch(theta, mean, spread))

    def at_anchor(e, *axes):
        return evaluate(e, h, h_prime, q, (ANCHOR, *axes), inputs=given(d.objective))[0]

    def with_diagonal(e, diagonal) -> float:
        return (at_anchor(e) + at_anchor(diagonal, FEATURE).mean()).item()

    def over_others(of) -> torch.Tensor:
        parts = [at_anchor(e, NEGATIVE)[1:] for e in of.values()]
        return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64)

    c = d.coefficients
    pushes, weights = over_others(c.push), over_others(d.weight).abs()
    found = {
        "loss": at_anchor(c.formula).item(),
        "gd": at_anchor(d.dissipation).item(),
        "pull": with_diagonal(c.pull, c.diagonal),
        "pushes": pushes.tolist(),
    }
    if len(pushes):
        found |= {"push": pushes.sum().item(), "share": (weights.max() / weights.sum()).item()}
    if d.ratio is not None:
        found["ratio"] = with_diagonal(d.ratio, d.ratio_diagonal)
    return found
