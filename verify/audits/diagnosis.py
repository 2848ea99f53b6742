"""Which definition a piece of code implements, in one sentence, or that none was found.

Candidates are the catalogue's losses, with hyper-parameters as told, as built, as usual or fitted,
each in several readings of the two views; then one and two changes of the formula that the code is
meant to have. One fits if its value and all its gradients are the code's at every batch, up to a
factor and a constant that are named: at 7 shapes and more, of which the fit of a hyper-parameter
sees two. Nothing is fitted to a gradient but such numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from derive.objective import Objective
from derive.objectives import load
from verify.audits.definitions import Search
from verify.audits.observations import Inputs, Observation, observe
from verify.audits.sentences import sentence
from verify.audits.signatures import attributes, defaults, numeric, renamed

BUDGET = 30.0  # seconds for the whole search
_LEAST = 3  # batches without which nothing is said


@dataclass(frozen=True)
class Diagnosis:
    """text: the sentence; loss: the catalogue's name; changes: what the code has instead; exact:
    whether value and gradient agree (else one of them, as the text says)."""

    text: str
    loss: str
    changes: tuple[str, ...]
    settings: Mapping[str, float]
    factor: str
    exact: bool

    def to_dict(self) -> dict[str, object]:
        """Plain values."""
        return {
            "text": self.text,
            "loss": self.loss,
            "changes": list(self.changes),
            "settings": dict(self.settings),
            "factor": self.factor,
            "exact": self.exact,
        }


def diagnose(
    f: Callable[..., Tensor],
    objective: Objective | str | None = None,
    inputs: Inputs | None = None,
    hyper: Mapping[str, object] | None = None,
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
) -> Diagnosis | None:
    """What f(h, h_prime, **hyper) → scalar implements. None: no definition that is searched.

    objective: the loss that it is meant to be, whose changes are searched. inputs(seed): batches
    (h, h_prime) to look at beside our own. hyper: keyword arguments of f; numbers among them are
    taken for hyper-parameters of that name. dtype is of the audit: a definition is looked for in
    float64.
    """
    given = numeric(hyper or {})
    numbers = numeric(defaults(f)) | given
    if isinstance(f, type):
        built = f(**renamed(f, hyper or {}))
        loss, numbers = built, numeric(attributes(built)) | numbers
    else:
        loss = partial(f, **renamed(f, hyper or {}))
    return explain(observe(loss, inputs=inputs, seed=seed), objective, given, numbers)


def explain(
    observations: Sequence[Observation],
    objective: Objective | str | None = None,
    given: Mapping[str, float] | None = None,
    numbers: Mapping[str, float] | None = None,
    budget: float = BUDGET,
) -> Diagnosis | None:
    """As `diagnose`, of what was observed. numbers: that the code was built with, by its names."""
    moving = [x for x in observations if x.by_h.any() or x.by_h_prime.any()]
    if len(moving) < _LEAST:
        return None
    named = load(objective) if isinstance(objective, str) else objective
    search = Search(list(observations), named, given or {}, numbers or {}, budget)
    best = search.best()
    if best is None:
        return None
    settings = {
        k: float(v) for k, v in best.candidate.values.items() if not getattr(v, "free_symbols", ())
    }
    text = sentence(best, search.detour(best), search.scaleless)
    equal = best.kind == "equal" and not best.is_near
    c = best.candidate
    return Diagnosis(text, c.name, c.edits, settings, best.factor.text, equal)
