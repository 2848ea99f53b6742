"""What can go wrong while a report is built."""

from collections.abc import Sequence

from derive.errors import ContragradError


class RunRecordError(ContragradError):
    """A folder given with --run that no training run wrote."""


class ReportError(ContragradError):
    """An option outside its range, or a place that cannot be written to."""


class NeedsRunsError(ContragradError):
    """A figure is drawn from training runs, and there are none. recipes: which."""

    def __init__(self, recipes: Sequence[str]) -> None:
        self.recipes = tuple(recipes)
        some = ", ".join(self.recipes[:3]) + (", …" if len(self.recipes) > 3 else "")
        super().__init__(
            f"it is drawn from training runs, and there are none of {some}. Make them with "
            "`reports record`, and give their folder with --runs."
        )
