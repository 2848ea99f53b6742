"""All that is measured of one sample of embeddings: a pure function of it, the loss and a seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from derive.errors import ContragradError
from derive.objective import Objective
from derive.sources import find
from derive.torch import objective as fast
from train.measuring.batching import batches, check
from train.measuring.components import Components, Parts
from train.measuring.geometry import TEMPERATURES, Geometry, unit
from train.measuring.lemma import conditions
from train.measuring.norms import gradient_norms
from train.measuring.summaries import Json, distribution, mean, number, summary

BATCH = 128  # 001, App. A.2


def measure(
    loss: Objective | str,
    hyper: Mapping[str, Any],
    h: Tensor,
    h_prime: Tensor,
    *,
    seed: int,
    batch: int = BATCH,
    symmetric: bool = False,
) -> Json:
    """What `docs/measuring.md` lists, of one sample.

    loss: an objective, or what `derive.sources.find` takes; hyper: its hyper-parameters that are
    not at their defaults. h, h_prime: (rows, D), raw embeddings of the two views. batch: rows are
    put into batches of so many by the seed, as in training (the last, smaller one is left out).

    Raises `MeasurementError` for embeddings that cannot be measured, and as `find`.
    """
    return Measurement.of(loss, hyper, symmetric=symmetric)(h, h_prime, seed=seed, batch=batch)


@dataclass(frozen=True)
class Measurement:
    """A loss, derived once, to be measured at many samples.

    components: None where it has no decomposition, and `missing` says why. symmetric: the run
    trains the mean of L(h, h') and L(h', h); `own` is that mean, the components are of L(h, h').
    """

    objective: Objective
    hyper: Mapping[str, Any]
    components: Components | None
    missing: str
    symmetric: bool

    @classmethod
    def of(
        cls, loss: Objective | str, hyper: Mapping[str, Any], *, symmetric: bool = False
    ) -> "Measurement":
        """Raises `UnknownNameError` or `HyperparameterError`."""
        objective = find(loss) if isinstance(loss, str) else loss
        objective.defaults(hyper)
        if objective.inputs:
            missing = f"the loss takes {', '.join(objective.inputs)} beside the two views"
            return cls(objective, hyper, None, missing, symmetric)
        try:
            return cls(objective, hyper, Components.of(objective, hyper), "", symmetric)
        except ContragradError as error:  # on record: every measurement tells it
            return cls(objective, hyper, None, f"not decomposed: {error}", symmetric)

    def __call__(self, h: Tensor, h_prime: Tensor, *, seed: int, batch: int = BATCH) -> Json:
        """h, h_prime: (rows, D), raw; see `measure`."""
        check(h, h_prime, batch)
        raw = list(batches(h.detach().double().cpu(), h_prime.detach().double().cpu(), seed, batch))
        spaces = [Geometry.of(unit(x), unit(y)) for x, y in raw]
        parts = self._parts(raw, spaces)
        ratios = [x.ratio for x in parts if x.ratio is not None] if parts else []
        reasons = self._reasons()
        return {
            "rows": sum(len(x.h) for x in spaces),
            "batch": len(spaces[0].h),
            "dimensions": h.shape[1],
            **space(spaces),
            "own": self._own(raw),
            "lemma_1": conditions(spaces, ratios or None),
            **self._split(parts, [x for x, _ in raw]),
            "reasons": reasons,
        }

    def _parts(self, raw: list[tuple[Tensor, Tensor]], spaces: list[Geometry]) -> list[Parts]:
        if self.components is None:
            return []
        if self.objective.embeddings == "raw":
            return [self.components.at(x, y) for x, y in raw]
        return [self.components.at(x.h, x.h_prime) for x in spaces]

    def _own(self, raw: list[tuple[Tensor, Tensor]]) -> float | None:
        """The training scalar, the mean over the batches."""
        if self.objective.inputs:
            return None
        loss = fast(self.objective, embeddings="raw", **self.hyper)
        with torch.no_grad():
            values = [loss(x, y) for x, y in raw]
            if self.symmetric:
                values = [(v + loss(y, x)) / 2 for v, (x, y) in zip(values, raw, strict=True)]
        return number(torch.stack(values).mean())

    def _reasons(self) -> dict[str, str]:
        """What is null in the measurement, and why."""
        if self.components is None:
            names = ("dissipation", "hardest_share", "ratio", "gradient")
            own = ("own",) if self.objective.inputs else ()
            return dict.fromkeys((*names, *own), self.missing)
        return self.components.reasons

    def _split(self, parts: list[Parts], raw: list[Tensor]) -> Json:
        """GD, W, R and the gradient in its parts."""
        if self.components is None:
            return dict.fromkeys(("dissipation", "hardest_share", "ratio", "gradient"))
        found = {
            "dissipation": joined([x.dissipation for x in parts]),
            "hardest_share": joined([x.hardest for x in parts]),
            "ratio": joined([x.ratio for x in parts]),
        }
        if found["dissipation"] is not None:
            found["dissipation"] |= self._active([x.dissipation for x in parts])
        if found["hardest_share"] is not None:
            found["hardest_share"]["signed"] = any(x.signed for x in parts)
        if found["ratio"] is not None:
            found["ratio"]["diagonal"] = joined([x.diagonal for x in parts])
        return found | {"gradient": gradient_norms(self.objective, parts, raw)}

    def _active(self, dissipation: list[Tensor | None]) -> Json:
        """kind, and active: the share of anchors with GD_i > 0, of any other GD its mean."""
        assert self.components is not None
        values = torch.cat([x for x in dissipation if x is not None])
        kind = self.components.kind
        gates = (values[values.isfinite()] > 0).double()
        return {"kind": kind, "active": mean(gates if kind == "gate" else values)}


def space(spaces: list[Geometry]) -> Json:
    """What does not depend on the loss."""
    return {
        "angles": {
            "positive": distribution(torch.cat([x.positive_angles for x in spaces])),
            "negative": distribution(torch.cat([x.negative_angles for x in spaces])),
        },
        "gap": {
            "mean_negative": mean(torch.cat([x.mean_gap() for x in spaces])),
            "nearest_negative": mean(torch.cat([x.nearest_gap() for x in spaces])),
        },
        "L_align": mean([x.alignment().item() for x in spaces]),
        "L_uniform": mean([x.uniformity().item() for x in spaces]),
        "L_cl": mean([x.contrastive().item() for x in spaces]),
        "hardest_by_temperature": {
            f"{tau:g}": mean(torch.cat([x.hardest_share(tau) for x in spaces]))
            for tau in TEMPERATURES
        },
    }


def joined(found: list[Tensor | None]) -> Json | None:
    """`summary` over all batches; None where a component does not exist."""
    values = [x.flatten() for x in found if x is not None]
    return summary(torch.cat(values)) if values else None
