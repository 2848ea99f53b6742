"""One training run, from top to bottom: verify, read, encode, score, train, score, save."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from sentence_transformers import SentenceTransformer

from derive.objective import Objective
from train import checkpoints, trainer
from train.card import DEMONSTRATION, model_card
from train.config import RunConfig, Schedule
from train.corpus import Corpus
from train.encoder import share_cut
from train.errors import RunFolderError
from train.evaluation import Evaluation, Scores
from train.folder import RunFolder
from train.identity import found_again, label, trainable
from train.lock import locked
from train.loss import derived_loss
from train.materials import (
    fingerprint,
    first_record,
    make_encoder,
    read_corpus,
    read_evaluations,
)
from train.progress import EvaluateEvery, Report
from train.recorded import recorded
from train.results import (
    complete,
    is_finished,
    print_scores,
    report_collapse,
    save,
    score,
    scores_at,
)
from train.signals import StopOnSignal, handling, interrupted, resumable
from train.verification import verify

DEFAULT_OUT = Path("runs")


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
    objective: Objective
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
    objective = trainable(config.loss, config.settings)  # bad input fails before the long part
    RunFolder.refuse_taken(out or DEFAULT_OUT / "new")
    evaluations = read_evaluations(config)
    text = read_corpus(config)
    schedule = config.schedule(len(text), text.left_out())
    model = make_encoder(config, schedule.max_length, text, device, None)
    verification = verify(config, console)
    name, seed = label(objective), config.seed
    folder = RunFolder.create(out) if out else RunFolder.create_free(DEFAULT_OUT, name, seed)
    with locked(folder.path):
        folder.write_config(first_record(config, objective, schedule, text, device, verification))
        run = Run(config, objective, schedule, folder, text, evaluations, device, console)
        return finish(run, model, None)


def resume(path: Path, device: str | None, console: Console) -> Outcome:
    """Go on with a run from its last whole checkpoint, by default on the device on record.

    Raises `ContragradError`s.
    """
    trainer.quiet()
    folder = RunFolder.existing(path)
    with locked(path):
        return go_on(folder, device, console)


def go_on(folder: RunFolder, device: str | None, console: Console) -> Outcome:
    """`resume` in a folder that no other process trains in."""
    path, record = folder.path, folder.read_config()
    if is_finished(folder):
        raise RunFolderError(f"--resume {str(path)!r}: this run is finished; see its README.md.")
    config, schedule = recorded(record)
    objective = found_again(config.loss, record, path)
    device = trainer.pick_device(device or record["device"])
    evaluations = read_evaluations(config)
    text = read_corpus(config)
    if fingerprint(text) != record["corpus"]["sha256"]:
        raise RunFolderError(
            f"--resume {str(path)!r}: the training text is not the one this run began with. "
            "Put the old file back, or start a new run."
        )
    verify(config, console)
    checkpoint = checkpoints.last(folder.checkpoints)
    model = make_encoder(config, schedule.max_length, text, device, checkpoint)
    run = Run(config, objective, schedule, folder, text, evaluations, device, console)
    rewind(run, checkpoint)
    return finish(run, model, checkpoint)


def rewind(run: Run, checkpoint: Path | None) -> None:
    """Put the records back to the checkpoint, or to the start if there is none."""
    done = checkpoints.step_of(checkpoint) if checkpoint else 0
    damaged = run.folder.forget_after(done)
    if damaged:
        run.console.print(f"metrics.jsonl: {damaged} damaged line(s) dropped")
    run.folder.append({"event": "resumed", "step": done, "device": run.device})
    run.console.print(f"Going on after step {done} of {run.schedule.steps}")


def finish(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> Outcome:
    """Train from the checkpoint that `model` comes from, or from the start, to the end."""
    config, schedule, folder = run.config, run.schedule, run.folder
    run.console.print(f"Run folder: {folder.path}", soft_wrap=True)
    run.console.print(run.corpus.describe(), soft_wrap=True)
    run.console.print(describe(model, run), soft_wrap=True)
    with resumable(folder):
        before = begin(run, model, checkpoint)
        fit(run, model, checkpoint)
        save(folder, model)  # first: whatever the scores come to, the training is not lost
        run.console.print("Evaluating ...")
        after = score(folder, run.evaluations, model, "after", schedule.steps)
        record = folder.read_config()
        card = model_card(config, run.objective, schedule, record, run.corpus, before, after)
        complete(folder, card, schedule.steps)
    show(run, before, after)
    return Outcome(folder.path, before, after)


def show(run: Run, before: Scores, after: Scores) -> None:
    """The result on the screen. Raises `CollapsedError` if a score is undefined."""
    title = f"{run.config.loss}, seed {run.config.seed}, {run.schedule.steps} steps"
    print_scores(run.console, title, before, after)
    if run.config.is_demonstration:
        run.console.print(DEMONSTRATION)
    run.console.print(f"Model: {run.folder.model}", soft_wrap=True)
    report_collapse(run.folder, after)


def describe(model: SentenceTransformer, run: Run) -> str:
    """One line: the encoder's size, its device, and how much of the text it cuts."""
    size = sum(parameter.numel() for parameter in model.parameters())
    cut = share_cut(model, run.corpus.anchors)
    return (
        f"{run.config.model or 'a small new BERT'}: {size / 1e6:.1f} million parameters on "
        f"{run.device}; {cut:.1%} of the sentences exceed {model.max_seq_length} tokens and are cut"
    )


def begin(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> Scores:
    """The scores before training: on record when the run goes on, else measured now.

    A checkpoint is not what training began with: then the first encoder is made once more.
    """
    before = scores_at(run.folder, "before")
    if before is not None:
        return before
    run.console.print("Evaluating before training ...")
    if checkpoint is not None:
        model = make_encoder(run.config, run.schedule.max_length, run.corpus, run.device, None)
    return score(run.folder, run.evaluations, model, "before", 0)


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
    loss = derived_loss(model, run.objective, config.settings)
    args = trainer.arguments(schedule, config.seed, folder.checkpoints, run.device)
    try:
        with handling(stop):
            trainer.train(loss, run.corpus, args, callbacks, checkpoint)
    finally:
        report.close()
    if stop.received is not None:
        raise interrupted(folder, stop.received)
