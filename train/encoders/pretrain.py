"""A pretraining run from top to bottom: read, split, tokenise, train, score, save."""

import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from rich.console import Console
from transformers import BertForMaskedLM, BertTokenizer

from train import checkpoints, corpus
from train.encoders import masked_lm, record
from train.encoders.card import card
from train.encoders.loop import Loop
from train.encoders.masked_lm import HeldOut
from train.encoders.masking import Batch, Masking, TrainingBatches, held_out_batches
from train.encoders.schedule import Plan
from train.encoders.sentences import (
    Tokens,
    load_tokenizer,
    make_tokenizer,
    split,
    tokenise,
)
from train.encoders.settings import Pretraining, recorded
from train.errors import ConfigError, RunFolderError
from train.folder import RunFolder, write_atomically
from train.lock import locked
from train.trainer import pick_device, quiet


@dataclass(frozen=True)
class Text:
    """The corpus of a run, split; `described` goes on record."""

    training: list[str]
    held_out: list[str]
    described: record.Record


@dataclass(frozen=True)
class Result:
    """A finished pretraining run."""

    folder: Path
    scores: HeldOut
    guessing: float  # nats: the held-out loss of guessing by frequency


def start(settings: Pretraining, out: Path, console: Console) -> Result:
    """Pretrain in a new folder. Raises `ContragradError`s."""
    began = time.monotonic()
    quiet()
    device = pick_device(settings.device)
    if (out / record.NAME).is_file():
        raise RunFolderError(
            f"--out {str(out)!r} holds a run. Choose another folder, or go on with: "
            f"train pretrain --resume {out}"
        )
    RunFolder.refuse_taken(out)
    text = read_text(settings)
    console.print(f"{text.described['name']}: making a vocabulary ...", soft_wrap=True)
    tokenizer = make_tokenizer(text.training, settings.vocabulary, settings.max_length)
    folder = RunFolder.create(out).path
    with locked(folder):
        tokenizer.save_pretrained(str(folder))
        threads, pieces = torch.get_num_threads(), len(tokenizer)
        first = record.first(settings, out, device, threads, text.described, pieces)
        steps = settings.first_steps(len(text.training))
        if steps is not None:
            warmup = settings.warmup_steps(steps)
            first["plan"] = asdict(Plan(warmup, warmup, steps))
        record.write(folder, first)
        return finish(settings, folder, text, tokenizer, began, console)


def resume(path: Path, console: Console) -> Result:
    """Go on with a run from its last whole checkpoint. Raises `ContragradError`s."""
    began = time.monotonic()
    quiet()
    found = record.read(path)
    if found["finished"]:
        raise RunFolderError(f"--resume {str(path)!r}: this run is finished; see its README.md.")
    settings = recorded(found["options"])
    text = read_text(settings)
    if text.described["sha256"] != found["corpus"].get("sha256"):
        raise RunFolderError(
            f"--resume {str(path)!r}: the training text is not the one this run began with. "
            "Put the old file back, or start a new run."
        )
    with locked(path):
        torch.set_num_threads(found["threads"])  # another number rounds otherwise
        return finish(settings, path, text, load_tokenizer(path), began, console)


def read_text(settings: Pretraining) -> Text:
    """The sentences, split by the seed. Raises `CorpusError` or `ConfigError`."""
    found = corpus.from_file(Path(settings.corpus), settings.seed, None)
    training, held_out = split(found.anchors, settings.seed)
    if len(training) < settings.batch_size:
        raise ConfigError(
            f"the corpus has {len(training):,} sentences to train on, fewer than one batch of "
            f"{settings.batch_size}{found.left_out()}. Give more text or a smaller --batch-size."
        )
    described = {
        "name": found.name,
        "training": len(training),
        "held_out": len(held_out),
        "dropped": dict(found.dropped),
        "sha256": record.digest(found.anchors),
    }
    return Text(training, held_out, described)


def finish(
    settings: Pretraining,
    folder: Path,
    text: Text,
    tokenizer: BertTokenizer,
    began: float,
    console: Console,
) -> Result:
    """Train from the last checkpoint, or the start, to the end; save the model and its card."""
    masking, length = Masking(tokenizer), settings.max_length
    training = tokenise(text.training, tokenizer, length)
    unseen = tokenise(text.held_out, tokenizer, length)
    batches = TrainingBatches(training, masking, settings.batch_size, settings.seed)
    checks = held_out_batches(unseen, masking, settings.batch_size, settings.seed)
    guess = masked_lm.guessing(training, checks, len(tokenizer))
    found = record.read(folder)
    model = masked_lm.build(settings, tokenizer).to(found["device"]).train()
    describe(model, text, training, guess, found, console)
    loop = Loop(settings, folder, model, batches, checks, began, console)
    last = checkpoints.last(folder / "checkpoints")
    if last is not None or (folder / "metrics.jsonl").exists():
        loop.rewind(last)
    loop.run()
    return save(folder, model, checks, guess, console)


def describe(
    model: BertForMaskedLM,
    text: Text,
    training: Tokens,
    guess: float,
    found: record.Record,
    console: Console,
) -> None:
    """What is trained on what, in two lines."""
    size = sum(parameter.numel() for parameter in model.parameters())
    console.print(
        f"{len(training):,} sentences of {len(training.ids):,} tokens, {len(text.held_out):,} "
        f"held out; {found['word_pieces']:,} word pieces; {size / 1e6:.1f} million parameters on "
        f"{found['device']} with {found['threads']} thread(s)",
        soft_wrap=True,
    )
    console.print(f"Guessing by frequency has a held-out loss of {guess:.3f} nats.")


def save(
    folder: Path, model: BertForMaskedLM, checks: list[Batch], guess: float, console: Console
) -> Result:
    """The model, the card, and last the mark that the run is finished."""
    found = record.read(folder)
    scores = masked_lm.held_out(model, checks, found["device"])
    model.eval().save_pretrained(str(folder))
    found["finished"] = {"guessing": guess, **asdict(scores)}
    write_atomically(folder / "README.md", card(found))
    record.write(folder, found)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    console.print(
        f"Held out: loss {scores.loss:.3f} nats, {scores.accuracy:.1%} of {scores.tokens:,} "
        f"masked tokens right. Model: {folder}",
        soft_wrap=True,
    )
    return Result(folder, scores, guess)
