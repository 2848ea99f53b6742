"""A counterexample as a program that anybody can run: tensors, hyper-parameters, both losses."""

import torch
from torch import Tensor

from verify.draws import Example

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
    of_oracle = subject.reference == "oracle"
    normalises = raw and not subject.raw
    imports = "from verify.oracles import load" if of_oracle else _FORMULA
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
        reference=f"load({subject.objective.name!r})"
        if of_oracle
        else f"Formula(find({subject.name!r})).loss",
        rows=_NORMALISED if normalises else "x, y",
        along="" if raw or subject.raw else _ALONG,
    )


_FORMULA = "from derive.sources import find\nfrom verify.formula import Formula"


def _is_small(example: Example) -> bool:
    return example.h.numel() <= _MOST_NUMBERS or example.subject.raw


def _views(example: Example) -> str:
    if not _is_small(example):
        return f", h_prime = (lambda batch: (batch.h, batch.h_prime))({example.batch!r})"
    return f" = {_tensor(example.h)}\nh_prime = {_tensor(example.h_prime)}"


def _tensor(x: Tensor) -> str:
    kind = ", dtype=torch.float64" if x.is_floating_point() else ""
    return f"torch.tensor({x.tolist()}{kind})"


def _inputs(inputs: dict[str, Tensor]) -> str:
    return "{" + ", ".join(f"{name!r}: {_tensor(x)}" for name, x in inputs.items()) + "}"
