"""Every change that a process makes under one folder, counted; at one of them it kills itself.

Python's own writing is seen by an audit hook. What is written by compiled code (safetensors,
PyTorch's zip writer, tokenizers) is not, so those calls are wrapped.

A kill before event k leaves what events 1 to k − 1 wrote. A torn one leaves event k half done: an
empty file where one was opened to be written anew, half a line where one was opened to append,
half a file of those that compiled code writes.
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link")


class Events:
    """Writes "kind torn path" for every event to the file descriptor `log`.

    kill: the number of an event, from 1, or None; torn: in its middle instead of before it.
    """

    def __init__(self, root: Path, log: int, kill: int | None, torn: bool):
        self.root, self.log = str(root) + os.sep, log
        self.kill, self.torn = kill, torn
        self.count = 0
        self.busy = False  # the hook's own writing is no event

    def install(self) -> None:
        sys.addaudithook(self.hook)
        wrap_compiled(self)

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self.busy:
            return
        if event == "open":
            path, _, flags = args
            if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                plain = flags & os.O_APPEND == 0 and flags & os.O_TRUNC == 0
                self.on("touch" if plain else "open", path, None, lambda p: tear_opened(p, flags))
        elif event == "os.mkdir" and os.path.isdir(args[0]):
            return  # it is there: no change
        elif event in CHANGES:
            self.on(event, args[0], next_directory(event, args), None)

    def on(
        self, kind: str, path: Any, directory: int | None, tear: Callable[[str], None] | None
    ) -> None:
        """One event, if the path lies under the root: its line in the log, and the kill."""
        if isinstance(path, int):
            return
        found = os.path.abspath(within(os.fsdecode(path), directory))
        if not found.startswith(self.root):
            return
        self.count += 1
        can_tear = tear is not None and kind != "touch"
        self.busy = True
        os.write(self.log, f"{kind} {int(can_tear)} {found}\n".encode())
        if self.count == self.kill:
            if self.torn and tear is not None:
                tear(found)
            os.kill(os.getpid(), signal.SIGKILL)
        self.busy = False

    def compiled(self, save: Callable[..., Any], where: Callable[..., str]) -> Callable[..., Any]:
        """`save` as an event; where: the path from its arguments."""

        @wraps(save)
        def counted(*args: Any, **kwargs: Any) -> Any:
            def tear(path: str) -> None:
                save(*args, **kwargs)
                os.truncate(path, os.path.getsize(path) // 2)

            self.on("save", where(*args, **kwargs), None, tear)
            return save(*args, **kwargs)

        return counted


def wrap_compiled(events: Events) -> None:
    import safetensors.torch
    import torch
    from transformers import PreTrainedTokenizerFast

    safetensors.torch.serialize_file = events.compiled(
        safetensors.torch.serialize_file, lambda tensors, filename, *_, **__: str(filename)
    )
    torch.save = events.compiled(torch.save, lambda thing, file, *_, **__: file)
    cls = next(c for c in PreTrainedTokenizerFast.__mro__ if "_save_pretrained" in vars(c))
    cls._save_pretrained = events.compiled(
        cls._save_pretrained,
        lambda self, save_directory, *_, **__: os.path.join(save_directory, "tokenizer.json"),
    )


def tear_opened(path: str, flags: int) -> None:
    """What a kill between opening and the flush of the buffer leaves, or in the flush."""
    if flags & os.O_APPEND:
        with open(path, "a", encoding="utf-8") as file:
            file.write('{"event": "st')
    else:
        with open(path, "w", encoding="utf-8"):
            pass


def next_directory(event: str, args: tuple[Any, ...]) -> int | None:
    """The descriptor of the folder that the path of an event is relative to, if there is one."""
    place = {"os.mkdir": 2, "os.rename": 2, "os.remove": 1, "os.rmdir": 1}.get(event)
    return None if place is None or args[place] == -1 else args[place]


def within(path: str, directory: int | None) -> str:
    if directory is None:
        return path
    return os.path.join(os.readlink(f"/proc/self/fd/{directory}"), path)
