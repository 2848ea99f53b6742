"""What a run is made of: one frozen record, checked when it is made, saved as config.json."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from train.errors import ConfigError
from train.protocols import PROTOCOLS, Protocol

DEVICES = ("auto", "cuda", "mps", "cpu")
GREATEST_SEED = 2**32 - 1  # NumPy's bound


@dataclass(frozen=True)
class RunConfig:
    """The options of `train run`: what is trained on what, and the protocol with its changes."""

    loss: str
    settings: Mapping[str, str] = field(default_factory=dict)  # the loss's hyper-parameters
    model: str | None = None
    corpus: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # anchor, positive, negative: names
    max_characters: int | None = None
    eval_data: str | None = None
    seed: int = 0
    max_sentences: int | None = None
    device: str = "auto"
    accept_undecided: bool = False
    protocol: str = "default"
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_least(self, LEAST)
        if self.device not in DEVICES:
            raise ConfigError(f"--device {self.device!r}. Choose one of {', '.join(DEVICES)}.")
        if self.protocol not in PROTOCOLS:
            raise ConfigError(
                f"--protocol {self.protocol!r}. Choose one of {', '.join(PROTOCOLS)}."
            )
        assert self.chosen is not None  # checks the overrides

    @cached_property
    def chosen(self) -> Protocol:
        """The protocol's settings with the changes, before the corpus decides the rest."""
        made_here = self.protocol == "default" and self.model is None
        named = PROTOCOLS["demonstration" if made_here else self.protocol]
        if "epochs" in self.overrides:  # the demonstration's number of steps gives way
            named = replace(named, steps=None)
        return named.changed(self.overrides)

    def refuse_ignored(self) -> None:
        """Raises `ConfigError` for an option that does nothing beside the others."""
        for option, needed in self.without_effect().items():
            raise ConfigError(f"{option} does nothing here: {needed}.")

    def without_effect(self) -> dict[str, str]:
        """The options given that do nothing: what each would need, and the next step."""
        found: dict[str, str] = {}
        given, chosen = self.overrides, self.chosen
        if self.corpus is None:
            needed = "it is of --corpus, and there is none. Give --corpus, or leave it out"
            found |= {f"--{name}-column": needed for name in self.columns}
            if self.max_characters is not None:
                found["--max-characters"] = needed
        if chosen.head == "none" and "head" not in given:
            needed = "there is no head. Give --head, or leave it out"
            found |= {as_option(x, given[x])[0]: needed for x in HEAD if given.get(x)}
        if chosen.mini_batch is not None:
            needed = "--mini-batch always takes the padding off, column by column. Leave it out"
            found |= {as_option(x, False)[0]: needed for x in CUTS if given.get(x) is False}
        return found

    @property
    def is_demonstration(self) -> bool:
        """Whether encoder and text are the embedded default."""
        return self.model is None and self.corpus is None

    def command(self, resolved: Protocol) -> str:
        """The command line that makes this run again, its five numbers spelled out."""
        words = ["train", "run"]
        for name in WORDS:
            value = getattr(self, name)
            if value is not None and value is not False:
                option = "--" + name.replace("_", "-")
                words += [option] if value is True else [option, str(value)]
            if name == "loss":
                words += [
                    x for key, text in self.settings.items() for x in ("--set", f"{key}={text}")
                ]
        words += [x for key, text in self.columns.items() for x in (f"--{key}-column", text)]
        spelled = {name: getattr(resolved, name) for name in SPELLED}
        for name, value in (dict(self.overrides) | spelled).items():
            words += as_option(name, value)
        return shlex.join(words)


def check_least(options: Any, least: Mapping[str, float]) -> None:
    """Raises `ConfigError` for an attribute below its least value, or a seed beyond NumPy's."""
    for name, bound in least.items():
        value = getattr(options, name)
        if value is not None and value < bound:
            option = "--" + name.replace("_", "-")
            raise ConfigError(f"{option} {value} is too small. Give at least {bound}.")
    if options.seed > GREATEST_SEED:
        raise ConfigError(f"--seed {options.seed} is too large. Give at most {GREATEST_SEED}.")


def as_option(name: str, value: Any) -> list[str]:
    """A setting as words of a command line."""
    option = "--" + name.replace("_", "-")
    if value is None:
        return []
    if isinstance(value, bool):
        return [option if value else "--no-" + option[2:]]
    return [option, str(value)]


WORDS = (
    "loss", "model", "corpus", "max_characters", "eval_data", "seed", "max_sentences", "device",
    "accept_undecided", "protocol",
)  # fmt: skip
HEAD = ("head_std", "keep_head")
CUTS = ("trim", "one_pass")
SPELLED = ("steps", "batch_size", "lr", "max_length", "save_every")
LEAST = {"seed": 0, "max_sentences": 2, "max_characters": 1}
