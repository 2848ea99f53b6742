"""Somebody's code in a process of its own, with a time limit: whatever it does, we go on.

One design for every Python: the comparison itself runs over there (`verify/audits/child.py`, which
needs torch alone), since stop-gradients and perturbed inputs are seen only where the code runs.
What comes back is text and tensors: the report, and values and gradients at given points, from
which the diagnosis is made here.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import ContragradError

_CHILD = Path(__file__).with_name("child.py")
_SHOWN = 300  # characters of what the code printed that a message quotes


class CannotRunError(ContragradError):
    """Code that could not be loaded or called, or whose process ended without a result."""


@dataclass(frozen=True)
class Outcome:
    """result: what `verify.audits.job.perform` returned; tensors: by name; printed: by the code."""

    result: Mapping[str, Any]
    tensors: Mapping[str, Any]
    printed: str
    seconds: float


def run(job: Mapping[str, Any], *, python: str | None = None, timeout: float = 300.0) -> Outcome:
    """Performs a job in a process of that Python (None: this one), in at most that many seconds.

    Raises `CannotRunError` where there is no result: the Python cannot be started, has no torch,
    the code cannot be loaded or called, the process crashed, or the time was up.
    """
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="contragrad-audit-") as name:
        folder = Path(name)
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        code = _run(python or sys.executable, folder, timeout)
        printed = (folder / "printed").read_text("utf-8", errors="replace")
        result = _result(folder, code, printed)
        return Outcome(result, _tensors(folder), printed, time.monotonic() - begin)


def _run(python: str, folder: Path, timeout: float) -> int:
    """The exit code of the process; it and its children are ended when the time is up."""
    command = [python, "-W", "ignore", str(_CHILD), str(folder / "job.json")]
    with (folder / "printed").open("wb") as out:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )
        except OSError as error:
            raise CannotRunError(
                f"{python} cannot be started ({error.strerror}). Give --python the path of a "
                "Python that has torch."
            ) from error
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise CannotRunError(
                f"the code did not end within {timeout:g} s ({_stage(folder)}). Give more time "
                "with --timeout, or smaller batches with --inputs."
            ) from error
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    """As here; what is printed comes at once, for the case of a crash."""
    return os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _end(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _stage(folder: Path) -> str:
    stage = folder / "stage"
    return stage.read_text("utf-8") if stage.exists() else "starting Python"


def _result(folder: Path, code: int, printed: str) -> dict[str, Any]:
    file = folder / "result.json"
    if not file.exists():
        raise CannotRunError(
            f"the process {_ending(code)} without a result ({_stage(folder)})."
            f"{quoted(printed)} Run the code alone to see why."
        )
    result: dict[str, Any] = json.loads(file.read_text("utf-8"))
    if "error" in result:
        raise CannotRunError(result["error"])
    return result


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"


def quoted(printed: str) -> str:
    """The end of what was printed, as a clause of a message; nothing where nothing was."""
    text = printed.strip()
    if not text:
        return ""
    count = text.count("\n") + 1
    end = text[-_SHOWN:].strip().replace("\n", " / ")
    return f" It printed {count} line{'s' if count > 1 else ''}, at the end: {end}"


def _tensors(folder: Path) -> dict[str, Any]:
    file = folder / "tensors.pt"
    if not file.exists():
        return {}
    import torch

    found: dict[str, Any] = torch.load(file, weights_only=True)
    return found
