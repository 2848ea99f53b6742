"""What a reader needs to make a heatmap again, and how exact it is."""

from math import sqrt

from markupsafe import Markup

from reports.figures import LEVELS, in_pi
from reports.heatmap import Heatmap, Settings
from reports.sections.prose import typeset

FIGURE = "arXiv:2402.18281, Figure 2"


def caption(heatmap: Heatmap) -> Markup:
    """Quantity, settings, seed and Monte-Carlo error."""
    s = heatmap.settings
    hyper = ", ".join(f"{name} = {value}" for name, value in heatmap.hyper.items())
    worst, rms = heatmap.error.max(), sqrt(float((heatmap.error**2).mean()))
    text = (
        f"Mean gradient dissipation of {heatmap.loss}{f' ({hyper})' if hyper else ''}, computed "
        f"from the GD_i above. {s.cells} × {s.cells} cells, each the mean of {s.batches:,} batches "
        f"of 1 positive and {s.negatives} negatives; θ_ii' ~ N(μ_pos, {s.positive_spread:g}²), "
        f"θ_ij' ~ N(μ_neg, {s.negative_spread:g}²) radians; μ_pos and μ_neg at the centres of "
        f"{s.cells} equal parts of {_interval(s.positive_interval)} and "
        f"{_interval(s.negative_interval)}. Seed {s.seed}, the same draws in every cell. "
        f"Monte-Carlo standard error of a cell: at most {worst:.2g}, root mean square {rms:.2g}. "
        f"{_against_paper(s)} Contours at {' and '.join(f'{x:g}' for x in LEVELS)}; dashed: "
        "μ_pos = μ_neg."
    )
    return typeset(text)


def _interval(ends: tuple[float, float]) -> str:
    return f"[{in_pi(ends[0])}, {in_pi(ends[1])}]"


def _against_paper(s: Settings) -> str:
    if s == Settings(seed=s.seed):
        return f"These are the settings of {FIGURE}."
    p = Settings()
    return (
        f"Not the settings of {FIGURE}, which has {p.cells} × {p.cells} cells of {p.batches:,} "
        f"batches of 1 + {p.negatives}."
    )
