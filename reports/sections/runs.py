"""One training run: its curve, its scores before and after, its settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from derive.objectives import load, names
from reports.figures import loss_svg
from reports.runs import Run, Scores, settings_of


@dataclass(frozen=True)
class ScoreRow:
    """One score; a dash where it was not measured, "undefined" where it is."""

    name: str
    before: str
    after: str
    change: str


@dataclass(frozen=True)
class RunSection:
    """What the template shows of one run. curve: None where no loss was recorded.
    surrogate: the loss has stop-gradients, so its value says little."""

    number: int
    anchor: str
    loss: str
    path: str
    curve: Markup | None
    last_step: int
    surrogate: bool
    scores: tuple[ScoreRow, ...]
    settings: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def run_section(run: Run, number: int) -> RunSection:
    """Pure; number: the run's place on the page, from 1."""
    anchor = f"run-{number}"
    return RunSection(
        number=number,
        anchor=anchor,
        loss=run.loss,
        path=run.path,
        curve=Markup(loss_svg(run, anchor)) if run.steps else None,
        last_step=run.steps[-1].step if run.steps else 0,
        surrogate=_stop_gradients(run) != "none",
        scores=score_rows(run),
        settings=tuple(settings_of(run)),
        notes=run.notes,
    )


def _stop_gradients(run: Run) -> str:
    """What the run recorded; of an older one, what the catalogue says. The file of a loss of
    one's own need not be there any more."""
    recorded = run.config.get("loss")
    if isinstance(recorded, Mapping) and isinstance(recorded.get("stop_gradients"), str):
        return str(recorded["stop_gradients"])
    return load(run.loss).stop_gradients if run.loss in names() else "none"


def score_rows(run: Run) -> tuple[ScoreRow, ...]:
    """Every score that was measured before or after the training."""
    before, after = run.scores("before") or {}, run.scores("after") or {}
    rows = []
    for name in dict.fromkeys([*before, *after]):
        x, y = before.get(name), after.get(name)
        change = "–" if x is None or y is None else f"{y - x:+.4f}".replace("-", "−")
        rows.append(ScoreRow(name, _score(name, before), _score(name, after), change))
    return tuple(rows)


def _score(name: str, scores: Scores) -> str:
    if name not in scores:
        return "–"
    x = scores[name]
    return "undefined" if x is None else f"{x:.4f}".replace("-", "−")
