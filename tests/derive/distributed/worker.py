"""One rank: `python -m tests.derive.distributed.worker FOLDER RANK WORLD`. See `launch`."""

import pickle
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from derive.errors import ContragradError
from tests.derive.distributed.launch import Task

_LONGEST = timedelta(seconds=60)  # that a rank waits for another


def main(folder: Path, rank: int, world: int) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder / 'store'}"
    dist.init_process_group(
        "gloo", init_method=store, rank=rank, world_size=world, timeout=_LONGEST
    )
    tasks = pickle.loads((folder / "tasks").read_bytes())
    (folder / f"results{rank}").write_bytes(pickle.dumps([_result(task) for task in tasks]))
    dist.barrier()
    dist.destroy_process_group()


def _result(task: Task) -> Any:
    try:
        return task()
    except ContragradError as error:
        return error


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
