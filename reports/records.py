"""Training runs that figures are drawn from: a folder with one folder a recipe.

RUNS/<recipe>/summary.json, seed-0/, seed-1/ …   (`train run --seeds`, `reports record`)
RUNS/<recipe>/config.json, metrics.jsonl          (`train run` of one seed)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.errors import NeedsRunsError, RunRecordError
from reports.runs import Run, read_run


@dataclass(frozen=True)
class Records:
    """The runs of recipes by name. folder: None where no runs were given."""

    folder: Path | None = None

    def __post_init__(self) -> None:
        if self.folder is not None and not self.folder.is_dir():
            raise RunRecordError(
                f"--runs {str(self.folder)!r} is not a folder. Give the folder in which "
                "`reports record` made runs, or leave it out."
            )

    def runs(self, recipe: str) -> tuple[Run, ...]:
        """The runs of all seeds of one recipe; empty where there are none."""
        if self.folder is None:
            return ()
        folder = self.folder / recipe
        if (folder / "config.json").is_file():
            return (read_run(folder),)
        seeds = sorted(folder.glob("seed-*/config.json"), key=_seed)
        return tuple(read_run(path.parent) for path in seeds)

    def need(self, recipes: Sequence[str]) -> dict[str, tuple[Run, ...]]:
        """The runs of each recipe. Raises `NeedsRunsError` if one of them has none."""
        found = {name: self.runs(name) for name in recipes}
        missing = [name for name, runs in found.items() if not runs]
        if missing:
            raise NeedsRunsError(missing)
        return found


def _seed(config: Path) -> tuple[int, str]:
    """By number where it is one."""
    _, _, seed = config.parent.name.partition("-")
    return (int(seed), "") if seed.isdigit() else (1 << 62, seed)
