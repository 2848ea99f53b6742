"""What a process does: the step of a rank, and those of one process that it is compared with."""

from dataclasses import dataclass, replace

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from derive.errors import ContragradError
from verify.distributed.exchanges import Exchanges, record
from verify.distributed.slopes import is_derivative, through_gathers
from verify.distributed.subjects import Function, Objectives, subject_of
from verify.distributed.training import (
    Encoder,
    Setting,
    Step,
    alive,
    scales,
    sizes_of,
    step,
    views,
)

_DRAWS = 20  # of a batch whose gradient is not negligible
_UNEVEN = (5, 8, 1, 4)  # pairs of ranks 0, 1, …, over and over
_EVEN = 6


class NegligibleError(ContragradError):
    """No batch has a gradient that could be compared."""


@dataclass(frozen=True)
class Job:
    """spec, settings: what `subjects.subject_of` takes; unit: whether a function is given unit
    rows; pairs: of ranks 0, 1, …, over and over (None: uneven for a loss, six for a function);
    seed: of the batch."""

    spec: str
    settings: tuple[tuple[str, str], ...]
    unit: bool
    pairs: tuple[int, ...] | None
    seed: int

    def subject(self) -> Objectives | Function:
        return subject_of(self.spec, dict(self.settings), unit=self.unit)


@dataclass(frozen=True)
class Whole:
    """One process. kind: of the subject; setting: the batch that was found; step: its gradient;
    sizes: what an error of a parameter's gradient is measured by; alone: the step with each rank's
    own batch (None where that fails); random: whether the value depends on torch's generator;
    sound: whether the gradient is the derivative of the value."""

    kind: str
    setting: Setting
    step: Step
    sizes: dict[str, float]
    alone: tuple[Step, ...] | None
    random: bool
    sound: bool


@dataclass(frozen=True)
class Rank:
    """step: after averaging over the ranks; exchanges: None for a loss of `derive`."""

    step: Step
    exchanges: Exchanges | None


def in_one_process(job: Job, world: int) -> Whole:
    """On the first batch, from the seed on, whose gradient is not negligible.

    Raises `NegligibleError` if none is.
    """
    subject = job.subject()
    function = isinstance(subject, Function)
    pairs = job.pairs or ((_EVEN,) if function else _UNEVEN)
    sizes = tuple(pairs[rank % len(pairs)] for rank in range(world))
    for draw in range(_DRAWS):
        setting = Setting(sizes, job.seed + 1000 * draw, subject.unit)
        whole = _whole(subject, setting)
        if whole is not None:
            return whole
    raise NegligibleError(
        f"the gradient of {job.spec} is negligible in {_DRAWS} batches of {sum(sizes)} pairs: "
        "choose other settings (--set), more pairs (--pairs) or another --seed."
    )


def _whole(subject: Objectives | Function, setting: Setting) -> Whole | None:
    """None where the gradient is negligible."""
    loss = subject.in_one_process(setting)
    found = step(Encoder(setting), loss, views(setting))
    sound = True
    if isinstance(subject, Function) and not is_derivative(found, setting, loss):
        carried = through_gathers(loss)
        again = step(Encoder(setting), carried, views(setting))
        sound = is_derivative(again, setting, loss)
        if sound:
            found, loss = again, carried
    scale = scales(setting, loss)
    if not alive(found.gradients, scale):
        return None
    measured = sizes_of(found.gradients, scale)
    whole = Whole(subject.kind, setting, found, measured, None, False, sound)
    return _with_more(whole, subject) if isinstance(subject, Function) else whole


def _with_more(whole: Whole, subject: Function) -> Whole:
    setting, both = whole.setting, views(whole.setting)
    other = step(Encoder(setting), subject.seeded(setting.seed + 1), both)
    random = other.value != whole.step.value
    loss = subject.in_one_process(setting)
    try:
        alone = tuple(
            step(Encoder(setting), loss, both[:, setting.rows(rank)])
            for rank in range(len(setting.sizes))
        )
    except Exception:  # a batch of one pair, say: the user's code may raise anything
        return replace(whole, random=random)
    return replace(whole, alone=alone, random=random)


def on_a_rank(job: Job, setting: Setting) -> Rank:
    """One step under DistributedDataParallel, with this rank's rows of the batch."""
    subject = job.subject()
    loss = subject.on_a_rank(setting)
    mine: Tensor = views(setting)[:, setting.rows(dist.get_rank())]
    encoder = Encoder(setting)
    found = step(DistributedDataParallel(encoder), loss, mine)
    if not isinstance(subject, Function):
        return Rank(found, None)
    with torch.no_grad():
        h, h_prime = encoder(mine.flatten(0, 1)).chunk(2)
    return Rank(found, record(loss, h, h_prime))
