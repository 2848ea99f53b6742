"""What is spread over processes: a loss with `gather=True`, or a function of the user's.

Both are loaded where they run, in a process of the launcher: the user's file is not imported by
the command.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.functional import normalize

from derive.errors import ContragradError, SourceError, UnknownNameError
from derive.hyper import read_number
from derive.objective import Objective
from derive.sources import find
from verify.distributed.training import D, Loss, Setting

Settings = Mapping[str, str]
_WORDS = {"True": True, "False": False, "None": None}


@dataclass(frozen=True)
class Objectives:
    """A loss that `derive` knows: `objective(…, gather=True)` against its oracle or formula."""

    objective: Objective
    settings: Settings
    kind = "objective"

    @property
    def unit(self) -> bool:
        """Never by the encoder: the loss normalises, where it is one of unit embeddings."""
        return False

    def on_a_rank(self, setting: Setting) -> Loss:
        from derive.torch import objective

        hyper: dict[str, Any] = dict(self.settings)
        unit: dict[str, Any] = {} if self.objective.embeddings == "raw" else {"embeddings": "raw"}
        module = objective(self.objective, gather=True, **unit, **hyper)
        given = self._inputs(setting)
        mine = setting.rows(dist.get_rank())
        return lambda h, h_prime: module(h, h_prime, **{k: x[mine] for k, x in given.items()})

    def in_one_process(self, setting: Setting) -> Loss:
        from verify.subject import Subject, default_value

        subject = Subject.of(self.objective, self.settings)
        defaults = {x.name: default_value(x, setting.total, D) for x in subject.free}
        values = subject.values(defaults, setting.total, D)
        given = self._inputs(setting)

        def loss(h: Tensor, h_prime: Tensor) -> Tensor:
            if not subject.raw:
                h, h_prime = normalize(h, dim=1), normalize(h_prime, dim=1)
            return subject.oracle(h, h_prime, **values, **given)

        return loss

    def _inputs(self, setting: Setting) -> dict[str, Tensor]:
        from verify.inputs import as_tensors, check_inputs, draw_inputs

        check_inputs(self.objective)
        drawn = draw_inputs(self.objective.inputs, setting.total, Random(setting.seed))
        return as_tensors(drawn)


@dataclass(frozen=True)
class Function:
    """f(h, h_prime, **hyper) -> scalar, which exchanges what it wants by itself."""

    call: Callable[..., Any]
    hyper: Mapping[str, object]
    unit: bool
    kind = "function"

    def on_a_rank(self, setting: Setting) -> Loss:
        return self.in_one_process(setting)

    def in_one_process(self, setting: Setting) -> Loss:
        return self.seeded(setting.seed)

    def seeded(self, seed: int) -> Loss:
        """With that state of torch's generator before each call."""

        def loss(h: Tensor, h_prime: Tensor) -> Tensor:
            torch.manual_seed(seed)
            found: Tensor = self.call(h, h_prime, **self.hyper)
            return found

        return loss


def subject_of(spec: str, settings: Settings, *, unit: bool) -> Objectives | Function:
    """spec: as `derive.sources.find` takes it, or FILE.py:NAME of a function, or of a class of
    `nn.Module` that is made with the settings. unit: whether a function is given unit rows.

    Raises as `find`, and `SourceError` for anything else under that name.
    """
    if not spec.rpartition(":")[0].endswith(".py"):
        return Objectives(find(spec), dict(settings))
    found = _named(*file_of(spec))
    is_class = inspect.isclass(found)
    if isinstance(found, Objective) or (is_class and issubclass(found, Objective)):
        return Objectives(find(spec), dict(settings))
    hyper = {name: value_of(text) for name, text in settings.items()}
    if is_class and issubclass(found, torch.nn.Module):
        torch.manual_seed(0)  # its parameters are the same on every rank
        return Function(found(**hyper).double(), {}, unit)
    if is_class or not callable(found):
        raise SourceError(
            f"{spec} is a {type(found).__name__}. Name a function f(h, h_prime, **hyper), a class "
            "of torch.nn.Module, or a loss (docs/your-own-loss.md)."
        )
    return Function(found, hyper, unit)


def value_of(text: str) -> object:
    """True, False, None; 7 as an integer; 0.05, pi/18, 1/sqrt(64) as a float; else the text."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(read_number("setting", text))
    except (ContragradError, TypeError):
        return text


def file_of(spec: str) -> tuple[Path, str]:
    """The file and the name of FILE.py:NAME. Raises `SourceError` where one of them is missing."""
    file, colon, name = spec.rpartition(":")
    path = Path(file if colon and file.endswith(".py") else spec).expanduser()
    if not path.is_file():
        raise SourceError(f"there is no file {path}. Check the path (here: {Path.cwd()}).")
    if str(path) == spec or not name:
        raise SourceError(f"name what to check in {path}: {path}:NAME.")
    return path, name


def _named(path: Path, name: str) -> Any:
    from derive.files import module_from

    module = module_from(path)
    if not hasattr(module, name):
        own = [x for x, y in vars(module).items() if callable(y) and not x.startswith("_")]
        raise UnknownNameError(f"function in {path}", name, own)
    return getattr(module, name)
