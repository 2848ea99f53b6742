"""What site is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from derive.errors import InputError
from reports.errors import ReportError
from reports.records import Records
from verify.claims import PAPERS

BENCHMARKS = Path("build") / "bench" / "results.json"  # where `make bench` leaves its results


@dataclass(frozen=True)
class Request:
    """What to build. losses: what `--loss` takes, the catalogue if empty; records: a folder of
    runs by recipe; runs: further run folders; papers: whose claims are judged; examples, seed: of
    the property tests; jobs: processes (None: one a core); benchmarks: the results of `make
    bench`; fresh: compute anew what was computed before.

    Raises `ReportError` and `InputError` for numbers outside their range.
    """

    losses: Sequence[str] = ()
    records: Records = field(default_factory=Records)
    runs: Sequence[Path] = ()
    papers: Sequence[str] = tuple(PAPERS)
    examples: int = 20
    seed: int = 0
    jobs: int | None = None
    benchmarks: Path = BENCHMARKS
    fresh: bool = False

    def __post_init__(self) -> None:
        if self.examples < 1:
            raise ReportError(
                f"--examples {self.examples}: without examples nothing is shown. Give at least 1."
            )
        if self.jobs is not None and self.jobs < 1:
            raise ReportError(f"--jobs {self.jobs}: nobody does the work. Give at least 1.")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed} is out of range. Give one from 0 to 2³² − 1.")
