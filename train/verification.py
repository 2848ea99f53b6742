"""No loss is trained that was not verified just before."""

import shlex
from typing import Any

from rich.console import Console

from derive.verdict import Verdict
from train.config import RunConfig
from train.errors import RefutedLossError, UndecidedLossError
from verify import ladder
from verify.report import LossReport

EXAMPLES = 20  # a check: seconds, where `verify run` takes 100


def verify(config: RunConfig, console: Console) -> dict[str, Any]:
    """Verify the run's loss with the run's hyper-parameters; the summary for config.json.

    Raises `RefutedLossError`, or `UndecidedLossError` unless the run accepts that.
    """
    console.print(f"Verifying {config.loss} ...")
    again = f"verify run --loss {shlex.quote(config.loss)}"
    report = ladder.verify_loss(config.loss, config.settings, examples=EXAMPLES)
    verdict = report.verdict
    if verdict is Verdict.REFUTED:
        raise RefutedLossError(
            f"{config.loss} is refuted and will not be trained: {details(report, verdict)} "
            f"See: {again}"
        )
    if verdict is Verdict.UNDECIDED and not config.accept_undecided:
        raise UndecidedLossError(
            f"{config.loss} is not fully verified: {details(report, verdict)} "
            f"See {again}, or train it all the same with "
            "--accept-undecided."
        )
    console.print(f"  {config.loss}: {verdict.value} ({len(report.results)} checks)")
    return {
        "verdict": verdict.value,
        "reference": report.reference,
        "examples": EXAMPLES,
        "checks": {result.check: result.verdict.value for result in report.results},
    }


def details(report: LossReport, verdict: Verdict) -> str:
    """The checks that came to `verdict`, with their details."""
    return "; ".join(f"{r.check}: {r.detail}" for r in report.results if r.verdict is verdict) + "."
