"""One training run, from top to bottom: verify, read, encode, score, train, score, save."""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from sentence_transformers import SentenceTransformer

from derive.objective import Objective
from train import checkpoints, ranks
from train.best import Best
from train.card import model_card
from train.config import RunConfig
from train.corpus import Corpus
from train.dropout import equal_views
from train.encoder import load
from train.errors import RunFolderError
from train.evaluation import Evaluation, Scores
from train.fit import fit
from train.folder import RunFolder
from train.heads import without_head
from train.identity import found_again, label, takes, trainable
from train.intact import newest_intact
from train.lengths import limit_of
from train.materials import (
    fingerprint,
    first_record,
    make_encoder,
    not_trained_on,
    parted,
    read_corpus,
    read_evaluations,
)
from train.protocols import Protocol
from train.recorded import recorded
from train.results import (
    complete,
    is_finished,
    on_record,
    save,
    score,
    scores_at,
)
from train.screen import describe, show
from train.setting_up import DEFAULT_OUT, as_recorded, begun, new_folder, refuse_impossible
from train.signals import resumable
from train.storage import storage_errors
from train.untrained import untrained_scores
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
    objective: Objective
    protocol: Protocol
    folder: RunFolder
    corpus: Corpus
    held_out: Corpus | None
    evaluations: list[Evaluation]
    device: str
    console: Console


def start(config: RunConfig, out: Path | None, console: Console) -> Outcome:
    """Verify the loss, make the folder and train. Raises `ContragradError`s."""
    config.refuse_ignored()
    console, device = begun(config.device, console)
    objective = trainable(config.loss, config.settings)  # bad input fails before the long part
    ranks.once(lambda: RunFolder.refuse_taken(out or DEFAULT_OUT / "new"))
    evaluations = read_evaluations(config)
    text, held_out = parted(read_corpus(config), config)
    takes(objective, text)
    protocol = config.chosen.resolved(len(text), not_trained_on(text, held_out))
    refuse_impossible(protocol, device)
    model = make_encoder(config, protocol, text, device, None)
    if warning := equal_views(model, text):
        console.print(warning, soft_wrap=True)
    protocol = replace(protocol, max_length=limit_of(model) or protocol.max_length)
    verification = ranks.once(lambda: verify(config, console))
    folder = new_folder(out, label(objective), config.seed)
    with storage_errors(folder.path), folder.held():
        folder.write_config(first_record(config, objective, protocol, text, device, verification))
        run = Run(config, objective, protocol, folder, text, held_out, evaluations, device, console)
        return finish(run, model, None)


def resume(path: Path, device: str | None, console: Console) -> Outcome:
    """Go on with a run from its last whole checkpoint, by default on the device on record.

    Raises `ContragradError`s.
    """
    folder = replace(RunFolder.existing(path), writes=ranks.is_first())
    record = folder.read_config()
    console, device = begun(device or str(record.get("device", "auto")), console)
    with storage_errors(folder.path), folder.held():
        return go_on(folder, device, console)


def go_on(folder: RunFolder, device: str, console: Console) -> Outcome:
    """`resume` in a folder that no other process trains in."""
    path, record = folder.path, folder.read_config()
    if is_finished(folder):
        raise RunFolderError(f"--resume {str(path)!r}: this run is finished; see its README.md.")
    config, protocol = recorded(record)
    as_recorded(record, device, console)
    objective = found_again(config.loss, record, path)
    refuse_impossible(protocol, device)
    evaluations = read_evaluations(config)
    text, held_out = parted(read_corpus(config), config)
    if fingerprint(text) != record["corpus"]["sha256"]:
        raise RunFolderError(
            f"--resume {str(path)!r}: the training text is not the one this run began with. "
            "Put the old file back, or start a new run."
        )
    ranks.once(lambda: verify(config, console))
    checkpoint = ranks.once(lambda: newest_intact(folder.checkpoints))
    model = make_encoder(config, protocol, text, device, checkpoint)
    run = Run(config, objective, protocol, folder, text, held_out, evaluations, device, console)
    ranks.once(lambda: rewind(run, checkpoint))
    return finish(run, model, checkpoint)


def rewind(run: Run, checkpoint: Path | None) -> None:
    """Put the records back to the checkpoint, or to the start if there is none."""
    done = checkpoints.step_of(checkpoint) if checkpoint else 0
    damaged = run.folder.forget_after(done)
    if damaged:
        run.console.print(f"metrics.jsonl: {damaged} damaged line(s) dropped")
    run.folder.append({"event": "resumed", "step": done, "device": run.device})
    run.console.print(f"Going on after step {done} of {run.protocol.steps}")


def finish(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> Outcome:
    """Train from the checkpoint that `model` comes from, or from the start, to the end."""
    folder, steps = run.folder, run.protocol.steps
    assert steps is not None
    run.console.print(f"Run folder: {folder.path}", soft_wrap=True)
    run.console.print(run.corpus.describe(), soft_wrap=True)
    run.console.print(describe(model, run), soft_wrap=True)
    with resumable(folder):
        before = begin(run, model, checkpoint)
        fit(run, model, checkpoint)
        model = kept(run, model)
        ranks.once(lambda: save(folder, model))  # first: whatever the scores, nothing is lost
        run.console.print("Evaluating ...")
        after = score(folder, run.evaluations, model, "after", steps)
        ranks.once(lambda: write_card(run, model, before, after))
    show(run, before, after)
    return Outcome(folder.path, before, after)


def kept(run: Run, model: SentenceTransformer) -> SentenceTransformer:
    """The trained encoder without its training head: the best one, or else the last one."""
    best = Best(run.folder)
    if not run.protocol.keep_best or best.path is None:
        return without_head(model)
    run.console.print(f"Keeping the encoder of step {best.step}: {best.score:.4f} was the best")
    return load(str(best.path), run.protocol.max_length, run.device)


def write_card(run: Run, model: SentenceTransformer, before: Scores, after: Scores) -> None:
    """The end of a run on disk: its card; then best and checkpoints have served."""
    record, steps = run.folder.read_config(), run.protocol.steps
    assert steps is not None
    parts = run.config, run.objective, run.protocol, record, run.corpus
    card = model_card(*parts, model, before, after)
    complete(run.folder, card, steps)
    Best(run.folder).clear()


def begin(run: Run, model: SentenceTransformer, checkpoint: Path | None) -> Scores:
    """The scores before training: on record when the run goes on, else measured now.

    A checkpoint is not what training began with: then the first encoder is made once more.
    """
    before = ranks.once(lambda: scores_at(run.folder, "before"))
    if before is not None:
        return before
    run.console.print("Evaluating before training ...")
    if checkpoint is not None:
        model = make_encoder(run.config, run.protocol, run.corpus, run.device, None)
    found = untrained_scores(run.config, run.evaluations, model)
    return on_record(run.folder, found, "before", 0)
