"""Which trial a worker takes next."""

from collections.abc import Collection

from optuna.trial import FrozenTrial

from train.sweeps import stages
from train.sweeps.leases import Leases
from train.sweeps.spec import Stage
from train.sweeps.storage import Study


def next_trial(
    study: Study, leases: Leases, stage: Stage, seed: int, held: Collection[str]
) -> FrozenTrial | None:
    """A trial that nobody is at; claimed. None: others are at all.

    First one that was begun, then one that waits, then a new one; last one of `held`: keys of
    trials whose folder somebody held when they were tried. seed: of the samplers.
    """
    waiting = [x for x in study.trials() if not x.state.is_finished()]
    waiting.sort(key=lambda x: (x.datetime_start is None, x.number))
    last = [x for x in waiting if study.key(x.number) in held]
    found = claimed(study, leases, stage, seed, [x for x in waiting if x not in last])
    if found is not None:
        return found
    number = stages.drawn(study, leases, stage, seed)
    return claimed(study, leases, stage, seed, last) if number is None else study.trial(number)


def claimed(
    study: Study, leases: Leases, stage: Stage, seed: int, trials: list[FrozenTrial]
) -> FrozenTrial | None:
    """The first of the trials that can be had, with all its parameters."""
    for x in trials:
        if leases.claim(study.key(x.number)):
            trial = stages.completed(study, leases, stage, seed, x.number)
            if not trial.state.is_finished():  # it may be, between the look and the claim
                return trial
            leases.release(study.key(x.number))
    return None
