"""sentence-transformers' trainer, set up for two views, one device and whole checkpoints."""

import warnings
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from huggingface_hub.utils import logging as hub_logging
from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from transformers import PrinterCallback, TrainerCallback
from transformers.utils import logging

from train.batches import LengthBuckets
from train.breakdown import check_gradient
from train.corpus import Corpus
from train.errors import ConfigError, DivergedError
from train.loss import DerivedLoss
from train.prompts import default_prompt
from train.protocols import Protocol
from train.ranks import first_told, world


class TwoViewTrainer(SentenceTransformerTrainer):
    """The trainer without its automatic model card: the run writes its own."""

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Nothing: that callback reads the whole corpus for statistics of the card."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self.model.save_pretrained(str(output_dir or self.args.output_dir), create_model_card=False)

    def _clip_grad_norm(self, model: Any) -> Any:
        """The norm before it is cut. Raises `DivergedError`, before a step, if it is not finite."""
        norm = super()._clip_grad_norm(model)
        if not isfinite(float(norm)):  # the one wait for the device between the loss and the step
            assert isinstance(self.loss, DerivedLoss)
            if fault := first_told(self.loss.gradient_fault()):
                raise DivergedError(fault)
            if not self.args.fp16:  # there the scaler leaves such a step out, and lowers the scale
                check_gradient(float(norm))
        return norm


def quiet() -> None:
    """Silence the libraries' bars and notices; the run has its own. Errors still show."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    hub_logging.set_verbosity_error()
    # accelerate's own, in every process of a distributed run
    warnings.filterwarnings("ignore", r"`broadcast_buffers` is deprecated", FutureWarning)


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
    protocol: Protocol, seed: int, checkpoints: Path, device: str
) -> SentenceTransformerTrainingArguments:
    """The trainer's arguments. Raises `ConfigError` for what the device cannot do."""
    refuse_precision(protocol.precision, device)
    steps = protocol.steps
    assert steps is not None
    assert protocol.save_every is not None
    args = SentenceTransformerTrainingArguments(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=protocol.batch_size,
        # a batch is split over the processes: its size, and so the loss, does not depend on them
        accelerator_config={"split_batches": True},
        gradient_accumulation_steps=protocol.accumulate,
        learning_rate=protocol.lr,
        lr_scheduler_type=SCHEDULERS[protocol.schedule, protocol.warmup > 0],
        warmup_steps=protocol.warmup,  # below 1: a share
        weight_decay=protocol.weight_decay,
        max_grad_norm=protocol.max_grad_norm,
        bf16=protocol.precision == "bf16",
        fp16=protocol.precision == "fp16",
        torch_compile=protocol.compile,
        seed=seed,
        use_cpu=device == "cpu",
        ddp_backend="gloo" if device == "cpu" and world() > 1 else None,
        ddp_find_unused_parameters=False,
        dataloader_drop_last=True,  # the loss depends on N: every batch has the same
        dataloader_pin_memory=device == "cuda",
        logging_steps=1,  # the mean of several would begin anew, and differ, after a resume
        logging_nan_inf_filter=False,  # it would show an average in place of a NaN
        save_strategy="steps",
        save_steps=protocol.save_every,
        disable_tqdm=True,
        report_to="none",
    )
    if args.n_gpu > 1:  # DataParallel would multiply the batch, and so change the loss
        args._n_gpu = 1
    return args


def refuse_precision(precision: str, device: str) -> None:
    """Raises `ConfigError` where the device has no such autocast."""
    if precision == "fp16" and device != "cuda":
        raise ConfigError(
            f"--precision fp16 needs a GPU with CUDA, and the device is {device}. "
            "Give --precision bf16 or fp32."
        )
    if precision == "bf16" and device == "cuda" and not torch.cuda.is_bf16_supported():
        raise ConfigError("--precision bf16: this GPU has no bfloat16. Give --precision fp16.")


def make_trainer(
    loss: DerivedLoss,
    corpus: Corpus,
    args: SentenceTransformerTrainingArguments,
    callbacks: Sequence[TrainerCallback],
    bucket: bool,
) -> TwoViewTrainer:
    """The trainer of `loss.model` on the rows of the corpus."""
    columns = {"anchor": corpus.anchors}
    if corpus.positives is not corpus.anchors or corpus.negatives is not None:
        columns["positive"] = corpus.positives  # else the loss encodes the one column twice
    if corpus.negatives is not None:
        columns["negative"] = corpus.negatives
    args.prompts = default_prompt(loss.model)
    if bucket:
        args.batch_sampler = bucketing(corpus)
    trainer = TwoViewTrainer(
        model=loss.model,
        args=args,
        train_dataset=Dataset.from_dict(columns),
        loss=loss,
        callbacks=list(callbacks),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def bucketing(corpus: Corpus) -> Any:
    """What the trainer calls for its batches: by the characters of the longer view."""
    pairs = zip(corpus.anchors, corpus.positives, strict=True)
    lengths = [max(len(anchor), len(positive)) for anchor, positive in pairs]

    def batches(dataset: Dataset, batch_size: int, seed: int, **_: Any) -> LengthBuckets:
        return LengthBuckets(lengths, batch_size, seed)

    return batches


# With and without warm-up.
SCHEDULERS = {
    ("linear", True): "linear", ("linear", False): "linear",
    ("cosine", True): "cosine", ("cosine", False): "cosine",
    ("constant", True): "constant_with_warmup", ("constant", False): "constant",
}  # fmt: skip
