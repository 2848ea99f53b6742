"""Data sets that the package `datasets` loads, from the hub or a local folder, streamed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from train.corpora.columns import Columns
from train.corpora.items import Items, Reason
from train.corpora.mappings import Row, chosen
from train.errors import CorpusError

PREFIX = "datasets:"


def read_data_set(spec: str, columns: Columns) -> Items:
    """The rows of `datasets:NAME[:[CONFIG:]SPLIT]`; SPLIT is train if it is not given.

    Raises `CorpusError` when the set cannot be loaded, or breaks off while it is streamed.
    """
    name, config, split = parse(spec)
    return chosen(spec, numbered(spec, name, config, split), columns)


def parse(spec: str) -> tuple[str, str | None, str]:
    """Name, configuration and split. A path that exists may hold colons itself."""
    rest = spec.removeprefix(PREFIX)
    if not rest:
        raise CorpusError(
            f"--corpus {spec!r} names no data set. Write datasets:NAME, datasets:NAME:SPLIT or "
            "datasets:NAME:CONFIG:SPLIT."
        )
    if Path(rest).exists():
        return rest, None, "train"
    name, *more = rest.split(":")
    if len(more) > 2 or not all([name, *more]):
        raise CorpusError(
            f"--corpus {spec!r} has an empty or an unexpected part between its colons. Write "
            "datasets:NAME, datasets:NAME:SPLIT or datasets:NAME:CONFIG:SPLIT."
        )
    return name, more[0] if len(more) == 2 else None, more[-1] if more else "train"


def numbered(
    spec: str, name: str, config: str | None, split: str
) -> Iterator[tuple[int, Row | Reason]]:
    """The rows, counted from 1."""
    number = 0
    try:
        for number, row in enumerate(load(name, config, split), start=1):
            yield number, row
    except CorpusError:
        raise
    except Exception as error:  # a library of many loaders names no common class
        reason = " ".join(str(error).split()) or "no reason given"
        raise CorpusError(
            f"--corpus {spec!r} cannot be read after row {number:,}: {type(error).__name__}: "
            f"{reason[:400]}. Check the name, the split and the connection to the hub "
            "(HF_ENDPOINT names another), or give a file or a local folder."
        ) from error


def load(name: str, config: str | None, split: str) -> Any:
    """The streamed data set. A folder written by `save_to_disk` is named as such."""
    from datasets import load_dataset

    folder = Path(name)
    if (folder / "state.json").is_file() or (folder / "dataset_dict.json").is_file():
        raise CorpusError(
            f"--corpus 'datasets:{name}' was written by save_to_disk, which cannot be streamed. "
            "Write it with to_json(..., lines=True) or to_csv and give that file."
        )
    return load_dataset(name, config, split=split, streaming=True)
