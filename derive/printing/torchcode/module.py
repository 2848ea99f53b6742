"""The printed file: the formulas, the loss, its autograd function, helpers and checks."""

import keyword
import re
from collections.abc import Iterator, Mapping

from derive.objective import Objective
from derive.paradigm import decompose
from derive.printing.plain import as_text
from derive.printing.sheet import build_sheet
from derive.printing.torchcode.gradients import build
from derive.printing.torchcode.helpers import (
    CHECK,
    CHECK_RAW,
    CHECK_UNIT,
    HELPERS,
    NEEDS_MATH,
    ONCE,
)
from derive.printing.torchcode.program import SIZES, Program
from derive.printing.torchcode.scalars import ScalarPrinter
from derive.printing.torchcode.signature import Signature, call, sizes, wrapped

_TAKEN = ("h", "h_prime", "n", "d", "extra", "value", "by_h", "by_h_prime", "math", "torch")
_SECTIONS = ("Objective", "Gradient", "Dissipation, weight, ratio", "Remainder", "Notation")


def standalone(objective: Objective, settings: Mapping[str, object] | None = None) -> str:
    """One Python file that needs only torch: the loss, its closed-form gradient, the formulas.

    The file defines `<name>(h, h_prime, *, <inputs>, <hyper-parameters>) -> Tensor`. settings:
    hyper-parameters that become the defaults of its keywords. Raises `ContragradError` where the
    loss cannot be derived or holds a node that has no torch code.
    """
    return "\n".join(_File(objective, dict(settings or {})).parts())


class _File:
    """The parts of the file of one objective."""

    def __init__(self, objective: Objective, settings: dict[str, object]):
        self.objective = objective
        self.used: set[str] = set()
        scalar = ScalarPrinter(lambda e: SIZES.get(e.name, e.name), self.used.add)
        self.signature = Signature(objective, settings, scalar)
        name = re.sub(r"\W", "_", objective.name)
        self.name = f"{name}_" if keyword.iskeyword(name) or name == "torch" else name
        self.function = "_" + "".join(x.capitalize() for x in self.name.split("_"))
        self.arguments = ["h", "h_prime", *self.signature.names]

    def parts(self) -> Iterator[str]:
        body = [*self._loss(), "", "", *self._autograd(), "", "", *self._formulas()]
        yield from self._docstring()
        if "math" in self.used or self.used & set(NEEDS_MATH):
            yield from ("", "import math")
        yield from ("", "import torch", "from torch import Tensor", "", "", *body)
        yield f"\n\n{ONCE.rstrip()}"
        for name, text in HELPERS.items():
            if name in self.used:
                yield f"\n\n{text.rstrip()}"
        check = CHECK_UNIT if self.objective.embeddings == "unit" else CHECK_RAW
        yield f"\n\n{CHECK}{check}".rstrip()

    def _docstring(self) -> Iterator[str]:
        o = self.objective
        yield from wrapped(f'"""{o.title}: the loss and its gradient in closed form.')
        yield from ("", *wrapped(f"Source: {o.source}. Training scalar: {o.reduction}."))
        below = "one anchor's term L_i" if o.differentiated == "anchor" else "the scalar"
        yield from wrapped(
            "_formulas has its gradients by both views, derived symbolically; nothing is left to "
            f"autograd. Below is the derivative of {below} by h_i, and how it splits."
        )
        yield ""
        kept = tuple(x for x in build_sheet(decompose(o)) if x.title in _SECTIONS)
        yield as_text(kept).strip("\n").replace("\\", "\\\\").replace('"""', "'''")
        yield '"""'

    def _loss(self) -> Iterator[str]:
        keywords = ["h: Tensor", "h_prime: Tensor", *self.signature.keywords]
        yield from call(f"def {self.name}(", keywords, ") -> Tensor:")
        yield from self.signature.docstring()
        yield "    _check(h, h_prime)"
        yield from self.signature.checks()
        yield "    dtype = torch.promote_types(h.dtype, torch.float32)"
        yield "    with torch.autocast(h.device.type, enabled=False):"
        arguments = ["h.to(dtype)", "h_prime.to(dtype)", *self.signature.names]
        yield from call(f"        loss = {self.function}.apply(", arguments, ")", 8)
        yield "    return loss.to(h.dtype)"

    def _autograd(self) -> Iterator[str]:
        none = ", None" * len(self.signature.names)
        yield f"class {self.function}(torch.autograd.Function):"
        yield '    """Computes the gradients with the value; backward scales them."""'
        yield from ("", "    @staticmethod")
        yield from call("    def forward(", ["ctx", *self.arguments], "):", 4)
        yield from call("        value, by_h, by_h_prime = _formulas(", self.arguments, ")", 8)
        yield "        ctx.save_for_backward(by_h, by_h_prime)"
        yield "        return value"
        yield from ("", "    @staticmethod", "    def backward(ctx, upstream):")
        yield "        if torch.is_grad_enabled():  # create_graph=True"
        yield "            upstream = _Once.apply(upstream.detach().requires_grad_())"
        yield "        by_h, by_h_prime = ctx.saved_tensors"
        yield f"        return upstream * by_h, upstream * by_h_prime{none}"

    def _formulas(self) -> Iterator[str]:
        yield from call("def _formulas(", self.arguments, "):")
        yield '    """The value, and its gradients by h and h_prime, (N, D)."""'
        derived = build(self.objective)
        outputs = {"value": derived.value, "by_h": derived.by_h, "by_h_prime": derived.by_h_prime}
        nodes = [x.node for x in outputs.values() if x is not None and x.node is not None]
        program = Program(nodes, [*_TAKEN, *self.signature.names])
        for name, value in outputs.items():
            if value is None or value.node is None:
                program.lines.append(f"{name} = torch.zeros_like(h)")
            else:
                program.assign(name, value.scale, value.node)
        self.used |= program.used
        yield from sizes(program.lines, self.signature.arrays)
        yield from (f"    {line}" for line in program.lines)
        yield "    return value, by_h, by_h_prime"
