"""Losses in a user's own file: FILE.py:NAME. What is wrong in the file is told with its line."""

import hashlib
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from inspect import isclass, signature
from pathlib import Path
from types import ModuleType
from typing import Any

from sympy import Expr

from derive.errors import ContragradError, ObjectiveError, SourceError, UnknownNameError
from derive.hyper import Hyper
from derive.nodes import ANCHOR
from derive.objective import Objective
from derive.objectives import REGISTRY


def load_from_file(file: str, name: str) -> Objective:
    """The objective of that name in a Python file.

    Raises `SourceError` if there is no such file, if it fails (with its line), or if the name is
    no objective; `UnknownNameError` with the nearest names if it is not there.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise SourceError(f"there is no file {file}. Check the path (here: {Path.cwd()}).")
    module = module_from(path)
    losses = _losses_in(module)
    if not name:
        known = ", ".join(losses) or "none, so far"
        raise SourceError(f"name the loss in it: {file}:NAME. It defines {known}.")
    if not hasattr(module, name):
        raise UnknownNameError(f"loss in {file}", name, losses)
    objective = as_objective(getattr(module, name), f"{file}:{name}", path)
    if type(objective).__module__ == module.__name__ and objective.name in REGISTRY:
        type(objective).name = f"{path.stem}:{name}"  # what is printed is not taken for another
    return objective


def as_objective(found: Any, where: str, path: Path | None) -> Objective:
    """An objective from a class or an instance, whose formula can be written down.

    where: how it was named; path: the file that errors are told the line of.
    """
    if isclass(found) and issubclass(found, Objective):
        _check_class(found, where)
        with _told(where, path):
            found = found()
    if not isinstance(found, Objective):
        raise SourceError(
            f"{where} is of type {type(found).__name__}, and no objective. Write a subclass of "
            "derive.objective.Objective (docs/your-own-loss.md shows one)."
        )
    if not isinstance(found.hyper, tuple) or not all(isinstance(x, Hyper) for x in found.hyper):
        raise SourceError(f"hyper of {where} is no tuple of Hyper. Write hyper = (Hyper(...),).")
    with _told(where, path):
        terms = found.terms(ANCHOR, found.parameters())
        parts = list(terms.values()) if isinstance(terms, Mapping) else [terms]
        for x in parts:
            if not isinstance(x, Expr):
                raise ObjectiveError(
                    f"its terms make a {type(x).__name__}. Return an expression of "
                    "derive.notation and derive.nodes."
                )
        found.formula()
    return found


def _check_class(kind: type[Objective], where: str) -> None:
    missing = ", ".join(sorted(getattr(kind, "__abstractmethods__", ())))
    if missing:
        raise SourceError(f"{where} does not define {missing}. Define it; see derive.objective.")
    wanted = [
        x.name
        for x in signature(kind).parameters.values()
        if x.default is x.empty and x.kind not in (x.VAR_POSITIONAL, x.VAR_KEYWORD)
    ]
    if wanted:
        raise SourceError(
            f"{where} takes arguments ({', '.join(wanted)}). Make an instance of it in the file "
            f"and name that: MINE = {kind.__name__}(...)."
        )


def describe(error: BaseException) -> str:
    """Type and message of an exception, on one line."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    message = " ".join(text.split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def module_from(path: Path) -> ModuleType:
    """The file as a module under a name of its own, so that it shadows nothing.

    Raises `SourceError` if it fails, with its line.
    """
    data = path.read_bytes()
    key = hashlib.sha256(str(path.resolve()).encode() + b"\0" + data).hexdigest()[:16]
    name = f"contragrad_file_{key}"
    if name in sys.modules:
        return sys.modules[name]
    module = sys.modules[name] = ModuleType(name)
    module.__file__ = str(path)
    folder = str(path.resolve().parent)
    sys.path.append(folder)  # modules beside it, after everything that is installed
    try:
        with _told(str(path), path):
            exec(compile(data, str(path), "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(folder)
    return module


def _losses_in(module: ModuleType) -> list[str]:
    """The names of the objectives that a module defines."""
    own = [
        name
        for name, x in vars(module).items()
        if (isclass(x) and issubclass(x, Objective) and x.__module__ == module.__name__)
        or isinstance(x, Objective)
    ]
    return sorted(own)


@contextmanager
def _told(where: str, path: Path | None) -> Iterator[None]:
    """Any failure of the user's code as a `SourceError` with the line of their file."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit, of a script that is no module
        line = _line(error, path)
        place = f"{where}, line {line}" if line else where
        advice = "" if isinstance(error, ContragradError) else " Mend it and try again."
        message = str(error) if isinstance(error, ContragradError) else f"{describe(error)}."
        raise SourceError(f"{place}: {message}{advice}") from error


def _line(error: BaseException, path: Path | None) -> int | None:
    """The last line of the file that the error came through."""
    if path is None:
        return None
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    lines = [x.lineno for x in frames if Path(x.filename) == path]
    return lines[-1] if lines else None
