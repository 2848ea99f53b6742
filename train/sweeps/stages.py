"""A stage in the database: its trials made once, whoever comes first, and its best one."""

import json
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from train.errors import NoResultError, SweepError
from train.sweeps.leases import Leases
from train.sweeps.spec import Range, Spec, Stage, Value
from train.sweeps.storage import Storage, Study

READY, SPEC, FROM = "ready", "spec", "from"  # attributes of a study


def name_of(spec: Spec, number: int) -> str:
    """The study of a stage; numbers are from 1."""
    return f"{spec.name}/{number}"


def ready(
    storage: Storage, leases: Leases, spec: Spec, number: int, chosen: Mapping[str, Value]
) -> Study:
    """The study of a stage with all that was agreed on, a grid's trials included.

    chosen: the best parameters of the stages before. Raises `SweepError` if the database holds a
    sweep of that name with another specification.
    """
    study, stage = storage.study(name_of(spec, number), spec), spec.stages[number - 1]
    with leases.alone(study.key("setup")):
        refuse_other(study, spec)
        if not study.attributes.get(READY):
            study.optuna.set_user_attr(SPEC, spec.record())
            study.optuna.set_user_attr(FROM, dict(chosen))
            if stage.sampler == "grid":
                add_grid(study, stage)
            study.optuna.set_user_attr(READY, True)
    return study


def refuse_other(study: Study, spec: Spec) -> None:
    """Raises `SweepError` unless the study is of this specification."""
    kept, now = study.attributes.get(SPEC), json.loads(json.dumps(spec.record()))
    if kept is None or kept == now:
        return
    parts = ", ".join(name for name in now if now[name] != kept.get(name))
    raise SweepError(
        f"the database holds a sweep {spec.name!r} with another specification ({parts}). Give "
        "yours another name or --storage, or go on with the old one."
    )


def add_grid(study: Study, stage: Stage) -> None:
    """Every combination that is not there yet (a worker may have been killed half way)."""
    there = [x.params for x in study.trials()]
    kinds = distributions(stage)
    for point in stage.points():
        if point not in there:
            state = TrialState.WAITING
            study.optuna.add_trial(create_trial(state=state, params=point, distributions=kinds))


def distributions(stage: Stage) -> dict[str, BaseDistribution]:
    """optuna's distribution of each parameter."""
    return {name: distribution(x) for name, x in stage.parameters.items()}


def distribution(values: tuple[Value, ...] | Range) -> BaseDistribution:
    """A list, or an interval: of integers where both ends are."""
    if not isinstance(values, Range):
        return CategoricalDistribution(values)
    if isinstance(values.low, int) and isinstance(values.high, int):
        step = 1 if values.step is None else int(values.step)
        return IntDistribution(values.low, values.high, log=values.log, step=step)
    return FloatDistribution(values.low, values.high, log=values.log, step=values.step)


def drawn(study: Study, leases: Leases, stage: Stage, seed: int) -> int | None:
    """Draw one more trial; its number, this worker's. None when there are enough.

    The sampler is seeded by the trial's number: one worker, undisturbed, draws the same again.
    Of a trial that a kill left with some of its parameters the others are drawn by a sampler that
    begins anew, and tpe looks at the trials that are finished by then.
    """
    if stage.trials is None or len(study.trials()) >= stage.trials:
        return None
    with leases.alone(study.key("draw")):
        number = len(study.trials())
        if number >= stage.trials:
            return None
        study.optuna.sampler = sampler(stage, seed + number)
        number = study.optuna.ask(distributions(stage)).number
        return number if leases.claim(study.key(number)) else None


def sampler(stage: Stage, seed: int) -> optuna.samplers.BaseSampler:
    """optuna's sampler. TPE takes the trials that run elsewhere for bad ones: no two alike."""
    if stage.sampler != "tpe":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, constant_liar=True)


def completed(study: Study, leases: Leases, stage: Stage, seed: int, number: int) -> FrozenTrial:
    """The trial with all its parameters: whoever drew it may have been killed meanwhile."""
    trial = study.trial(number)
    if set(trial.params) == set(stage.parameters):
        return trial
    with leases.alone(study.key("draw")):
        study.optuna.sampler = sampler(stage, seed + number)
        again = optuna.Trial(study.optuna, study.trial_id(number))
        for name, kind in distributions(stage).items():
            suggest(again, name, kind)
    return study.trial(number)


def suggest(trial: optuna.Trial, name: str, kind: BaseDistribution) -> None:
    """Draw one parameter of a trial, unless it has it."""
    if isinstance(kind, CategoricalDistribution):
        trial.suggest_categorical(name, kind.choices)
    elif isinstance(kind, IntDistribution):
        trial.suggest_int(name, kind.low, kind.high, log=kind.log, step=kind.step)
    elif isinstance(kind, FloatDistribution):
        trial.suggest_float(name, kind.low, kind.high, log=kind.log, step=kind.step)


def best(study: Study, spec: Spec) -> FrozenTrial:
    """The best finished trial; of equal ones the first. Raises `NoResultError` if all failed."""
    done = [x for x in study.trials() if x.state is TrialState.COMPLETE]
    if not done:
        reasons = {str(x.user_attrs.get("reason")) for x in study.trials()}
        raise NoResultError(
            f"every trial of {study.name} has failed: {'; '.join(sorted(reasons))[:500]}. Change "
            "the base or the values, and give the sweep another name."
        )
    sign = 1 if spec.direction == "maximize" else -1
    return max(done, key=lambda x: (sign * value(x), -x.number))


def value(trial: FrozenTrial) -> float:
    """The score of a finished trial."""
    assert trial.value is not None
    return trial.value


def is_over(study: Study, stage: Stage) -> bool:
    """Whether all trials of a stage are there and finished."""
    trials = study.trials()
    return len(trials) >= stage.size and all(x.state.is_finished() for x in trials)


def parameters(study: Study, trial: FrozenTrial) -> dict[str, Any]:
    """What a trial puts in place of the base's: the choices of earlier stages, and its own."""
    return {**study.attributes.get(FROM, {}), **trial.params}
