"""Real processes for the tests: as `verify.distributed.launch`, with warnings as errors."""

from collections.abc import Sequence
from typing import Any

from verify.distributed import launch
from verify.distributed.launch import Task


def run(tasks: Sequence[Task], world: int, timeout: float = 300) -> list[list[Any]]:
    """Raises `ProcessError` with a rank's standard error if one fails or takes too long."""
    return launch.run(tasks, world, timeout, warnings="error")
