"""A counterexample as a program that anybody can run: tensors, hyper-parameters, both losses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from verify.draws import Example
from verify.subject import Subject

_MOST_NUMBERS = 64  # of a view that is written out; a larger one is drawn again by its recipe

_PROGRAM = """\
import torch
from derive.torch import objective
{imports}

h{views}
hyper = {hyper}
inputs = {inputs}
dtype = {dtype}


def differentiated(loss, dtype):
    x, y = (v.to(dtype).requires_grad_() for v in (h, h_prime))
    value = loss(x, y)
    return value.detach(), *torch.autograd.grad(value, (x, y), materialize_grads=True)


fast = objective({name!r}, embeddings={embeddings!r}, **hyper)
reference = {reference}
h, h_prime = (v.to(dtype).double() for v in (h, h_prime))
found = differentiated(lambda x, y: fast(x, y, **inputs), dtype)
wanted = differentiated(lambda x, y: reference({rows}, **hyper, **inputs), torch.float64)
print("value:", found[0].item(), "reference:", wanted[0].item())
for name, got, right, v in zip(("by h", "by h'"), found[1:], wanted[1:], (h, h_prime)):
    apart = got.double() - right
{along}    print(f"gradient {{name}}: off by {{apart.abs().max().item():.3g}}")
"""
_ALONG = "    apart -= (apart * v).sum(dim=1, keepdim=True) * v  # along the sphere\n"
_NORMALISED = "x / x.norm(dim=1, keepdim=True), y / y.norm(dim=1, keepdim=True)"


def program(example: Example, dtype: torch.dtype = torch.float64, *, raw: bool = False) -> str:
    """The objective that trains against its reference at an example, both differentiated by h
    and h'. raw: rows to be normalised, of unit ones too (what is done in 16 bits)."""
    subject = example.subject
    normalises = raw and not subject.raw
    imports = _imports(subject)
    if not _is_small(example):
        imports += "\nfrom verify.strategies import Batch"
    return _PROGRAM.format(
        imports=imports,
        views=_views(example),
        hyper=repr(dict(example.values)),
        inputs=_inputs(example.inputs),
        dtype=str(dtype),
        name=subject.name,
        embeddings="raw" if raw or subject.raw else "unit",
        reference=_reference(subject),
        rows=_NORMALISED if normalises else "x, y",
        along="" if raw or subject.raw else _ALONG,
    )


_AT_A_POINT = """\
from math import inf, nan

import torch
{imports}
from derive.torch import objective

h = {h}
h_prime = {h_prime}
hyper = {hyper}
inputs = {inputs}
dtype = {dtype}

loss = objective({name!r}, embeddings={embeddings!r}, **hyper)
x, y = (v.to(dtype).requires_grad_() for v in (h, h_prime))
"""
_FINITE = """\
value = loss(x, y, **inputs)
found = value, *torch.autograd.grad(value, (x, y), materialize_grads=True)
for name, part in zip(("value", "gradient by h", "gradient by h'"), found):
    print(f"{name}:", "finite" if part.isfinite().all() else f"not finite: {part.tolist()}")
"""
_REFUSED = """\
try:
    print("not refused, value:", loss(x, y, **inputs).item())
except InputError as error:
    print("refused:", error)
"""
_VALUES = """\
reference = {reference}
print("value:", loss(x, y, **inputs).item())
print("reference:", float(reference(h, h_prime, **hyper, **inputs)))
"""


@dataclass(frozen=True)
class At:
    """Where the objective that trains is called: views (N, D) in float64, to be cast to dtype."""

    subject: Subject
    h: Tensor
    h_prime: Tensor
    values: Mapping[str, float]
    inputs: Mapping[str, Tensor] = field(default_factory=dict)
    embeddings: str = "unit"
    dtype: torch.dtype = torch.float64

    def finite(self) -> str:
        """The program that says whether the value and both gradients are finite."""
        return self._head() + _FINITE

    def refused(self) -> str:
        """The program that says whether the batch is refused with `InputError`."""
        return self._head("from derive.errors import InputError") + _REFUSED

    def value(self) -> str:
        """The program that prints the value and the reference's."""
        head = self._head(_imports(self.subject))
        return head + _VALUES.format(reference=_reference(self.subject))

    def _head(self, imports: str = "") -> str:
        text = _AT_A_POINT.format(
            imports=imports,
            h=_tensor(self.h),
            h_prime=_tensor(self.h_prime),
            hyper=repr(dict(self.values)),
            inputs=_inputs(self.inputs),
            dtype=str(self.dtype),
            name=self.subject.name,
            embeddings=self.embeddings,
        )
        return text.replace("import torch\n\nfrom", "import torch\nfrom")


_FORMULA = "from derive.sources import find\nfrom verify.formula import Formula"


def _imports(subject: Subject) -> str:
    return "from verify.oracles import load" if subject.reference == "oracle" else _FORMULA


def _reference(subject: Subject) -> str:
    if subject.reference == "oracle":
        return f"load({subject.objective.name!r})"
    return f"Formula(find({subject.name!r})).loss"


def _is_small(example: Example) -> bool:
    return example.h.numel() <= _MOST_NUMBERS or example.subject.raw


def _views(example: Example) -> str:
    if not _is_small(example):
        return f", h_prime = (lambda batch: (batch.h, batch.h_prime))({example.batch!r})"
    return f" = {_tensor(example.h)}\nh_prime = {_tensor(example.h_prime)}"


def _tensor(x: Tensor) -> str:
    kind = ", dtype=torch.float64" if x.is_floating_point() else ""
    return f"torch.tensor({x.tolist()}{kind})"


def _inputs(inputs: Mapping[str, Tensor]) -> str:
    return "{" + ", ".join(f"{name!r}: {_tensor(x)}" for name, x in inputs.items()) + "}"
