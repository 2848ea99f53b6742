"""The training part of a run: the trainer, and what happens between its steps."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sentence_transformers import SentenceTransformer
from transformers import TrainerCallback

from train import checkpoints, ranks, trainer
from train.best import Best
from train.errors import DivergedError
from train.loss import derived_loss
from train.progress import EvaluateEvery, Report
from train.results import score
from train.signals import StopOnSignal, handling, interrupted

if TYPE_CHECKING:
    from train.run import Run


def fit(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> None:
    """Train `model` in place.

    Raises `TrainingInterrupted` after a signal, and `DivergedError` when training breaks down; the
    last whole checkpoint is there in each case.
    """
    if checkpoint and checkpoints.step_of(checkpoint) == run.protocol.steps:
        return
    stop, report = StopOnSignal(), Report(run.console, run.folder.append, run.protocol.batch_size)
    best = Best(run.folder)
    callbacks = [report, stop, checkpoints.MarkComplete(best.prune), *observers(run, model, best)]
    loss = derived_loss(
        model, run.objective, run.config.settings, run.protocol, gather=ranks.world() > 1
    )
    args = trainer.arguments(run.protocol, run.config.seed, run.folder.checkpoints, run.device)
    made = trainer.make_trainer(loss, run.corpus, args, callbacks, run.protocol.bucket)
    try:
        with handling(stop):
            made.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except DivergedError as error:
        raise diverged(run, model, made.state.global_step + 1, error) from error
    finally:
        report.close()
    if stop.received is not None:
        raise interrupted(run.folder, stop.received)


def observers(run: Run, model: SentenceTransformer, best: Best) -> list[TrainerCallback]:
    """Scores and measurements during training, as the protocol has them."""
    found: list[TrainerCallback] = []
    protocol = run.protocol
    if protocol.measure_every is not None and ranks.is_first():
        from train.measuring import measuring

        parts = run.config, protocol, run.objective, run.held_out, run.corpus
        found.append(measuring(*parts, model, run.folder.append, folder=run.folder.path))
    if protocol.eval_every is not None:
        evaluate = partial(scored, run, model, best)
        found.append(EvaluateEvery(protocol.eval_every, evaluate, last=protocol.keep_best))
    return found


def scored(run: Run, model: SentenceTransformer, best: Best, step: int) -> None:
    """Score with the first evaluation alone: STS-B dev, the set to choose by."""
    scores = score(run.folder, run.evaluations[:1], model, "during", step)
    if run.protocol.keep_best:
        ranks.once(lambda: best.offer(model, step, scores))


def diverged(
    run: Run, model: SentenceTransformer, step: int, error: DivergedError
) -> DivergedError:
    """Put on record what went wrong and keep the encoder of that moment; the error to raise."""
    where = run.folder.path / "diverged"

    def keep() -> None:
        run.folder.append({"event": "diverged", "step": step, "reason": str(error)})
        shutil.rmtree(where, ignore_errors=True)
        model.save_pretrained(str(where / "model"), create_model_card=False)
        reason = {"step": step, "reason": str(error)}
        (where / "reason.json").write_text(json.dumps(reason) + "\n", encoding="utf-8")

    if ranks.is_first():
        keep()
    last = checkpoints.last(run.folder.checkpoints)
    kept = f"The encoder as it was then is in {str(where)!r}"
    kept += f", the last checkpoint in {str(last)!r}." if last else "."
    return DivergedError(f"step {step}: {error} {kept}")
