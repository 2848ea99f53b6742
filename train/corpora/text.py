"""Plain text: one sentence a line."""

from pathlib import Path

from train.corpora.columns import Columns
from train.corpora.items import Items, Reason
from train.corpora.lines import lines
from train.errors import CorpusError


def read_text(path: Path, columns: Columns) -> Items:
    """A sentence from each line. Raises `CorpusError` when columns are named."""
    if columns.named():
        raise CorpusError(
            f"--corpus {str(path)!r} is read as plain text, which has no column "
            f"{columns.anchor!r}. Leave the column options out, or give a file that ends in "
            ".jsonl, .csv or .tsv."
        )
    for number, line in lines(path):
        if line is None:
            yield number, Reason.OVERLONG
            continue
        try:
            yield number, (line.decode(),)
        except UnicodeDecodeError:
            yield number, Reason.UNDECODABLE
