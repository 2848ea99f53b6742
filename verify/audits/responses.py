"""What a candidate definition answers at an observed batch, in each reading of the two views."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from sympy import Expr
from torch import Tensor
from torch.nn.functional import normalize

from derive.nodes import D, N
from verify.audits.observations import Observation

Evaluate = Callable[[Tensor, Tensor, Mapping[str, float]], Tensor]
Values = Mapping[str, Expr | float]


@dataclass(frozen=True)
class Response:
    """value: scalar; gradient: (2, N, D), by h and by h'."""

    value: Tensor
    gradient: Tensor


@dataclass(frozen=True)
class Candidate:
    """A definition that code may implement.

    name: in the catalogue; evaluate(h, h_prime, values) → scalar; values: its hyper-parameters;
    normalised: it is of the normalised rows. edits: what differs from the catalogue's formula.
    """

    name: str
    evaluate: Evaluate
    values: Values
    normalised: bool
    edits: tuple[str, ...] = ()
    fitted: tuple[str, ...] = ()
    _known: dict[int, tuple[Response, Response] | None] = field(default_factory=dict, repr=False)

    def at(self, x: Observation) -> tuple[Response, Response] | None:
        """Its answers with (h, h') and with (h', h); None where it has none."""
        if id(x) not in self._known:
            self._known[id(x)] = self._at(x)
        return self._known[id(x)]

    def _at(self, x: Observation) -> tuple[Response, Response] | None:
        n, d = x.sizes
        values = {k: number_at(v, n, d) for k, v in self.values.items()}
        try:
            forward = self._one(x.h, x.h_prime, values)
            back = self._one(x.h_prime, x.h, values)
        except Exception:  # an edit may leave the domain of a logarithm, or of a node
            return None
        turned = Response(back.value, back.gradient.flip(0))
        finite = all(
            bool(y.isfinite().all()) for r in (forward, back) for y in (r.value, r.gradient)
        )
        return (forward, turned) if finite else None

    def _one(self, h: Tensor, h_prime: Tensor, values: Mapping[str, float]) -> Response:
        leaves = [y.detach().clone().requires_grad_() for y in (h, h_prime)]
        rows = [normalize(y, dim=1) for y in leaves] if self.normalised else leaves
        value = self.evaluate(rows[0], rows[1], values)
        if not value.requires_grad:
            return Response(value, torch.zeros(2, *h.shape, dtype=h.dtype))
        found = torch.autograd.grad(value, leaves, allow_unused=True)
        kept = [torch.zeros_like(y) if g is None else g for y, g in zip(leaves, found, strict=True)]
        return Response(value.detach(), torch.stack(kept))


def number_at(value: Expr | float, n: int, d: int) -> float:
    """A hyper-parameter at a batch of N pairs in R^D."""
    return value if isinstance(value, float | int) else float(value.subs({N: n, D: d}))


Reading = Callable[[Response, Response], Response]


def _both(f: Response, b: Response) -> Response:
    return Response((f.value + b.value) / 2, (f.gradient + b.gradient) / 2)


def _only(r: Response, view: int) -> Response:
    kept = torch.zeros_like(r.gradient)
    kept[view] = r.gradient[view]
    return Response(r.value, kept)


def _both_stopped(f: Response, b: Response) -> Response:
    gradient = torch.stack([f.gradient[0], b.gradient[1]]) / 2
    return Response((f.value + b.value) / 2, gradient)


READINGS: dict[str, tuple[int, Reading]] = {
    "": (0, lambda f, b: f),
    "averaged over both directions": (1, _both),
    "with the views swapped, so that h' are the anchors": (1, lambda f, b: b),
    "with h' stopped, so that no gradient reaches h'": (1, lambda f, b: _only(f, 0)),
    "with h stopped, so that no gradient reaches h": (1, lambda f, b: _only(f, 1)),
    "averaged over both directions, with the other view stopped in each": (2, _both_stopped),
    "with the views swapped and h stopped": (2, lambda f, b: _only(b, 1)),
    "with the views swapped and h' stopped": (2, lambda f, b: _only(b, 0)),
}  # how the two views are read: words, how far from the plain reading, the answer


def seen(x: Observation, *, tangent: bool) -> Response:
    """What the code answered; tangent: along the sphere alone, where rows are unit vectors."""
    gradient = torch.stack([x.by_h, x.by_h_prime]).double()
    if tangent:
        rows = normalize(torch.stack([x.h, x.h_prime]), dim=-1)
        gradient = gradient - (gradient * rows).sum(-1, keepdim=True) * rows
    return Response(x.value, gradient)


def ignores_scale(observations: Sequence[Observation]) -> bool:
    """Whether the code normalises its rows: on raw ones no gradient points along a row."""
    raw = [x for x in observations if not x.unit]
    for x in raw:
        for rows, g in ((x.h, x.by_h), (x.h_prime, x.by_h_prime)):
            along = (rows * g).sum(-1).abs()
            if (along > 1e-5 * (rows.norm(dim=1) * g.norm(dim=1)) + 1e-12).any():
                return False
    return bool(raw)
