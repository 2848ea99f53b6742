"""Training text from files and data sets: read as a stream, with a count of what is left out."""

from train.corpora.columns import Columns
from train.corpora.reading import MAX_CHARACTERS, read
from train.corpora.splitting import split

__all__ = ["MAX_CHARACTERS", "Columns", "read", "split"]
