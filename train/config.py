"""What a run is made of: one frozen record, checked when it is made, saved as config.json."""

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from train.errors import ConfigError

DEVICES = ("auto", "cuda", "mps", "cpu")


@dataclass(frozen=True)
class Schedule:
    """The numbers of a run, none left open."""

    steps: int
    batch_size: int  # rows; a batch is so many rows of two views
    lr: float  # peak learning rate of AdamW
    max_length: int  # tokens
    save_every: int  # steps


@dataclass(frozen=True)
class Defaults:
    """What an option left out means; it depends on whether there is a pretrained encoder."""

    steps: int | None  # None: once through the corpus
    batch_size: int
    lr: float
    max_length: int


DEMONSTRATION = Defaults(steps=150, batch_size=64, lr=1e-3, max_length=64)
PRETRAINED = Defaults(steps=None, batch_size=64, lr=3e-5, max_length=32)  # SimCSE's, BERT-base


@dataclass(frozen=True)
class RunConfig:
    """The options of `train run`; `None` is "by default", see `schedule`."""

    loss: str
    settings: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    corpus: str | None = None
    eval_data: str | None = None
    seed: int = 0
    steps: int | None = None
    batch_size: int | None = None
    lr: float | None = None
    max_length: int | None = None
    max_sentences: int | None = None
    eval_every: int | None = None  # None: only before and after
    save_every: int | None = None
    device: str = "auto"
    accept_undecided: bool = False

    def __post_init__(self) -> None:
        for name, least in LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                option = "--" + name.replace("_", "-")
                raise ConfigError(f"{option} {value} is too small. Give at least {least}.")
        if self.seed > GREATEST_SEED:
            raise ConfigError(f"--seed {self.seed} is too large. Give at most {GREATEST_SEED}.")
        if self.lr is not None and not 0 < self.lr < float("inf"):
            raise ConfigError(f"--lr {self.lr} must be positive and finite. Try 3e-5 or 1e-3.")
        if self.device not in DEVICES:
            raise ConfigError(f"--device {self.device!r}. Choose one of {', '.join(DEVICES)}.")

    def schedule(self, rows: int, left_out: str = "") -> Schedule:
        """Every number of the run, for a corpus of `rows` rows.

        left_out: what the corpus dropped, for the message of the `ConfigError` when it is small.
        """
        defaults = PRETRAINED if self.model else DEMONSTRATION
        batch_size = self.batch_size or defaults.batch_size
        if rows < batch_size:
            raise ConfigError(
                f"the corpus has {rows:,} rows, fewer than one batch of {batch_size}{left_out}. "
                "Give more text or a smaller --batch-size."
            )
        steps = self.steps or defaults.steps or rows // batch_size
        return Schedule(
            steps=steps,
            batch_size=batch_size,
            lr=self.lr or defaults.lr,
            max_length=self.max_length or defaults.max_length,
            save_every=self.save_every or max(10, -(-steps // 10)),
        )

    @property
    def is_demonstration(self) -> bool:
        """Whether encoder and text are the embedded default."""
        return self.model is None and self.corpus is None

    def command(self, schedule: Schedule) -> str:
        """The command line that makes this run again, every number spelled out."""
        words = ["train", "run"]
        for name, value in (asdict(self) | asdict(schedule)).items():
            option = "--" + name.replace("_", "-")
            if name == "settings":
                words += [
                    word for key, text in value.items() for word in ("--set", f"{key}={text}")
                ]
            elif value is True:
                words.append(option)
            elif value is not None and value is not False:
                words += [option, str(value)]
        return shlex.join(words)


GREATEST_SEED = 2**32 - 1  # NumPy's bound
# A batch of one has no negative, and [CLS] and [SEP] leave no room in two tokens.
LEAST = {
    "seed": 0, "steps": 1, "batch_size": 2, "max_length": 3, "max_sentences": 2,
    "eval_every": 1, "save_every": 1,
}  # fmt: skip
