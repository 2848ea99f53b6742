"""003, Figures 1 and 3: L_cl, L_align and L_uniform in training and beside it; distance gaps."""

from collections.abc import Mapping, Sequence
from functools import partial

from reports.context import Context
from reports.curves import Curve, curves_data, seeds_said
from reports.drawing import bars_said
from reports.measurements import HELD_OUT, TRAIN, Sample, along, value_of
from reports.outputs import Picture
from reports.papers.overfitting.picture import draw_grid, draw_lines, draw_map, draw_scores
from reports.papers.overfitting.places import Place, places_data, scores_named
from reports.papers.recipes import expanded
from reports.papers.run_scores import BY_STS, TRANSFER, scores_after
from reports.plans import measured
from reports.provenance import provenance
from reports.runs import Run
from train.recipes.listing import known_recipe

LOSSES = ("003-table-2-cl", "003-table-2-au", "003-table-2-dcl")  # Figure 1b, c and d
QUANTITIES = {x: f"L$_{{\\rm {x[2:]}}}$" for x in ("L_cl", "L_align", "L_uniform")}
SAMPLES = {TRAIN: "trained on", HELD_OUT: "held out"}
_MEANS = (
    "L_cl is InfoNCE with τ = 0.05 (Eq. 1), L_align the mean of ‖h_i − h'_i‖² (Eq. 3), L_uniform "
    "the log of the mean of exp(−2 ‖h_i − h'_j‖²) over j ≠ i (Eq. 4), whatever is trained. The "
    "paper measures beside training on STS-B dev; here it is text held out."
)
_GAP = (
    "d_ij: mean over held-out anchors of the mean distance of the negatives less that of the "
    "positive, as the caption of the paper's Figure 3 has it."
)

Found = Mapping[str, Sequence[Run]]


