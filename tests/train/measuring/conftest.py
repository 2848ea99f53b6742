"""A small encoder, and a training loop of the trainer that runs use."""

from pathlib import Path

import pytest
from datasets import Dataset
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from transformers import PrinterCallback

from derive.objectives import load
from derive.torch.sentences import SentenceLoss
from tests.train.conftest import SENTENCES
from train import encoder
from train.config import RunConfig
from train.corpus import DROPOUT, Corpus
from train.measuring import measuring
from train.protocols import Protocol

STEPS, BATCH = 6, 8


def corpus(sentences, positives=None):
    return Corpus("text", DROPOUT, sentences, positives or sentences)


TRAIN, HELD_OUT = corpus(SENTENCES[:32]), corpus(SENTENCES[32:])


def new_model():
    return encoder.build(SENTENCES, seed=0, max_length=12, device="cpu")


def callback_of(model, append, *, loss="infonce", held_out=HELD_OUT, train=TRAIN, **changes):
    """The factory's callback; folder= goes to it, and the rest into the protocol."""
    folder = changes.pop("folder", None)
    settings = {"steps": STEPS, "batch_size": BATCH, "measure_every": 2} | changes
    config, protocol = RunConfig(loss), Protocol(**settings)
    return measuring(config, protocol, load(loss), held_out, train, model, append, folder=folder)


def trained(folder: Path, model, callbacks=(), resume: str | None = None, steps=STEPS):
    """`model` after some steps of infonce."""
    args = SentenceTransformerTrainingArguments(
        output_dir=str(folder), max_steps=steps, per_device_train_batch_size=BATCH, seed=0,
        use_cpu=True, dataloader_drop_last=True, disable_tqdm=True, report_to="none",
        save_strategy="steps", save_steps=3, logging_steps=100, lr_scheduler_type="constant",
        learning_rate=1e-3, dataloader_pin_memory=False,
    )  # fmt: skip
    rows = Dataset.from_dict({"anchor": TRAIN.anchors, "positive": TRAIN.positives})
    trainer = SentenceTransformerTrainer(
        model=model, args=args, train_dataset=rows, loss=SentenceLoss(model, "infonce"),
        callbacks=list(callbacks),
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=resume)
    return model


@pytest.fixture(scope="session")
def plain(tmp_path_factory):
    """The weights after a run without measuring."""
    return trained(tmp_path_factory.mktemp("plain"), new_model()).state_dict()


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    """(folder, weights, records) of a run that is measured every second step."""
    folder, records, model = tmp_path_factory.mktemp("measured"), [], new_model()
    trained(folder, model, [callback_of(model, records.append)])
    return folder, model.state_dict(), records
