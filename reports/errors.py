"""What can go wrong while a report is built."""

from collections.abc import Sequence

from derive.errors import ContragradError


class RunRecordError(ContragradError):
    """A folder given with --run that no training run wrote."""


class ReportError(ContragradError):
    """An option outside its range, or a place that cannot be written to."""


class NeedsRunsError(ContragradError):
    """A figure is drawn from training runs, and there are none. recipes: which."""

    lack = "it is drawn from training runs, and there are none of {}."
    remedy = "Make them with `reports record`, and give their folder with --runs."

    def __init__(self, recipes: Sequence[str]) -> None:
        self.recipes = tuple(recipes)
        some = ", ".join(self.recipes[:3]) + (", …" if len(self.recipes) > 3 else "")
        super().__init__(f"{self.lack.format(some)} {self.remedy}")


class NeedsMeasurementsError(NeedsRunsError):
    """A figure is drawn from measurements, and the runs that there are hold none."""

    lack = "it is drawn from measurements on held-out text, and the runs of {} hold none."
    remedy = "Make them with `reports record`, or with --held-out 0.1 of `train run`."
