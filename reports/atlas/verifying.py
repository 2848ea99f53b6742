"""The verification of a loss as data that is kept."""

from collections.abc import Mapping
from typing import Any

from derive.verdict import Verdict
from verify.ladder import verify_loss
from verify.report import CheckResult, LossReport


def verified(spec: str, examples: int, seed: int) -> dict[str, Any]:
    """Every check of a loss, as JSON. spec: what `--loss` takes."""
    return verify_loss(spec, examples=examples, seed=seed).to_json()


def report_of(data: Mapping[str, Any]) -> LossReport:
    """The report that `verified` wrote."""
    results = tuple(
        CheckResult(
            x["check"], Verdict(x["verdict"]), x["detail"], x["seconds"], x["snippet"] or "",
            x["rung"] or 0,
        )
        for x in data["results"]
    )  # fmt: skip
    return LossReport(data["loss"], results, data["reference"])
