"""Runs standalone files where nothing of ours can be imported: `python -S -I THIS SITE FOLDER`.

SITE: the folder that holds torch. FOLDER: <name>.py and <name>.pt, the cases. Prints JSON.
"""

import importlib.abc
import importlib.util
import json
import sys
from pathlib import Path

OURS = {"derive", "verify", "train", "reports", "click", "rich", "hypothesis", "pytest"}


class Barrier(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in OURS:
            raise ImportError(f"{name} is not torch")


sys.meta_path.insert(0, Barrier())
sys.path.append(sys.argv[1])

import torch  # noqa: E402

torch.set_num_threads(1)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, path.stem)


def differentiated(loss, h, h_prime, **arguments):
    h, h_prime = (x.clone().requires_grad_() for x in (h, h_prime))
    value = loss(h, h_prime, **arguments)
    return value.detach(), *torch.autograd.grad(value, (h, h_prime))


def tangent(gradient, h):
    """Without the part that normalisation removes: losses extend off the sphere in many ways."""
    return gradient - (gradient * h).sum(dim=1, keepdim=True) * h


def error(case, loss):
    """The largest difference, relative to the largest entry of what is expected."""
    h, h_prime = case["h"], case["h_prime"]
    value, *gradients = differentiated(loss, h, h_prime, **case["inputs"])
    expected, *references = case["expected"]
    pairs = [(value, expected)]
    for x, y, view in zip(gradients, references, (h, h_prime), strict=True):
        pairs.append((tangent(x, view), tangent(y, view)) if case["unit"] else (x, y))
    worst = [float((x - y).abs().max() / y.abs().max().clamp(min=1e-3)) for x, y in pairs]
    return max(x if x == x else float("inf") for x in worst)


def examined(path):
    loss, saved = load(path), torch.load(path.with_suffix(".pt"))
    worst = max(error(case, loss) for case in saved["cases"])
    h, h_prime, inputs = saved["small"]
    before = (h.clone(), h_prime.clone())
    code = loss.__code__
    tau = (
        {"tau": 0.01}
        if "tau" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        else {}
    )
    finite = all(x.isfinite().all() for x in differentiated(loss, h, h_prime, **inputs, **tau))
    untouched = torch.equal(h, before[0]) and torch.equal(h_prime, before[1])
    return {"worst": worst, "finite": bool(finite), "untouched": untouched}


report = {}
for file in sorted(Path(sys.argv[2]).glob("*.py")):
    try:
        report[file.stem] = examined(file)
    except Exception as problem:
        report[file.stem] = {"error": repr(problem), "finite": False, "untouched": False}
assert not {x for x in sys.modules if x.split(".")[0] in OURS}
print(json.dumps(report))
