"""sentence-transformers' trainer, set up for two views, one device and whole checkpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from huggingface_hub.utils import logging as hub_logging
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from transformers import PrinterCallback, TrainerCallback
from transformers.utils import logging

from train.config import Schedule
from train.corpus import Corpus
from train.errors import ConfigError
from train.loss import DerivedLoss

WARMUP = 0.1  # the share of the steps in which the rate rises, before it falls linearly to zero
MAX_GRAD_NORM = 1.0  # longer gradients are cut to this


class TwoViewTrainer(SentenceTransformerTrainer):
    """The trainer without its automatic model card: the run writes its own."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Nothing: that callback reads the whole corpus for statistics of the card."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self.model.save_pretrained(str(output_dir or self.args.output_dir), create_model_card=False)


def quiet() -> None:
    """Silence the libraries' bars and notices; the run has its own. Errors still show."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    hub_logging.set_verbosity_error()


def pick_device(wanted: str) -> str:
    """ "auto" is the first there is of cuda, mps, cpu. Raises `ConfigError` for a missing one."""
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return next(device for device, there in available.items() if there)
    if not available[wanted]:
        there = ", ".join(device for device, is_there in available.items() if is_there)
        raise ConfigError(f"--device {wanted} is not available here. Choose of: auto, {there}.")
    return wanted


def arguments(
    schedule: Schedule, seed: int, checkpoints: Path, device: str
) -> SentenceTransformerTrainingArguments:
    """The trainer's arguments."""
    args = SentenceTransformerTrainingArguments(
        output_dir=str(checkpoints),
        max_steps=schedule.steps,
        per_device_train_batch_size=schedule.batch_size,
        learning_rate=schedule.lr,
        warmup_steps=WARMUP,
        max_grad_norm=MAX_GRAD_NORM,
        seed=seed,
        use_cpu=device == "cpu",
        dataloader_drop_last=True,  # the loss depends on N: every batch has the same
        dataloader_pin_memory=device == "cuda",
        logging_steps=max(1, min(10, schedule.steps // 10)),
        logging_nan_inf_filter=False,  # it would show an average in place of a NaN
        save_strategy="steps",
        save_steps=schedule.save_every,
        disable_tqdm=True,
        report_to="none",
    )
    if args.n_gpu > 1:  # DataParallel would multiply the batch, and so change the loss
        args._n_gpu = 1
    return args


def train(
    loss: DerivedLoss,
    corpus: Corpus,
    args: SentenceTransformerTrainingArguments,
    callbacks: Sequence[TrainerCallback],
    checkpoint: Path | None,
) -> None:
    """Train `loss.model` in place, from the start or from a whole checkpoint."""
    rows = Dataset.from_dict({"anchor": corpus.anchors, "positive": corpus.positives})
    trainer = TwoViewTrainer(
        model=loss.model, args=args, train_dataset=rows, loss=loss, callbacks=list(callbacks)
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
