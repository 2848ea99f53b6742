"""Every setting of a training run, by name, and the protocols of the literature.

A setting's help and domain stand beside it: `train run` makes its options from them, and a
recipe, a sweep or a configuration file is checked by them.

Sources: SimCSE (arXiv 2104.08821) and its code (run_unsup_example.sh, run_sup_example.sh);
"Understanding contrastive sentence embeddings" (arXiv 2402.18281), App. A.3 to A.5, Tables 6 and 7,
and its code, which differs from the text where it freezes the embedding tables and in its head.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from math import isfinite
from types import UnionType
from typing import Any, get_args, get_type_hints

from train.errors import ConfigError

POOLING = ("mean", "cls", "max", "lasttoken", "first_last", "embeddings_last")
HEADS = ("none", "linear", "mlp", "tanh_linear")
FREEZE = ("none", "embeddings")
SCHEDULES = ("linear", "constant", "cosine")
PRECISIONS = ("fp32", "bf16", "fp16")


def setting(default: Any, help: str, **domain: Any) -> Any:
    """A field with its help, and its domain: least, greatest, or choices."""
    return field(default=default, metadata={"help": help, **domain})


@dataclass(frozen=True)
class Protocol:
    """The settings of a run. What is None is decided by the corpus (see `resolved`).

    Raises `ConfigError` for a value outside its domain.
    """

    steps: int | None = setting(None, "Optimiser steps. Default: --epochs through the text.",
                                least=1)  # fmt: skip
    epochs: int = setting(1, "Times through the text, where --steps is not given.", least=1)
    batch_size: int = setting(64, "Rows of a batch, over all processes; each of two views.",
                              least=2)  # fmt: skip
    lr: float = setting(3e-5, "Peak learning rate of AdamW.", above=0)
    max_length: int = setting(32, "Tokens of a sentence, [CLS] and [SEP] included.", least=3)
    warmup: float = setting(0.1, "Share of the steps in which the rate rises.", least=0, below=1)
    schedule: str = setting("linear", "How the rate goes on after the warm-up.",
                            choices=SCHEDULES)  # fmt: skip
    weight_decay: float = setting(0.0, "AdamW's, on weights that are no bias or norm.", least=0)
    max_grad_norm: float = setting(1.0, "Longer gradients are cut to this.", above=0)
    dropout: float | None = setting(None, "Of every dropout layer. Default: the encoder's own.",
                                    least=0, below=1)  # fmt: skip
    pooling: str | None = setting(None, "What of the tokens is the embedding. first_last: mean of "
                                  "the first and the last layer; embeddings_last: of the "
                                  "embedding tables' output and the last layer. Default: the "
                                  "encoder's own, mean for a plain one.",
                                  choices=POOLING)  # fmt: skip
    head: str = setting("none", "Layer on the embedding in training: linear, mlp (linear, then "
                        "tanh), tanh_linear (tanh, then linear).", choices=HEADS)  # fmt: skip
    keep_head: bool = setting(False, "Score and save the encoder with the layer of --head.")
    head_std: float = setting(0.02, "The head's weights start from N(0, this²).", above=0)
    freeze: str = setting("none", "Leave these as they are: the embedding tables.",
                          choices=FREEZE)  # fmt: skip
    symmetric: bool = setting(False, "Mean of the loss and of the loss with swapped views.")
    precision: str = setting("fp32", "Of the encoder's activations (autocast); the loss is "
                             "computed in float32.", choices=PRECISIONS)  # fmt: skip
    accumulate: int = setting(1, "Batches a step, fewer in the last step of an epoch. This changes "
                              "the loss: a batch's negatives are its own; --mini-batch does not.",
                              least=1)  # fmt: skip
    mini_batch: int | None = setting(None, "Encode so many of the longest sentences at a time, "
                                     "of shorter ones more (gradient caching): the loss of the "
                                     "whole batch in the memory of these.",
                                     least=1)  # fmt: skip
    bucket: bool = setting(False, "Batches of sentences of like length: negatives then are of "
                           "like length too, which is another task.")  # fmt: skip
    one_pass: bool = setting(True, "Both views in one call of the encoder.")
    trim: bool = setting(True, "On a CPU, in one process, without --compile: long and short "
                         "sentences of a batch in calls of their own, with no more padding than "
                         "each needs. --mini-batch always does so.")  # fmt: skip
    compile: bool = setting(False, "torch.compile the encoder.")
    save_every: int | None = setting(None, "Checkpoint every so many steps. Default: a tenth of "
                                     "the steps, 10 or more.", least=1)  # fmt: skip
    eval_every: int | None = setting(None, "Also score every so many steps.", least=1)
    keep_best: bool = setting(False, "Keep the encoder of the best score of those, and of the last "
                              "step, instead of the last one.")  # fmt: skip
    held_out: float = setting(0.0, "Share of the text that is measured, not trained on.",
                              least=0, below=1)  # fmt: skip
    measure_every: int | None = setting(None, "Measure every so many steps. Default: a tenth of "
                                        "the steps, 50 or more, if text is held out.",
                                        least=1)  # fmt: skip

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self)).items():
            check(name, getattr(self, name), hint)

    def changed(self, overrides: Mapping[str, Any]) -> "Protocol":
        """These settings with some replaced. Raises `ConfigError` for a name that is none."""
        unknown = sorted(set(overrides) - set(NAMES))
        if unknown:
            near = [x for name in unknown for x in get_close_matches(name, NAMES, n=1)]
            meant = f" Did you mean {' or '.join(near)}?" if near else ""
            raise ConfigError(
                f"{', '.join(unknown)}: no such setting.{meant} There are: {', '.join(NAMES)}."
            )
        return replace(self, **overrides)

    def resolved(self, rows: int, left_out: str = "") -> "Protocol":
        """Nothing left open that the number of training rows decides.

        left_out: rows that are not trained on, for the message of the `ConfigError` when there
        are few.
        """
        a_step = self.batch_size * self.accumulate
        if rows < a_step:
            few, less = f"one batch of {self.batch_size}", "--batch-size"
            if self.accumulate > 1:
                few = f"the {self.accumulate} batches of {self.batch_size} of one step"
                less = "--accumulate or --batch-size"
            raise ConfigError(
                f"there are {rows:,} rows to train on, fewer than {few}{left_out}. "
                f"Give more text or a smaller {less}."
            )
        if self.keep_best and not self.eval_every:
            raise ConfigError(
                "--keep-best without --eval-every compares no scores. Give --eval-every 125, or "
                "another number of steps."
            )
        steps = self.steps or max(1, self.epochs * rows // a_step)
        every = max(10, -(-steps // 10))
        measure = self.measure_every or (max(50, every) if self.held_out else None)
        return replace(
            self, steps=steps, save_every=self.save_every or every, measure_every=measure
        )


NAMES = tuple(setting.name for setting in fields(Protocol))
DOMAINS = {setting.name: setting.metadata for setting in fields(Protocol)}


def kind(hint: Any) -> type:
    """int of `int | None`: the type of a setting that is given."""
    if isinstance(hint, UnionType):
        hint = next(x for x in get_args(hint) if x is not type(None))
    assert isinstance(hint, type)
    return hint


def check(name: str, value: Any, hint: Any) -> None:
    """Raises `ConfigError` unless a setting's value has its type and lies in its domain."""
    option, wanted, domain = "--" + name.replace("_", "-"), kind(hint), DOMAINS[name]
    if value is None and isinstance(hint, UnionType):
        return
    fits = isinstance(value, wanted) or (wanted is float and type(value) is int)
    if not fits or (wanted is not bool and isinstance(value, bool)):
        raise ConfigError(f"{option} {value!r} is no {wanted.__name__}. {domain['help']}")
    if "choices" in domain and value not in domain["choices"]:
        raise ConfigError(f"{option} {value!r}. Choose one of {', '.join(domain['choices'])}.")
    if wanted is float and not isfinite(value):
        raise ConfigError(f"{option} {value} must be finite.")
    if "least" in domain and value < domain["least"]:
        raise ConfigError(f"{option} {value} is too small. Give at least {domain['least']}.")
    if "above" in domain and value <= domain["above"]:
        raise ConfigError(f"{option} {value} must be positive.")
    if "below" in domain and value >= domain["below"]:
        raise ConfigError(f"{option} {value} is too large. Give less than {domain['below']}.")


# SimCSE's unsupervised BERT-base. RoBERTa: batch_size 512, lr 1e-5. Temperature .05, as `infonce`.
SIMCSE = Protocol(
    batch_size=64, lr=3e-5, max_length=32, warmup=0.0, dropout=0.1, pooling="cls", head="mlp",
    eval_every=125, keep_best=True,
)  # fmt: skip

PROTOCOLS: Mapping[str, Protocol] = {
    # mean pooling and warm-up: what sentence-transformers' users expect
    "default": Protocol(),
    # an encoder made on the spot learns faster and from whole verses
    "demonstration": Protocol(steps=150, lr=1e-3, max_length=64),
    "simcse": SIMCSE,
    # of BERT-base on NLI's triples: without `mlp_only_train` its code keeps the head
    "simcse_supervised": replace(SIMCSE, batch_size=512, lr=5e-5, epochs=3, keep_head=True),
    # for BERT; its RoBERTa runs have batch_size 512 and head tanh_linear
    "understandingcse": replace(
        SIMCSE, batch_size=128, lr=1e-5, head="linear", head_std=6e-3, freeze="embeddings"
    ),
}
