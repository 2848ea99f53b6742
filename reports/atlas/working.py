"""The long part, as tasks: read from the cache, or done in several processes and kept at once."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.atlas.cache import Cache
from reports.context import Tell
from verify.parallel import in_processes


@dataclass(frozen=True)
class Task:
    """label: what is being done, in words; key: of its result in the cache; call: returns what
    JSON can hold, and pickles."""

    label: str
    key: str
    call: Callable[[], Any]


def done(tasks: Sequence[Task], cache: Cache, jobs: int | None, tell: Tell) -> list[Any]:
    """The results, in the order of the tasks. Each is kept when it is there, so that a stop loses
    none. jobs: processes, by default one a core; with one, everything is done in this process.

    Raises as the calls, and `KeyboardInterrupt` after the other processes were ended.
    """
    results: dict[int, Any] = {}
    for at, task in enumerate(tasks):
        kept = cache.get(task.key)
        if kept is not None:
            results[at] = kept
    open_ = [at for at in range(len(tasks)) if at not in results]

    def keep(place: int, value: Any) -> None:
        at = open_[place]
        cache.put(tasks[at].key, value)
        results[at] = value
        tell(f"{tasks[at].label}: done", len(results), len(tasks))

    count = min(jobs or os.cpu_count() or 1, len(open_))
    if open_:
        tell(f"{tasks[open_[0]].label}", len(results), len(tasks))
    if count > 1:
        in_processes([tasks[at].call for at in open_], count, keep)
    else:
        for place, at in enumerate(open_):
            tell(tasks[at].label, len(results), len(tasks))
            keep(place, tasks[at].call())
    return [results[at] for at in range(len(tasks))]
