"""The number formats that are checked, and the state of torch in which each is computed."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


@dataclass(frozen=True)
class Format:
    """unit: rounding error of a sum's step; operand: of a factor of a matrix product; output: of
    the result; all relative."""

    name: str
    dtype: torch.dtype
    unit: float
    operand: float
    output: float
    tf32: bool = False

    def relative(self, n: int, d: int) -> float:
        """How far off the entries of an (n, d) batch may seem: a factor's rounding, and the random
        walk of a sum's."""
        return float(self.operand + max(n, d) ** 0.5 * self.unit)


FORMATS = (
    Format("float64", torch.float64, 2.0**-53, 2.0**-53, 2.0**-53),
    Format("float32", torch.float32, 2.0**-24, 2.0**-24, 2.0**-24),
    # Ten bits of a factor are kept; the hardware may cut off the rest.
    Format("TF32", torch.float32, 2.0**-24, 2.0**-10, 2.0**-10, tf32=True),
    # Computed in float32, and the result rounded to eight bits.
    Format("bfloat16", torch.bfloat16, 2.0**-24, 2.0**-24, 2.0**-8),
)


@contextmanager
def matmul_precision(setting: str) -> Iterator[None]:
    """float32 products by that setting of torch: "highest" is float32, "high" TF32.

    Not by torch.backends.cuda.matmul.fp32_precision: after it torch 2.13 refuses to tell
    allow_tf32 and get_float32_matmul_precision. The older setting keeps all three in step.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(setting)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def computing(form: Format, device: torch.device) -> AbstractContextManager[object]:
    """The state of torch in which a format is computed; without CUDA, TF32 is emulated."""
    if form.tf32 and device.type != "cuda":
        return EmulatedTF32()
    if form.dtype == torch.float64:
        return nullcontext()
    return matmul_precision("high" if form.tf32 else "highest")


class EmulatedTF32(TorchDispatchMode):
    """Cuts the factors of float32 matrix products to TF32's ten bits."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        name = func.overloadpacket.__name__.rstrip("_")
        first = {"mm": 0, "bmm": 0, "addmm": 1, "baddbmm": 1, "mv": 0, "addmv": 1}.get(name)
        if first is not None:
            factors = [cut(x) for x in args[first : first + 2]]
            args = (*args[:first], *factors, *args[first + 2 :])
        return func(*args, **(kwargs or {}))


def cut(x: Tensor) -> Tensor:
    """The ten leading bits behind the point of float32 entries, the other thirteen zero."""
    if x.dtype != torch.float32:
        return x
    return (x.contiguous().view(torch.int32) & -(1 << 13)).view(torch.float32)
