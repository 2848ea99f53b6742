"""Made-up records, small enough to build a page from in a second."""

import json
from pathlib import Path

import pytest

from reports.heatmap import Settings

SMALL = Settings(cells=6, batches=20, negatives=9)


@pytest.fixture
def small():
    return SMALL


@pytest.fixture
def run_folder(tmp_path):
    return write_run(tmp_path / "run")


def write_run(path: Path, *, loss="mvicreg", lines=None) -> Path:
    """A run folder as `train run` leaves it, without the model. lines: of metrics.jsonl."""
    path.mkdir(parents=True)
    config = {
        "options": {"loss": loss, "settings": {"r": "1.5"}, "model": None, "seed": 7},
        "schedule": {"steps": 40, "batch_size": 8, "lr": 0.001, "max_length": 16, "save_every": 4},
        "device": "cpu",
        "corpus": {"name": "a made-up text", "views": "two translations", "rows": 1234},
        "verification": {"verdict": "agreed", "examples": 20, "checks": {"identity": "proved"}},
        "versions": {"python": "3.11.0", "torch": "2.13.0"},
        "command": "train run --loss mvicreg --set r=1.5 --seed 7",
    }
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    text = "".join(line + "\n" for line in (records() if lines is None else lines))
    (path / "metrics.jsonl").write_text(text, encoding="utf-8")
    return path


def records() -> list[str]:
    """The lines of a finished run."""
    made = [
        {"event": "evaluation", "when": "before", "step": 0, "scores": {"MRR": 0.25, "<ρ>": 0.5}},
        *({"event": "step", "step": 10 * n, "loss": 2.0 / n, "lr": 1e-3} for n in range(1, 5)),
        {"event": "evaluation", "when": "after", "step": 40, "scores": {"MRR": 0.75, "<ρ>": 0.4}},
        {"event": "finished", "step": 40},
    ]
    return [json.dumps(x, ensure_ascii=False) for x in made]
