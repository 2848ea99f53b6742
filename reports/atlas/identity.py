"""What a loss is, for the cache: everything that its page, its verification and its relations
depend on."""

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sympy import Expr

from derive.nodes import Named
from derive.objective import Objective
from derive.objectives import REGISTRY
from derive.sources import find
from train.digest import digest

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of a function: another one in every process


def identity(spec: str) -> list[str]:
    """Of a loss of the catalogue its name, for its sources count already; of any other its
    formula, how that is declared, everything that is said of it, and the bytes of its file.

    spec: what `--loss` takes. Raises as `find`.
    """
    if spec in REGISTRY:
        return [spec]
    o = find(spec)
    stated = (o.name, o.title, o.source, o.stop_gradients, o.pool, *o.notes)
    hyper = [f"{x.name} {x.display} {x.latex} {x.meaning}" for x in o.hyper]
    printed = _ADDRESS.sub("", repr(o.printed))
    declared = sorted(set(_declared(o.formula())))
    return [
        spec, digest(o), *stated, *hyper, repr(dict(o.presets)), printed, *declared,
        _bytes_of(spec, o),
    ]  # fmt: skip


def _declared(e: Expr) -> Iterator[str]:
    """Each named intermediate: the digest of a formula sees through them, the split does not."""
    for x in e.atoms(Named):
        held = x.definition
        yield f"{held.name} opaque={held.opaque} score={held.score} view={held.view}"
        yield from _declared(held.body)


def _bytes_of(spec: str, o: Objective) -> str:
    """The digest of the file that the loss was read from; empty for one that is all in its spec."""
    path = _file(spec, o)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else ""


def _file(spec: str, o: Objective) -> Path | None:
    from derive import store

    file, _, _ = spec.rpartition(":")
    named = spec if spec.endswith(".py") else file
    if named.endswith(".py"):
        return Path(named).expanduser()
    if store.is_path(spec) or store.is_saved(spec):
        return store.path_of(spec)
    module = sys.modules.get(type(o).__module__)
    source = getattr(module, "__file__", None)
    return Path(source) if source else None