def figure_1(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs."""
    found = measured(context.records, expanded(("003-table-2",)))
    kept = {recipe: f"trained with {name(recipe)}" for recipe in LOSSES}
    return [
        _map(found),
        grid({recipe: found[recipe] for recipe in kept}, kept, "003-figure-1-b-d", "by loss"),
    ]


def figure_3(context: Context) -> Sequence[Picture]:
    """Raises `NeedsRunsError` without the runs."""
    margins = measured(context.records, expanded(("003-figure-3",)))
    losses = measured(context.records, expanded(("003-table-2",)))
    kept = {recipe: f"m = {recipe.rpartition('-')[2]}" for recipe in margins}
    both = all(TRANSFER in scores_after(run) for runs in margins.values() for run in runs)
    return [
        _by_gap(margins, kept, "003-figure-3-a", BY_STS),
        *([_by_gap(margins, kept, "003-figure-3-a-transfer", (TRANSFER,))] if both else []),
        _gaps(losses),
        grid(margins, kept, "003-figure-3-c-e", "by margin m of MPT"),
    ]


def name(recipe: str) -> str:
    """The paper's name of the loss, a&u."""
    return known_recipe(recipe).row


def _map(found: Found) -> Picture:
    """Figure 1a."""
    score, places = scores_named(
        {name(recipe): runs for recipe, runs in found.items()},
        value_of("L_uniform"), value_of("L_align"),
    )  # fmt: skip
    made = provenance(found)
    return Picture(
        name="003-figure-1-a",
        title="L_uniform and L_align after training, by loss, and the score",
        caption=(
            f"L_uniform and L_align of held-out text after the last step, a point a loss; colour: "
            f"{score} of the saved encoder{_unscored(places, 'grey')}. {_means_said(places)}"
            f"{_MEANS} {made.sentences}"
        ),
        alternative=_in_words(places, "L_uniform", "L_align"),
        settings={"score": score, **made.settings},
        data=places_data(places, "loss", "L_uniform", "L_align"),
        draw=partial(draw_map, places, score, QUANTITIES["L_uniform"], QUANTITIES["L_align"]),
    )


def grid(found: Found, titles: Mapping[str, str], figure: str, by: str) -> Picture:
    """Figures 1b to d and 3c to e: a column a run, a row a quantity, both samples in each panel."""
    panels = {
        (recipe, quantity): [
            Curve(label, along(runs, value_of(quantity), sample), i, i)
            for i, (sample, label) in enumerate(SAMPLES.items())
        ]
        for recipe, runs in found.items()
        for quantity in QUANTITIES
    }
    made = provenance(found)
    data = curves_data({f"{titles[x]}: {quantity}": y for (x, quantity), y in panels.items()})
    ends = ", ".join(
        f"{titles[x]} {quantity} " + " and ".join(_end(curve) for curve in y)
        for (x, quantity), y in panels.items()
    )
    return Picture(
        name=figure,
        title=f"L_cl, L_align and L_uniform while training, {by}",
        caption=(
            "Rows of text that is trained on, and of text held out."
            f"{seeds_said(x for y in panels.values() for x in y)} {_MEANS} {made.sentences}"
        ),
        alternative=f"Last values on text trained on and held out: {ends}.",
        settings=made.settings,
        data=data,
        draw=partial(draw_grid, panels, titles, QUANTITIES),
    )


def _end(curve: Curve) -> str:
    value = curve.mean[-1][1]
    return "none" if value is None else f"{value:.3g}"


def gap(sample: Sample) -> float:
    """d_ij as the caption of 003, Figure 3 defines it."""
    return float(sample["gap"]["mean_negative"])


def _by_gap(found: Found, titles: Mapping[str, str], figure: str, order: Sequence[str]) -> Picture:
    """Figure 3a, which has the averages of the STS and of the transfer tasks."""
    named = {titles[recipe]: runs for recipe, runs in found.items()}
    score, places = scores_named(named, gap, order=order)
    made = provenance(found)
    return Picture(
        name=figure,
        title="Score against the distance gap d_ij, by margin of MPT",
        caption=(
            f"{score} of the saved encoder against d_ij after the last step, a point a margin "
            f"m{_unscored(places, 'left out')}. {_bars(places)}{_GAP} {made.sentences}"
        ),
        alternative=_in_words(places, "d_ij"),
        settings={"score": score, **made.settings},
        data=places_data(places, "margin", "d_ij"),
        draw=partial(draw_scores, places, score, "distance gap d$_{ij}$"),
    )


def _gaps(losses: Found) -> Picture:
    """Figure 3b."""
    curves = [
        Curve(name(recipe), along(runs, gap), i, i)
        for i, (recipe, runs) in enumerate(losses.items())
    ]
    made = provenance(losses)
    last = ", ".join(f"{x.label} {_end(x)}" for x in curves)
    return Picture(
        name="003-figure-3-b",
        title="Distance gap d_ij while training, by loss",
        caption=f"{_GAP}{seeds_said(curves)} {made.sentences}",
        alternative=f"d_ij after the last step: {last}.",
        settings=made.settings,
        data=curves_data({"d_ij": curves}),
        draw=partial(draw_lines, curves, "distance gap d$_{ij}$"),
    )


def _unscored(places: Sequence[Place], shown: str) -> str:
    """Which places have no score, and how they are shown."""
    names = ", ".join(x.label for x in places if x.score is None)
    return f" ({shown}, for there is no score: {names})" if names else ""


def _means_said(places: Sequence[Place]) -> str:
    """Over how many seeds the places and scores of Figure 1a are means."""
    counts = {y.n for x in places for y in (x.across, x.score) if y is not None}
    if max(counts) < 2:
        return ""
    seeds = str(max(counts)) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    return f"Places and scores are means over {seeds} seeds. "


def _bars(places: Sequence[Place]) -> str:
    """The bars of Figure 3a, of the places that are drawn."""
    drawn = [x for x in places if x.score is not None]
    said = bars_said(y for x in drawn for y in (x.across, x.score))
    return f"Points: means over the seeds; bars, of both: {said}. " if said else ""


def _in_words(places: Sequence[Place], across: str, upwards: str = "") -> str:
    told = [
        f"{x.label}: {across} {x.across.mean:.3f}"
        + ("" if x.upwards is None else f", {upwards} {x.upwards.mean:.3f}")
        + (", no score" if x.score is None else f", score {x.score.mean:.1f} per cent")
        for x in places
    ]
    return f"{'; '.join(told)}."
