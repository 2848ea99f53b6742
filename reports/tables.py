"""Values of pictures as CSV."""

from reports.heatmap import Heatmap


def csv_name(heatmap: Heatmap) -> str:
    """The file's name beside the page."""
    return f"gd-{heatmap.loss}.csv"


def heatmap_csv(heatmap: Heatmap) -> str:
    """One line a cell; radians; the settings in comment lines that begin with #."""
    s = heatmap.settings
    hyper = ", ".join(f"{name} = {value}" for name, value in heatmap.hyper.items())
    lines = [
        f"# mean gradient dissipation of {heatmap.loss}; {hyper}",
        f"# {s.batches} batches of 1 + {s.negatives}, seed {s.seed}, "
        f"spreads {s.positive_spread:g} and {s.negative_spread:g}",
        "mu_pos,mu_neg,mean_gd,standard_error",
    ]
    for p, mu_pos in enumerate(s.positive_means):
        for n, mu_neg in enumerate(s.negative_means):
            mean, error = heatmap.mean[p, n], heatmap.error[p, n]
            lines.append(f"{mu_pos:.9g},{mu_neg:.9g},{mean:.9g},{error:.3g}")
    return "\n".join(lines) + "\n"
