"""Losses on several numbers of processes, each against one process."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from derive.errors import ContragradError, InputError
from verify.distributed.comparison import Comparison
from verify.distributed.launch import ProcessError, run
from verify.distributed.report import Report
from verify.distributed.tasks import Job, NegligibleError, Rank, Whole, in_one_process, on_a_rank

Progress = Callable[[str], None]
Wholes = Mapping[Job, Whole | ContragradError]
MOST = 64  # processes: each is one of this machine


@dataclass(frozen=True)
class Options:
    """worlds: numbers of processes; settings: hyper-parameters, as texts; unit: whether a function
    is given unit rows; pairs: as in `tasks.Job`; seed; timeout: seconds that one start of
    processes may take (None: 120 for a function, 1800 for all losses of `derive` together)."""

    worlds: tuple[int, ...] = (2,)
    settings: Mapping[str, str] | None = None
    unit: bool = True
    pairs: tuple[int, ...] | None = None
    seed: int = 0
    timeout: float | None = None

    def __post_init__(self) -> None:
        for world in self.worlds:
            if not 2 <= world <= MOST:
                raise InputError(f"{world} processes: give 2 to {MOST}, such as --world 2,4.")
        if self.pairs is not None and min(self.pairs) < 1:
            raise InputError("a rank has at least one pair: give --pairs 6, or 5,8 in turn.")

    def job(self, loss: str) -> Job:
        return Job(loss, tuple((self.settings or {}).items()), self.unit, self.pairs, self.seed)


def check(
    losses: Sequence[str], options: Options | None = None, progress: Progress = lambda _: None
) -> list[Report]:
    """A report for each loss and number of processes.

    losses: names as `derive.sources.find` takes them, or FILE.py:NAME of a function f(h, h_prime,
    **hyper) -> scalar. What cannot run is a report, and not an exception. All share a start of
    processes (the losses of `derive` one, functions another) until one of them breaks it.
    """
    options = options or Options()
    own = [x for x in losses if is_file(x)]
    shared = [x for x in losses if x not in own]
    reports: list[Report] = []
    for group, usual in ((shared, 1800), (own, 120)):
        if group:
            limit = options.timeout or usual
            jobs = [options.job(x) for x in group]
            reports += _check(jobs, replace(options, timeout=limit), progress)
    return sorted(reports, key=lambda x: losses.index(x.loss))


def is_file(loss: str) -> bool:
    """Whether it names something in a Python file, which is read by the ranks only."""
    return loss.rpartition(":")[0].endswith(".py") or loss.endswith(".py")


def _check(jobs: list[Job], options: Options, progress: Progress) -> list[Report]:
    named = f"{len(jobs)} losses" if len(jobs) > 1 else jobs[0].spec
    progress(f"{named}: one process")
    asked = [(job, world) for job in jobs for world in options.worlds]
    try:
        found = run([partial(in_one_process, *x) for x in asked], 1, _limit(options))
    except ProcessError as error:
        if len(jobs) == 1:
            return [_failed(job, world, error) for job, world in asked]
        return [x for job in jobs for x in _check([job], options, progress)]
    whole = {pair: ranks[0] for pair, ranks in zip(asked, found, strict=True)}
    reports = []
    for world in options.worlds:
        progress(f"{named}: {world} processes")
        reports += _on(world, {job: whole[job, world] for job in jobs}, options)
    return reports


def _on(world: int, wholes: Wholes, options: Options) -> list[Report]:
    """What one job breaks, the others do again without it."""
    sound = {job: x for job, x in wholes.items() if isinstance(x, Whole)}
    reports = [_failed(job, world, x) for job, x in wholes.items() if not isinstance(x, Whole)]
    tasks = [partial(on_a_rank, job, x.setting) for job, x in sound.items()]
    try:
        found = run(tasks, world, _limit(options)) if tasks else []
    except ProcessError as error:
        if len(sound) == 1:
            return [*reports, *(_failed(job, world, error) for job in sound)]
        alone = [_on(world, {job: x}, options) for job, x in sound.items()]
        return [*reports, *(x for some in alone for x in some)]
    for (job, one), ranks in zip(sound.items(), found, strict=True):
        reports.append(_report(job, world, one, ranks))
    return reports


def _limit(options: Options) -> float:
    assert options.timeout is not None
    return options.timeout


def _report(job: Job, world: int, whole: Whole, ranks: list[Rank | ContragradError]) -> Report:
    steps = [x for x in ranks if isinstance(x, Rank)]
    errors = [x for x in ranks if isinstance(x, ContragradError)]
    if errors:
        return _failed(job, world, errors[0])
    comparison = Comparison.of(whole, steps)
    if whole.kind == "objective":
        return Report.of_objective(job.spec, comparison)
    return Report.of_function(job.spec, comparison)


def _failed(job: Job, world: int, error: ContragradError) -> Report:
    """An undecided one, where nothing was wrong but nothing could be compared."""
    log = error.log if isinstance(error, ProcessError) else ""
    verdict = "undecided" if isinstance(error, NegligibleError) else "cannot run"
    return Report(job.spec, world, verdict, reason=str(error), log=log)
