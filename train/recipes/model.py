"""A recipe: the settings of one published run, and the figures that were printed for it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SMALL_SEEDS = 1  # of the scaled-down form: it shows that a run works, not what it scores


@dataclass(frozen=True)
class Published:
    """A printed figure, which is a claim of its source and no measurement of ours.

    score: of what; value: per cent (100 times Spearman's correlation, or accuracy); source: where
    it is printed.
    """

    score: str
    value: float
    source: str


@dataclass(frozen=True)
class Recipe:
    """One published run.

    name: of the command line; paper, part, row: where it is printed (001 is arXiv:2402.18281, 003
    is Nie et al., ICLR 2023); loss: what `derive.sources.find` takes; settings: its
    hyper-parameters, as text; overrides: settings of `train.protocols.Protocol`; seeds: how many;
    shows: what the run is for; published: the figures printed for it; assumed: settings that the
    source does not state; note: how they were chosen, and what else to know; small: what the
    scaled-down form replaces (`max_sentences`, `overrides`).
    """

    name: str
    paper: str
    part: str
    row: str
    loss: str
    model: str
    corpus: str
    protocol: str
    seeds: int
    shows: str
    settings: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    published: tuple[Published, ...] = ()
    assumed: tuple[str, ...] = ()
    note: str = ""
    small: Mapping[str, Any] = field(default_factory=dict)

    def options(self, *, small: bool = False) -> dict[str, Any]:
        """What `train.config.RunConfig` takes, without the seed.

        small: fewer steps of fewer rows of less text, for a CPU. It repeats no figure.
        """
        options: dict[str, Any] = {
            "loss": self.loss,
            "settings": dict(self.settings),
            "model": self.model,
            "corpus": self.corpus,
            "protocol": self.protocol,
            "overrides": dict(self.overrides),
        }
        if small:
            options["max_sentences"] = self.small["max_sentences"]
            options["overrides"] |= self.small["overrides"]
        return options

    def command(self, *, small: bool = False) -> str:
        """The command line that runs it; the data are where `train data fetch --to .` puts them."""
        words = ["train", "run", "--recipe", self.name, *(["--small"] if small else [])]
        words += ["--corpus", self.corpus, "--eval-data", "senteval"]
        return shlex.join([*words, "--seeds", str(SMALL_SEEDS if small else self.seeds)])

    def spelled_out(self, *, small: bool = False) -> str:
        """The same run with every option written out, for a reader who does not trust names."""
        from train.config import as_option

        options = self.options(small=small)
        words = ["train", "run", "--loss", self.loss]
        words += [x for name, text in self.settings.items() for x in ("--set", f"{name}={text}")]
        for name in ("model", "corpus", "max_sentences", "protocol"):
            if options.get(name) is not None:
                words += as_option(name, options[name])
        for name, value in options["overrides"].items():
            words += as_option(name, value)
        words += ["--eval-data", "senteval"]
        return shlex.join([*words, "--seeds", str(SMALL_SEEDS if small else self.seeds)])

    def data(self) -> dict[str, Any]:
        """The recipe as plain data, as `--format json` prints it."""
        return {
            "name": self.name,
            "paper": self.paper,
            "part": self.part,
            "row": self.row,
            "shows": self.shows,
            **self.options(),
            "seeds": self.seeds,
            "small": dict(self.small),
            "published": [vars(x) for x in self.published],
            "assumed": list(self.assumed),
            "note": self.note,
            "command": self.command(),
        }
