"""Made-up runs with measurements, for the tests of `reports compare`."""

import json
from pathlib import Path

from tests.reports.conftest import write_run


def sample(x: float) -> dict:
    """A sample of a measurement whose numbers tell themselves apart."""

    def values(mean):
        return {"n": 4, "undefined": 0, "mean": mean, "std": mean / 10}

    lengths = {"ambient": values(x + 5), "tangential": None, "raw": None}
    return {
        "rows": 4,
        "angles": {"positive": values(x + 0.1), "negative": values(x + 0.2)},
        "L_align": x + 1, "L_uniform": x - 2, "L_cl": x + 3, "own": x,
        "dissipation": values(x) | {"kind": "gate", "active": x / 2},
        "hardest_share": values(x / 3) | {"signed": False},
        "ratio": None,
        "gradient": {"pull": lengths, "push": lengths},
    }  # fmt: skip


def measurement(step: int, x: float, *, held_out: bool = True) -> str:
    """A line of metrics.jsonl."""
    record = {"event": "measurement", "step": step, "schema": 1,
              "held_out": sample(x) if held_out else None, "train": sample(x + 10)}  # fmt: skip
    return json.dumps(record)


def lines(offset: float, *, held_out: bool = True) -> list[str]:
    """A finished run: losses 2, 1, …, scores by offset, three measurements."""
    scored = [("before", 0, 0.5), ("during", 20, 0.6), ("after", 40, 0.7)]
    return [
        *(json.dumps({"event": "step", "step": 10 * n, "loss": 2.0 / n + offset})
          for n in range(1, 5)),
        *(json.dumps({"event": "evaluation", "when": when, "step": step,
                      "scores": {"MRR": x + offset}}) for when, step, x in scored),
        *(measurement(step, 0.9 - step / 100 + offset, held_out=held_out)
          for step in (0, 20, 40)),
        json.dumps({"event": "finished", "step": 40}),
    ]  # fmt: skip


def run(path: Path, offset: float = 0.0, seed: int = 0, loss: str = "mpt", **how) -> Path:
    """A run folder; how: `lines`, or of `lines`."""
    written = how.pop("lines", None)
    write_run(path, loss=loss, lines=lines(offset, **how) if written is None else written)
    config = json.loads((path / "config.json").read_text())
    config["options"]["seed"] = seed
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return path


def seeds(path: Path, offsets: list[float], loss: str = "mpt") -> Path:
    """A folder of seeds."""
    for seed, offset in enumerate(offsets):
        run(path / f"seed-{seed}", offset, seed, loss)
    (path / "summary.json").write_text("{}", encoding="utf-8")
    return path
