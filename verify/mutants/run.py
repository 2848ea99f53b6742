"""The mutants of many losses, in one process or in several, in the order asked for."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from verify.mutants.model import Fate, LossMutants
from verify.mutants.plan import Plan, mutants_of

Progress = Callable[[LossMutants], None]


def run(
    losses: Sequence[str], plan: Plan, *, jobs: int = 1, progress: Progress | None = None
) -> list[LossMutants]:
    """One report a loss. progress: told of each as it is done. Raises as `mutants_of`."""
    found = []
    for report in _reports(losses, plan, min(jobs, len(losses))):
        if progress is not None:
            progress(report)
        found.append(report)
    return found


def _reports(losses: Sequence[str], plan: Plan, jobs: int) -> Iterator[LossMutants]:
    if jobs <= 1:
        yield from (mutants_of(x, plan) for x in losses)
        return
    # spawned, not forked: torch's threads do not survive a fork
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(mutants_of, losses, [plan] * len(losses))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def exit_code(reports: Sequence[LossMutants]) -> int:
    """0: every mutant is killed or proved to be the loss; 1: some survive, or there are none."""
    mutants = [x for report in reports for x in report.mutants]
    return 1 if not mutants or any(x.fate is Fate.SURVIVED for x in mutants) else 0
