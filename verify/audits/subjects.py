"""What is audited, as a function of two views: from a file, from a peer, from the catalogue.

Runs in the process of `verify/audits/child.py`: torch and the standard library alone.
"""

import ast
import importlib.util
import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from derive.errors import ContragradError, UnknownNameError
from verify.audits import adapters
from verify.audits.signatures import accepted, attributes, defaults, numeric, renamed

Loss = Callable[[Tensor, Tensor], Tensor]


class SubjectError(ContragradError):
    """Code that cannot be loaded, or settings that it does not take."""


class ExitError(Exception):
    """Code that wants to end the process instead of returning a loss."""


@dataclass(frozen=True)
class Subject:
    """loss(h, h_prime) → scalar, with its settings bound.

    text: as it was named; mapping: direction, pool and reduction, where they are known; numbers:
    the numbers it was built with, by name, which a diagnosis tries as hyper-parameters.
    """

    loss: Loss
    text: str
    mapping: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.loss.__name__ = self.text  # by which a report calls it


def load(spec: Mapping[str, Any], settings: Mapping[str, str]) -> tuple[Subject, set[str]]:
    """A subject, and which of the settings it took.

    settings: as Python literals. Raises `SubjectError` where it cannot be loaded or built.
    """
    if spec["kind"] == "catalogue":
        return _of_catalogue(spec), set()
    values = {k: _literal(v) for k, v in settings.items()}
    if spec["kind"] == "peer":
        return _of_peer(spec, values)
    found = named(spec["path"], spec["name"])
    return _of_code(found, spec, values)


def named(path: str, name: str) -> Any:
    """What a file defines under a name. The file's folder is on the path, as for a script."""
    file = Path(path).resolve()
    module_spec = importlib.util.spec_from_file_location(f"_audited_{file.stem}", file)
    if module_spec is None or module_spec.loader is None:
        raise SubjectError(f"{path} is not a Python file. Write FILE.py:NAME.")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module
    sys.path.insert(0, os.fspath(file.parent))
    try:
        module_spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise SubjectError(f"{path} cannot be imported: {describe(error)}.") from error
    if not hasattr(module, name):
        known = [k for k, v in vars(module).items() if callable(v) and not k.startswith("_")]
        raise SubjectError(f"in {path}: {UnknownNameError('name', name, known)}")
    return getattr(module, name)


def describe(error: BaseException) -> str:
    """The kind of an error, its text, and the line of the code it came from."""
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({error.code!r})"
    if isinstance(error, ExitError):
        return str(error)
    at, frame = "", error.__traceback__
    while frame is not None:
        file = Path(frame.tb_frame.f_code.co_filename)
        at = f" ({file.name}, line {frame.tb_lineno})" if file.suffix == ".py" else at
        frame = frame.tb_next
    return f"{type(error).__name__}: {error}{at}"


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _of_code(
    found: Any, spec: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[Subject, set[str]]:
    """A function, called with the settings; or a class (or module) that is built with them."""
    text = f"{Path(spec['path']).name}:{spec['name']}"
    if not callable(found):
        raise SubjectError(f"{text} is a {type(found).__name__}, not a function or a class.")
    taken = renamed(found, settings)
    numbers = {**defaults(found), **taken}
    if isinstance(found, type):
        built = build(found, taken, text)
        numbers = {**attributes(built), **numbers}
        loss: Loss = _exiting(_of_dtype(built))
    else:
        loss = _exiting(lambda h, h_prime: found(h, h_prime, **taken))
    used = {k for k in settings if accepted(found, k) is not None}
    return Subject(loss, text, numbers=numeric(numbers), settings=taken), used


def build(kind: Callable[..., Any], settings: Mapping[str, Any], text: str) -> Any:
    """An instance in evaluation-independent form. Raises `SubjectError` with the class's reason."""
    try:
        return kind(**settings)
    except (Exception, SystemExit) as error:
        raise SubjectError(
            f"{text} cannot be built with {dict(settings)}: {describe(error)}."
        ) from error


def _of_dtype(built: Any) -> Callable[..., Any]:
    """A module in the dtype of the rows; anything else as it is."""
    if not isinstance(built, torch.nn.Module):
        return built
    return lambda h, h_prime: built.to(h.dtype)(h, h_prime)


def _exiting(call: Callable[..., Any]) -> Loss:
    """The same; an attempt to end the process is an error of the code."""

    def loss(h: Tensor, h_prime: Tensor) -> Tensor:
        try:
            return call(h, h_prime)
        except SystemExit as error:
            raise ExitError(describe(error)) from None

    return loss


def _of_peer(spec: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[Subject, set[str]]:
    kind, text = adapters.find(spec["package"], spec["name"]), f"{spec['package']}:{spec['name']}"
    taken = renamed(kind, settings)
    adapted = adapters.adapt(
        spec["package"],
        spec["name"],
        lambda *given: build(lambda **x: kind(*given, **x), taken, text),
    )
    used = {k for k in settings if accepted(kind, k) is not None}
    numbers = numeric({**defaults(kind), **taken})
    return Subject(_exiting(adapted.loss), text, adapted.mapping, numbers, taken), used


def _of_catalogue(spec: Mapping[str, Any]) -> Subject:
    """normalised: at batches of the caller's, a loss of unit rows normalises them."""
    from verify import oracles

    oracle, trees = oracles.load(spec["name"]), spec["values"]

    def loss(h: Tensor, h_prime: Tensor) -> Tensor:
        n, d = h.shape
        if spec.get("normalised") and spec.get("embeddings") == "unit":
            h, h_prime = (torch.nn.functional.normalize(x, dim=1) for x in (h, h_prime))
        values = {k: value_of(x, n, d) for k, x in trees.items()}
        inputs = {k: torch.arange(n, device=h.device) for k in spec["inputs"]}
        return oracle(h, h_prime, **values, **inputs)

    shown = {k: value_of(x, 2, 2) for k, x in trees.items() if not isinstance(x, list)}
    return Subject(loss, spec["name"], settings=shown)


_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "Add": lambda *x: sum(x),
    "Mul": lambda *x: math.prod(x),
    "Pow": lambda x, y: x**y,
}


def value_of(tree: Any, n: int, d: int) -> float:
    """A default at a batch size: a number, "N" or "D", or [operation, *arguments]."""
    if isinstance(tree, list):
        operation, *rest = tree
        return _FUNCTIONS[operation](*(value_of(x, n, d) for x in rest))
    return float({"N": n, "D": d}.get(tree, tree))
