"""The ladder over many losses, in several processes; the reports in the order of the losses."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from derive.errors import UnknownNameError
from verify import ladder
from verify.checks import CHECKS
from verify.report import LossReport

Show = Callable[[str, int], None]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Plan:
    """What is done to every loss: hyper-parameters that are set, as text; rungs by name; the
    profile's name; examples instead of the profile's, if any; the seed."""

    settings: tuple[tuple[str, str], ...] = ()
    rungs: tuple[str, ...] = tuple(CHECKS)
    profile: str = "ci"
    examples: int | None = None
    seed: int = 0

    def again(self, loss: str, rung: str) -> str:
        """The command that finds a counterexample of this rung again."""
        settings = "".join(f" --set {name}={value}" for name, value in self.settings)
        count = "" if self.examples is None else f" --examples {self.examples}"
        return (
            f"verify run --loss {loss}{settings} --rung {rung} --profile {self.profile}{count} "
            f"--seed {self.seed}"
        )


def chosen_rungs(given: Sequence[str]) -> tuple[str, ...]:
    """Rungs by name or by number from 1, in their order; none given: all. Raises
    `UnknownNameError`."""
    known = list(CHECKS)
    numbered = {str(at): name for at, name in enumerate(known, 1)}
    wanted = {numbered.get(x, x) for x in given}
    for name in wanted:
        if name not in CHECKS:
            raise UnknownNameError("rung", name, known)
    return tuple(x for x in known if x in wanted or not wanted)


def verified(losses: Sequence[str], plan: Plan, jobs: int | None, show: Show) -> list[LossReport]:
    """A report a loss. jobs: processes, by default one a core and no more than there are losses;
    show: told what is done and how many losses are.

    One loss, or one job, is verified in this process. Raises `KeyboardInterrupt` after the other
    processes were ended.
    """
    count = min(jobs or os.cpu_count() or 1, len(losses))
    if count > 1:
        return _in_processes(losses, plan, count, show)
    reports: list[LossReport] = []
    for loss in losses:
        reports.append(one(loss, plan, lambda name, rung: show(f"{name}: {rung}", len(reports))))
    return reports


def one(loss: str, plan: Plan, progress: ladder.Progress | None = None) -> LossReport:
    """The report of one loss."""
    return ladder.verify_loss(
        loss,
        dict(plan.settings),
        examples=plan.examples,
        profile=plan.profile,
        rungs=plan.rungs,
        seed=plan.seed,
        progress=progress,
    )


def _in_processes(losses: Sequence[str], plan: Plan, count: int, show: Show) -> list[LossReport]:
    calls = [partial(one, loss, plan) for loss in losses]
    done = 0

    def each(at: int, report: LossReport) -> None:
        nonlocal done
        done += 1
        show(f"{losses[at]}: done", done)

    return in_processes(calls, count, each)


def in_processes(
    calls: Sequence[Callable[[], Value]], count: int, each: Callable[[int, Value], None]
) -> list[Value]:
    """What the calls return, in their order, from `count` processes of one thread.

    calls: what pickles; each: told (position of the call, its value) when one is done. A call that
    raises, and `KeyboardInterrupt`, end the other processes and are raised.
    """
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_alone)
    try:
        with _without_interrupt():
            tasks: list[Future[Value]] = [pool.submit(call) for call in calls]
        places = {task: at for at, task in enumerate(tasks)}
        for task in as_completed(tasks):
            each(places[task], task.result())
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    pool.shutdown()
    return [task.result() for task in tasks]


@contextmanager
def _without_interrupt() -> Iterator[None]:
    """Ctrl-C waits meanwhile, and never reaches the processes that are started: they have the mask
    from here, and it is for the parent to end them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _alone() -> None:
    """The processes share the cores."""
    import torch

    torch.set_num_threads(1)
