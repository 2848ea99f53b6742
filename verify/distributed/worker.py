"""One rank: `python -m verify.distributed.worker FOLDER RANK WORLD`. See `launch`."""

import gc
import pickle
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from derive.errors import ContragradError
from derive.files import describe
from verify.distributed.launch import Task

_LONGEST = timedelta(seconds=60)  # that a rank waits for another
_OURS = Path(__file__).parents[2] / "verify"


def main(folder: Path, rank: int, world: int) -> None:
    try:
        _work(folder, rank, world)
    except BaseException as error:  # also SystemExit: user's code may raise anything
        # Written at once: the others fail after it, and the launcher asks who was first.
        (folder / f"failed{rank}").write_text(_told(error), encoding="utf-8")
        traceback.print_exc()
        sys.exit(1)


def _work(folder: Path, rank: int, world: int) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder / 'store'}"
    dist.init_process_group(
        "gloo", init_method=store, rank=rank, world_size=world, timeout=_LONGEST
    )
    tasks = pickle.loads((folder / "tasks").read_bytes())
    (folder / f"results{rank}").write_bytes(pickle.dumps([_result(task) for task in tasks]))
    dist.barrier()
    del tasks
    gc.collect()  # a wrapper that held the group last would wait for gloo's threads for ever
    dist.destroy_process_group()


def _result(task: Task) -> Any:
    try:
        return task()
    except ContragradError as error:
        try:
            return pickle.loads(pickle.dumps(error))
        except TypeError:  # an exception that is made of other arguments than its message
            return ContragradError(str(error))


def _told(error: BaseException) -> str:
    """The exception on one line, with the last line of code that is neither ours nor installed."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [x for x in frames if not _is_library(Path(x.filename))]
    place = f" ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})" if theirs else ""
    return f"{describe(error)}{place}"


def _is_library(file: Path) -> bool:
    installed = {"site-packages", "dist-packages"} & set(file.parts)
    return bool(installed) or file.is_relative_to(_OURS) or str(file).startswith("<")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
