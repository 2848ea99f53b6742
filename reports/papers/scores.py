"""001, Figure 1: STS before and after the modification, printed and ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from reports.context import Context
from reports.drawing import bars_said
from reports.outputs import Data, Picture
from reports.papers.published.checks import inconsistencies
from reports.papers.published.data import printed as table
from reports.papers.run_scores import BY_STS, STS, common_score, score_of, unscored
from reports.papers.scores_picture import draw
from reports.provenance import Provenance, provenance
from train.recipes.listing import known_recipe
from train.sweeps.interval import Interval

# Loss → recipes before and after, of 001, Tables 3, 5, 6 and 7, by encoder.
PAIRS: dict[str, dict[str, tuple[str, str]]] = {
    "BERT-base": {
        "MHE": ("001-table-5-mhe", "001-table-6-mmhe"),
        "MHS": ("001-table-5-mhs", "001-table-6-mmhs"),
        "Barlow Twins": ("001-table-5-barlow_twins", "001-table-6-mbarlow"),
        "VICReg": ("001-table-5-vicreg", "001-table-6-mvicreg"),
    },
    "RoBERTa-base": {
        "MHE": ("001-table-3-before-mhe", "001-table-7-mmhe"),
        "MHS": ("001-table-3-before-mhs", "001-table-7-mmhs"),
        "Barlow Twins": ("001-table-3-before-barlow_twins", "001-table-7-mbarlow"),
        "VICReg": ("001-table-3-before-vicreg", "001-table-7-mvicreg"),
    },
}


@dataclass(frozen=True)
class Change:
    """A loss before and after its modification, per cent. None: no run has a score."""

    encoder: str
    loss: str
    printed: tuple[float, float]
    ours: tuple[Interval | None, Interval | None]


def before_and_after(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs."""
    names = [x for losses in PAIRS.values() for pair in losses.values() for x in pair]
    found = context.records.need(names)
    runs = [run for some in found.values() for run in some]
    score = common_score(runs, BY_STS)
    changes = [
        Change(encoder, loss, (printed(one), printed(two)),
               (score_of(found[one], score), score_of(found[two], score)))
        for encoder, losses in PAIRS.items()
        for loss, (one, two) in losses.items()
    ]  # fmt: skip
    made = provenance(found)
    return [
        Picture(
            name="001-figure-1",
            title="STS before and after the modification, printed and ours",
            caption=_caption(score, changes, made, unscored(runs, STS)),
            alternative=_alternative(score, changes),
            settings={"score of our runs": score, **made.settings},
            data=_data(score, changes),
            draw=partial(draw, score, changes),
        )
    ]


def printed(recipe: str) -> float:
    """The average of the seven STS tasks that the paper prints for it, per cent."""
    return next(x.value for x in known_recipe(recipe).published if x.score == STS)


def _caption(score: str, changes: Sequence[Change], made: Provenance, unscored: str) -> str:
    intervals = bars_said(x for change in changes for x in change.ours)
    bars = f"bars: {intervals}" if intervals else "one seed each"
    other = "" if score == STS else f", since {unscored} not scored on the {STS}"
    lost = sum(x is None for change in changes for x in change.ours)
    missing = (
        f" {lost} of {2 * len(changes)} recipes have no score: their runs failed." if lost else ""
    )
    doubts = inconsistencies(table("001-table-5"))
    doubt = "; the two tables disagree on some of these rows: see Table 5's notes" if doubts else ""
    return (
        "Open: the loss as it was; filled: modified. Above: the averages of the seven STS tasks "
        "printed in 001 (Tables 3 and 5; those of RoBERTa before modification are the modified "
        f"one's less the printed improvement{doubt}). Below: {score} of our runs{other}; {bars}."
        f"{missing} {made.sentences}"
    )


def _alternative(score: str, changes: Sequence[Change]) -> str:
    told = []
    for x in changes:
        ours = " to ".join("none" if y is None else f"{y.mean:.1f}" for y in x.ours)
        told.append(f"{x.encoder}, {x.loss}: printed {x.printed[0]:.1f} to {x.printed[1]:.1f}, "
                    f"ours {ours}")  # fmt: skip
    return f"Before to after, per cent; ours is {score}. {'; '.join(told)}."


def _data(score: str, changes: Sequence[Change]) -> Data:
    rows: list[tuple[str | float | int | None, ...]] = []
    for x in changes:
        for i, when in enumerate(("before", "after")):
            rows.append((x.encoder, x.loss, when, "printed", STS, x.printed[i], None, None))
            own = x.ours[i]
            value = (None, None, 0) if own is None else (own.mean, own.half_width, own.n)
            rows.append((x.encoder, x.loss, when, "ours", score, *value))
    names = (
        "recipes_for",
        "loss",
        "modification",
        "whose",
        "score",
        "per_cent",
        "half_width",
        "seeds",
    )
    return Data({name: [row[i] for row in rows] for i, name in enumerate(names)})
