"""One training run, from top to bottom: verify, read, encode, score, train, score, save."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from sentence_transformers import SentenceTransformer

from derive.objectives import load as load_objective
from train import checkpoints, trainer
from train.card import DEMONSTRATION, model_card
from train.config import RunConfig, Schedule
from train.corpus import Corpus
from train.encoder import share_cut
from train.errors import RunFolderError
from train.evaluation import Evaluation, Scores
from train.folder import RunFolder, free_path
from train.loss import derived_loss
from train.materials import (
    fingerprint,
    first_record,
    make_encoder,
    read_corpus,
    read_evaluations,
    recorded,
)
from train.progress import EvaluateEvery, Report
from train.results import is_finished, print_scores, save, score, scores_at
from train.signals import StopOnSignal, handling, interrupted, resumable
from train.verification import verify


@dataclass(frozen=True)
class Outcome:
    """A finished run: its folder and the scores by name."""

    folder: Path
    before: Scores
    after: Scores


@dataclass(frozen=True)
class Run:
    """What a run needs, ready to train: made new by `start`, or again by `resume`."""

    config: RunConfig
    schedule: Schedule
    folder: RunFolder
    corpus: Corpus
    evaluations: list[Evaluation]
    device: str
    console: Console


def start(config: RunConfig, out: Path | None, console: Console) -> Outcome:
    """Verify the loss, make the folder and train. Raises `ContragradError`s."""
    trainer.quiet()
    device = trainer.pick_device(config.device)
    load_objective(config.loss).defaults(config.settings)  # bad input fails before the long part
    if out is not None:
        RunFolder.refuse_taken(out)
    evaluations = read_evaluations(config)
    text = read_corpus(config)
    schedule = config.schedule(len(text))
    verification = verify(config, console)
    model = make_encoder(config, schedule.max_length, text, device, None)
    folder = RunFolder.create(out or free_path(Path("runs"), config.loss, config.seed))
    folder.write_config(first_record(config, schedule, text, device, verification))
    run = Run(config, schedule, folder, text, evaluations, device, console)
    return finish(run, model, None)


def resume(path: Path, device: str, console: Console) -> Outcome:
    """Go on with a run from its last whole checkpoint. Raises `ContragradError`s."""
    trainer.quiet()
    folder = RunFolder.existing(path)
    record = folder.read_config()
    if is_finished(folder):
        raise RunFolderError(f"--resume {str(path)!r}: this run is finished; see its README.md.")
    config, schedule = recorded(record)
    evaluations = read_evaluations(config)
    text = read_corpus(config)
    if fingerprint(text) != record["corpus"]["sha256"]:
        raise RunFolderError(
            f"--resume {str(path)!r}: the training text is not the one this run began with. "
            "Put the old file back, or start a new run."
        )
    verify(config, console)
    device = trainer.pick_device(device)
    checkpoint = checkpoints.last(folder.checkpoints)
    model = make_encoder(config, schedule.max_length, text, device, checkpoint)
    run = Run(config, schedule, folder, text, evaluations, device, console)
    return finish(run, model, checkpoint)


def finish(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> Outcome:
    """Train from the checkpoint that `model` comes from, or from the start, to the end."""
    config, schedule, folder = run.config, run.schedule, run.folder
    run.console.print(f"Run folder: {folder.path}", soft_wrap=True)
    run.console.print(run.corpus.describe(), soft_wrap=True)
    run.console.print(describe(model, run), soft_wrap=True)
    with resumable(folder):
        before = begin(run, model, checkpoint)
        fit(run, model, checkpoint)
        run.console.print("Evaluating ...")
        after = score(folder, run.evaluations, model, "after", schedule.steps)
        card = model_card(config, schedule, folder.read_config(), run.corpus, before, after)
        save(folder, model, card, schedule.steps)
    title = f"{config.loss}, seed {config.seed}, {schedule.steps} steps"
    print_scores(run.console, title, before, after)
    if config.is_demonstration:
        run.console.print(DEMONSTRATION)
    run.console.print(f"Model: {folder.model}", soft_wrap=True)
    return Outcome(folder.path, before, after)


def describe(model: SentenceTransformer, run: Run) -> str:
    """One line: the encoder's size, its device, and how much of the text it cuts."""
    size = sum(parameter.numel() for parameter in model.parameters())
    cut = share_cut(model, run.corpus.anchors)
    return (
        f"{run.config.model or 'a small new BERT'}: {size / 1e6:.1f} million parameters on "
        f"{run.device}; {cut:.1%} of the sentences exceed {model.max_seq_length} tokens and are cut"
    )


def begin(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> Scores:
    """The scores before training: measured now, or on record when the run goes on."""
    before = scores_at(run.folder, "before")
    if before is None:
        run.console.print("Evaluating before training ...")
        return score(run.folder, run.evaluations, model, "before", 0)
    done = checkpoints.step_of(checkpoint) if checkpoint else 0
    run.folder.forget_after(done)
    run.folder.append({"event": "resumed", "step": done})
    run.console.print(f"Going on after step {done} of {run.schedule.steps}")
    return before


def fit(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> None:
    """Train `model` in place. Raises `TrainingInterrupted` after a signal."""
    config, schedule, folder = run.config, run.schedule, run.folder
    if checkpoint and checkpoints.step_of(checkpoint) == schedule.steps:
        return
    stop, report = StopOnSignal(), Report(run.console, folder.append, schedule.batch_size)
    callbacks = [report, stop, checkpoints.MarkComplete()]
    if config.eval_every:
        during = partial(score, folder, run.evaluations, model, "during")
        callbacks.append(EvaluateEvery(config.eval_every, during))
    loss = derived_loss(model, config.loss, config.settings)
    args = trainer.arguments(schedule, config.seed, folder.checkpoints, run.device)
    try:
        with handling(stop):
            trainer.train(loss, run.corpus, args, callbacks, checkpoint)
    finally:
        report.close()
    if stop.received is not None:
        raise interrupted(folder, stop.received)
