"""Which loss a run trains: put on record when it starts, and asked for again when it goes on.

A loss of the catalogue is its name. Any other is recorded with its recipe, where it was saved by
`derive modify` or `derive compose`, and with the digest of its formula: a file may change while a
run is stopped.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from derive import store
from derive.errors import ContragradError, InputError
from derive.objective import Objective
from derive.objectives import REGISTRY
from derive.sources import find
from train.corpus import Corpus
from train.digest import digest
from train.errors import RunFolderError
from train.folder import Record
from train.recorded import damaged


def trainable(spec: str, settings: Mapping[str, str]) -> Objective:
    """A run's loss, which takes these settings. Raises `InputError` where pairs are not enough
    for it, and as `derive.sources.find`."""
    objective = find(spec)
    objective.defaults(settings)
    if objective.inputs:
        raise InputError(
            f"{objective.name} takes {' and '.join(objective.inputs)} beside the two views, and "
            "the training data are pairs. Choose a loss without further inputs (`derive list`), "
            "or call derive.torch.objective from your own training loop."
        )
    return objective


def takes(objective: Objective, text: Corpus) -> None:
    """Raises `InputError` where the text has hard negatives and the loss no place for them."""
    if text.negatives is not None:
        from derive.torch.engines import pool_of

        pool_of(objective)


def label(objective: Objective) -> str:
    """The loss's name as a part of a path, and as a tag."""
    return re.sub(r"[^\w.-]+", "-", objective.name).strip(".-")[:64] or "loss"


def record_of(spec: str, objective: Objective) -> Record:
    """What config.json says of the loss; recipe and digest are None for one of the catalogue."""
    own = spec not in REGISTRY
    saved = own and (store.is_path(spec) or store.is_saved(spec))
    return {
        "name": objective.name,
        "title": objective.title,
        "stop_gradients": objective.stop_gradients,
        "recipe": store.read(spec) if saved else None,
        "digest": digest(objective) if own else None,
    }


def found_again(spec: str, record: Mapping[str, Any], path: Path) -> Objective:
    """The loss of a run on record.

    Raises `RunFolderError` if it is not there any more, or is not the one the run began with.
    """
    known = record.get("loss", {})
    if not isinstance(known, dict):
        raise damaged(f"loss is {known!r}")
    try:
        objective = find(spec)
    except ContragradError as error:
        recipe = " (config.json holds its recipe, under loss)" if known.get("recipe") else ""
        raise RunFolderError(
            f"--resume {str(path)!r}: the loss of this run, {spec}, cannot be had any more: "
            f"{error} Put it back{recipe}, or start a new run."
        ) from error
    if spec in REGISTRY:
        return objective
    if not isinstance(known.get("digest"), str):
        raise damaged(f"loss is {known!r}")
    if digest(objective) != known["digest"]:
        raise RunFolderError(
            f"--resume {str(path)!r}: {spec} is not the loss this run began with: its formula or "
            "its hyper-parameters have changed. Put the old one back, or start a new run."
        )
    return objective
