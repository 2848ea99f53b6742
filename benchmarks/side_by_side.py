"""The losses that others have too: the same loss first, then memory, then time in three runs."""

from benchmarks import agreement, candidates, memory
from benchmarks.agreement import said
from benchmarks.peers import CASES
from benchmarks.store import Results
from benchmarks.timing import interleaved, training_step

SIZES = (256, 512, 1024, 2048, 4096, 8192)
FEATURES = 768
RUNS = 3


def measure(
    results: Results, sizes: tuple[int, ...], losses: list[str] | None, repeats: int, d: int
) -> None:
    """Fills in what is missing; losses: names of cases (None: all)."""
    cases = [name for name in CASES if not losses or name in losses]
    for case in cases:
        for candidate in candidates.names(case)[1:]:
            _check(results, case, candidate)
    for n in sizes:
        for case in cases:
            for candidate in taking_part(results, case, n):
                _memory(results, case, candidate, n, d)
    for run in range(1, RUNS + 1):
        for n in sizes:
            for case in cases:
                label = f"side by side, run {run} of {RUNS}: {case}, N = {n}"
                who = [x for x in taking_part(results, case, n) if fits(results, case, x, n)]
                results.fill(
                    f"time/{run}/{case}/{n}",
                    label,
                    lambda c=case, m=n, w=who: times(c, w, m, d, repeats),
                )


def fits(results: Results, case: str, candidate: str, n: int) -> bool:
    """Whether its memory could be measured; if not, it is not timed."""
    return "bytes" in results.cells[f"memory/{case}/{candidate}/{n}"]


def taking_part(results: Results, case: str, n: int) -> list[str]:
    """The candidates whose loss is the same."""
    return [
        x
        for x in candidates.names(case, n)
        if x == candidates.OURS or results.cells[f"agreement/{case}/{x}"].get("same")
    ]


def times(case: str, who: list[str], n: int, d: int, repeats: int) -> dict[str, object]:
    """Candidate → seconds of each repeat, or {"failed": reason}."""
    h, h_prime = candidates.batch(case, n, d)
    steps = {x: training_step(candidates.build(case, x, n, d), h, h_prime) for x in who}
    found: dict[str, object] = {}
    if candidates.COMPILED in steps:
        try:
            steps[candidates.COMPILED]()  # compiles, which must not count as a slow step
        except Exception as error:
            found[candidates.COMPILED] = {"failed": said(error)}
            del steps[candidates.COMPILED]
    return found | interleaved(steps, repeats)


def _check(results: Results, case: str, candidate: str) -> None:
    def verdict() -> dict[str, object]:
        reason = candidates.unavailable(candidate)
        return {"failed": reason} if reason else agreement.check(case, candidate)

    results.fill(f"agreement/{case}/{candidate}", f"same loss? {case}: {candidate}", verdict)


def _memory(results: Results, case: str, candidate: str, n: int, d: int) -> None:
    label = f"memory: {case}, {candidate}, N = {n}"
    results.fill(
        f"memory/{case}/{candidate}/{n}", label, lambda: memory.peak(case, candidate, n, d)
    )
