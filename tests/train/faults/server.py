"""Runs `train` in forked children: the imports, which take most of the time, happen once.

A program: python -m tests.train.faults.server. Each line on stdin is a job, an object with
  words: of the command line; log: file for both outputs; env: variables of the environment;
  plants: names in tests/train/faults/plants.py; processes: how many, as torchrun starts them;
  root, events, kill, torn: see events.py; kill in the process of rank `kill_rank`;
  threads: of torch, 1 by default.
Each line on stdout is the exit codes of the job's processes, a list; minus a signal's number.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import torch

GRACE = 60  # seconds for the other processes of a job once one has failed


def main() -> None:
    torch.set_num_threads(1)
    import_all()
    from transformers.conversion_mapping import get_checkpoint_conversion_mapping

    get_checkpoint_conversion_mapping("bert")  # compiles a thousand patterns, and keeps them
    gc.freeze()  # else each child's collection copies every page of the imports
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(serve(json.loads(line))), flush=True)


def import_all() -> None:
    """What a run would import late."""
    import datasets
    import sentence_transformers
    import transformers

    import derive.torch
    import train.cli
    import train.commands.run
    import train.run
    import verify.ladder

    assert all((datasets, sentence_transformers, transformers, derive.torch, train.run))
    assert all((train.cli, train.commands.run, verify.ladder))


def serve(job: dict[str, Any]) -> list[int]:
    """Fork the job's processes and wait for all of them."""
    processes, env = job.get("processes", 1), dict(job.get("env", {}))
    port = str(free_port())
    store = host(int(port)) if processes > 1 else None
    children = []
    for rank in range(processes):
        child = os.fork()
        if child == 0:
            run_child(job, env | torchrun(rank, processes, port), rank)
        children.append(child)
    try:
        return wait(children)
    finally:
        if store is not None:
            os.kill(store, signal.SIGKILL)
            os.waitpid(store, 0)


def host(port: int) -> int:
    """A process with the group's store, as torchrun has it: it outlives every rank."""
    child = os.fork()
    if child == 0:
        from torch.distributed import TCPStore

        store = TCPStore("127.0.0.1", port, None, True, wait_for_workers=False)
        while store is not None:
            time.sleep(60)
    return child


def torchrun(rank: int, processes: int, port: str) -> dict[str, str]:
    """The environment of one of several processes; of the only one, nothing."""
    if processes == 1:
        return {}
    return {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes),
            "LOCAL_WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": port, "TORCHELASTIC_USE_AGENT_STORE": "True"}  # fmt: skip


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait(children: list[int]) -> list[int]:
    """The exit codes; as torchrun does, the others are terminated when one has failed."""
    codes: dict[int, int] = {}
    failed_at = None
    while len(codes) < len(children):
        for child in set(children) - set(codes):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                codes[child] = os.waitstatus_to_exitcode(status)
                if codes[child] and failed_at is None:
                    failed_at = time.monotonic()
                    for other in set(children) - set(codes):
                        os.kill(other, signal.SIGTERM)
        if failed_at is not None and time.monotonic() - failed_at > GRACE:
            for other in set(children) - set(codes):
                os.kill(other, signal.SIGKILL)
        time.sleep(0.005)
    return [codes[child] for child in children]


def run_child(job: dict[str, Any], env: dict[str, str], rank: int) -> None:
    """The command in this process, which ends here."""
    code = 70
    try:
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(env)
        torch.set_num_threads(job.get("threads", 1))
        prepare(job, rank)
        from train.cli import main as command

        command([str(word) for word in job["words"]])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def prepare(job: dict[str, Any], rank: int) -> None:
    """What is planted in the child before the command begins."""
    from tests.train.faults import plants
    from tests.train.faults.events import Events

    for name in job.get("plants", ()):
        getattr(plants, name)(rank)
    if job.get("events") and rank == job.get("kill_rank", 0):
        log = os.open(job["events"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        Events(Path(job["root"]), log, job.get("kill"), bool(job.get("torn"))).install()


if __name__ == "__main__":
    main()
