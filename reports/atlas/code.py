"""Code to copy: a few lines that train with a loss, and a file that needs only torch."""

import json

from derive.hyper import Hyper
from derive.nodes import D, N
from derive.objective import Objective
from derive.paradigm import Decomposition
from derive.sheets import Sheet

_LABELS = "labels = torch.arange(256) // 4  # rows with one label belong together"


def usage(o: Objective, spec: str) -> str:
    """A program of a few lines: random embeddings, the loss, its gradient. spec: of `--loss`."""
    arguments = [json.dumps(spec, ensure_ascii=False), *(x for x in map(_argument, o.hyper) if x)]
    if o.embeddings == "unit":
        arguments.append('embeddings="raw"')
    comment = "  # normalises the rows" if o.embeddings == "unit" else ""
    lines = [
        "import torch",
        "from derive.torch import objective",
        "",
        f"loss = objective({', '.join(arguments)}){comment}",
        "h, h_prime = torch.randn(2, 256, 64, requires_grad=True)  # two views, as an encoder's",
        *(_input(name) for name in o.inputs),
        f"loss({', '.join(['h', 'h_prime', *(f'{x}={x}' for x in o.inputs)])}).backward()",
    ]
    return "\n".join(lines)


def _argument(x: Hyper) -> str:
    """The default as a number; one that depends on the batch's sizes is left to the loss."""
    if x.default.has(N, D):
        return ""
    return f"{x.name}={float(x.default):.6g}"


def _input(name: str) -> str:
    if name == "labels":
        return _LABELS
    return f"{name} = (torch.arange(256)[:, None] + torch.randint(1, 256, (256, 8))) % 256"


def standalone_code(d: Decomposition) -> str:
    """What `derive show --format torch` prints."""
    return Sheet(d).render("torch")
