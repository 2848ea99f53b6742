"""The fast objective against three bare matrix products and against autograd of the oracle.

    python benchmarks/fast_objective.py [--n 4096] [--d 768] [--repeats 9] [--loss NAME ...]

Interleaved in one process, float32; prints the median of each and its ratio to the products
(S = H H'ᵀ, A H', Aᵀ H) of the same run, with the spread (minimum and maximum) over repeats.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from derive.nodes import D, N
from derive.objectives import load, names
from derive.torch import objective
from verify import oracles

Step = Callable[[], None]
# Oracles that hold every difference h_i − h'_j, (N, N, D), at once: 52 GB at N = 4096, D = 768.
DIFFERENCES = ("met",)


def products(h: Tensor, h_prime: Tensor) -> Step:
    def step() -> None:
        s = h @ h_prime.T
        s @ h_prime
        s.T @ h

    return step


def training_step(loss: Callable[[Tensor, Tensor], Tensor], h: Tensor, h_prime: Tensor) -> Step:
    h, h_prime = h.clone().requires_grad_(), h_prime.clone().requires_grad_()

    def step() -> None:
        h.grad = h_prime.grad = None
        loss(h, h_prime).backward()

    return step


def seconds(step: Step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=4096)
    parser.add_argument("--d", type=int, default=768)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--loss", action="append", choices=names())
    parser.add_argument("--no-oracle", action="store_true")
    a = parser.parse_args()
    torch.manual_seed(0)
    h = normalize(torch.randn(a.n, a.d), dim=1)
    h_prime = normalize(h + 0.05 * torch.randn(a.n, a.d), dim=1)
    steps: dict[str, Step] = {"products": products(h, h_prime)}
    for name in a.loss or names():
        steps[name] = training_step(objective(name), h, h_prime)
        if not a.no_oracle and name not in DIFFERENCES:
            values = {k: float(v.subs({N: a.n, D: a.d})) for k, v in load(name).defaults().items()}
            oracle = oracles.load(name)
            steps[f"{name}, oracle"] = training_step(
                lambda x, y, f=oracle, v=values: f(x, y, **v), h, h_prime
            )
    for step in steps.values():
        step()
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(a.repeats):
        for name, step in steps.items():
            times[name].append(seconds(step))
    base = statistics.median(times["products"])
    print(f"N = {a.n}, D = {a.d}, float32, {torch.get_num_threads()} threads, {a.repeats} repeats")
    for name, t in times.items():
        median, low, high = statistics.median(t), min(t), max(t)
        spread = f"({low / base:.2f} to {high / base:.2f})"
        print(f"{name:<20} {median:8.3f} s  {median / base:6.2f}  {spread}")


if __name__ == "__main__":
    main()
