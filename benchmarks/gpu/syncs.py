"""Finds operations that would make a GPU's host wait, on a GPU or without one.

With CUDA, torch itself raises (`torch.cuda.set_sync_debug_mode`). Elsewhere `Watch` records every
operation that reads a value on the host, or gives a tensor a shape that depends on values. Copying
between host and device waits too, unless it is asked not to and the memory is pinned:
`torch.tensor(3.14, device="cuda")` is such a copy (pytorch issue 120996), and `torch.full` is none.
"""

import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_ROOT = Path(__file__).parents[2]
_READING = ("_local_scalar_dense", "item", "is_nonzero", "equal", "allclose")
_SIZED_BY_VALUES = ("nonzero", "masked_select", "bincount", "histc")
_INDEXING = ("index", "index_put", "index_put_", "_unsafe_index", "_index_put_impl_")
_TO_HOST = (Tensor.cpu, Tensor.numpy, Tensor.tolist, Tensor.__array__)
_FROM_HOST = (torch.tensor, torch.as_tensor, torch.asarray, Tensor.new_tensor)


class SyncError(RuntimeError):
    """The host would wait for the device."""


class Watch(TorchDispatchMode):
    """Records synchronising operations on any device, as "file:line: operation"."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._calls = _Calls(self)

    def __enter__(self) -> "Watch":
        self._calls.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self._calls.__exit__(*raised)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name in _READING + _SIZED_BY_VALUES or "unique" in name:
            self.record(name)
        if name in _INDEXING and any(_is_mask(x) for x in args[1]):
            self.record(f"{name} with a mask")
        if name == "repeat_interleave" and not (kwargs or {}).get("output_size"):
            self.record(f"{name} without output_size")
        return func(*args, **(kwargs or {}))

    def record(self, what: str) -> None:
        self.found.append(f"{_place()}: {what}")


class _Calls(TorchFunctionMode):
    """Records the copies between host and device that a CPU does not make."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", str(func))
        if func in _TO_HOST:
            self.watch.record(name)
        elif func in _FROM_HOST and (kwargs.get("device") is not None or name == "new_tensor"):
            self.watch.record(f"{name} on a device")
        elif func is Tensor.to and _names_the_host((*args[1:], *kwargs.values())):
            self.watch.record("to the CPU")
        return func(*args, **kwargs)


def _is_mask(x: Any) -> bool:
    return isinstance(x, Tensor) and x.dtype in (torch.bool, torch.uint8)


def _names_the_host(arguments: Sequence[Any]) -> bool:
    """Whether a call of `to` names the CPU by a word; a device may be that of another tensor."""
    return any(x == "cpu" for x in arguments if isinstance(x, str))


def _place() -> str:
    """Where the package asked for it: the innermost frame that is neither torch's nor ours."""
    for frame in reversed(traceback.extract_stack()):
        if "/torch/" not in frame.filename.replace("/derive/torch/", "/derive/") and (
            frame.filename != __file__
        ):
            file = Path(frame.filename)
            file = file.relative_to(_ROOT) if file.is_relative_to(_ROOT) else file
            return f"{file}:{frame.lineno}"
    return "unknown place"


@contextmanager
def no_syncs(device: torch.device) -> Iterator[None]:
    """Raises `SyncError` (with CUDA: torch's RuntimeError) where a synchronising operation is made
    inside. With CUDA, at the operation; elsewhere at the end, with all of them."""
    if device.type == "cuda":
        before = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode("error")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode(before)
        return
    with Watch() as watch:
        yield
    if watch.found:
        raise SyncError("; ".join(dict.fromkeys(watch.found)))


@contextmanager
def values_unseen() -> Iterator[None]:
    """Nothing looks at values where `checks_values` is asked first, as for tensors on a GPU."""
    from derive.torch.batches import checks_values

    users = [x for name, x in sys.modules.items() if name.startswith("derive.torch")]
    users = [x for x in users if getattr(x, "checks_values", None) is checks_values]
    for module in users:
        module.checks_values = lambda x: False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in users:
            module.checks_values = checks_values  # type: ignore[attr-defined]
