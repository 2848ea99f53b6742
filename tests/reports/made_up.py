"""Made-up runs of recipes, with measurements of drawn angles: what a figure shows is known."""

import json
import zlib
from math import pi
from pathlib import Path

import numpy as np

from train.recipes import recipes

STEPS = (0, 20, 40)
TAUS = ("0.01", "0.03", "0.05", "0.1", "0.3", "1", "3")
SCORE = "graded similarity, Spearman"
QUANTILES = (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)


def offset(recipe, seed):
    """What a made-up value of a run has on top, so that runs that are mixed up are found out."""
    return zlib.crc32(recipe.encode()) % 97 / 1000 + seed / 50


def angles(recipe, seed, step, kind):
    """The angles that a made-up record is of, radians: 50 of positives, 200 of negatives."""
    random = np.random.default_rng([*recipe.encode(), seed, step, kind == "negative"])
    centre, n = (1.2 + step / 100, 200) if kind == "negative" else (0.4 + step / 200, 50)
    return random.normal(centre, 0.1, n).clip(0, pi)


def values(drawn):
    """VALUES of docs/measuring.md."""
    drawn = np.asarray(drawn, dtype=float)
    return {
        "n": len(drawn), "undefined": 0, "mean": drawn.mean(), "std": drawn.std(),
        "quantiles": np.quantile(drawn, QUANTILES).tolist(),
    }  # fmt: skip


def sample(recipe, seed, step, shift):
    """SAMPLE of docs/measuring.md; shift: what tells the text held out from that trained on."""
    own = {kind: angles(recipe, seed, step, kind) for kind in ("positive", "negative")}
    histograms = {
        kind: np.histogram(x, bins=64, range=(0, pi))[0].tolist() for kind, x in own.items()
    }
    extra = offset(recipe, seed)
    least = values(np.linspace(0.2, 1.4, 41) + step / 200 + extra)
    lemma = {"maximum": None, "sphere_minimum": None, "possible": 0.9, "met_by_one": 0.6,
             "met_by_ratio": 0.6}  # fmt: skip
    shares = {tau: 1 / (10 + 100 * float(tau)) * (1 + step / 10) + extra for tau in TAUS}
    return {
        "rows": 64, "batch": 33, "dimensions": 8,
        "angles": {kind: values(x) | {"histogram": histograms[kind]} for kind, x in own.items()},
        "gap": {"mean_negative": 0.1 + step / 100 + extra, "nearest_negative": 0.0},
        "L_align": float((2 - 2 * np.cos(own["positive"])).mean()) + shift,
        "L_uniform": -1.0 - step / 40 + shift + extra,
        "L_cl": 2.0 - step / 40 + shift + extra, "own": 0.5,
        "hardest_by_temperature": shares,
        "lemma_1": [{"lambda": x, "minimum": least, **lemma} for x in (0.1, 0.5, 1.0)],
        "dissipation": None, "hardest_share": None, "gradient": None,
        "ratio": values(np.linspace(1, 2, 21) + step / 100 + extra) | {"diagonal": None},
        "reasons": {},
    }  # fmt: skip


def write_recipe(root: Path, recipe, *, seeds=1, measured=True, after=0.5, folder=None, **options):
    """Runs of a recipe as `reports record` makes them, without the models. after: the first
    seed's score, the next one's is .1 higher; None: the run has not finished. options: in place of
    the recipe's."""
    for seed in range(seeds):
        path = root / (folder or recipe) / f"seed-{seed}"
        path.mkdir(parents=True)
        own = recipes()[recipe].options() | {"seed": seed} | options
        config = {
            "options": own, "device": "cpu", "corpus": {"name": "a made-up text", "rows": 1234},
            "schedule": {"steps": STEPS[-1], "batch_size": 33},
        }  # fmt: skip
        (path / "config.json").write_text(json.dumps(config))
        lines = [{"event": "step", "step": 20, "loss": 1.0}]
        for step in STEPS if measured else ():
            both = {"held_out": sample(recipe, seed, step, 0.0),
                    "train": sample(recipe, seed, step, -0.125)}  # fmt: skip
            lines.append({"event": "measurement", "schema": 1, "step": step, "reasons": {}} | both)
        if after is not None:
            scores = {SCORE: after + seed / 10}
            lines.append({"event": "evaluation", "when": "after", "step": 40, "scores": scores})
            lines.append({"event": "finished", "step": 40})
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (path / "metrics.jsonl").write_text(text)


def columns(picture, **wanted):
    """The rows of a picture's data with these values, as dicts."""
    names = list(picture.data.columns)
    rows = [dict(zip(names, row, strict=True)) for row in picture.data.rows()]
    return [x for x in rows if all(x[name] == value for name, value in wanted.items())]
