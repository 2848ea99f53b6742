"""The encoder that is trained: a folder that is given, or a new BERT."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from train import encoder

NEW = "a new BERT, 4 layers, 256 wide"
SHAPE = encoder.SmallBert(vocabulary=16_000, width=256, layers=4)


@contextmanager
def folder(given: str | None, texts: Sequence[str]) -> Iterator[str]:
    """A model's folder; a new one goes at the end."""
    if given is not None:
        yield given
        return
    with TemporaryDirectory() as made:
        built = encoder.build(texts[:20_000], 0, 512, "cpu", SHAPE)
        built.save_pretrained(made, create_model_card=False)
        yield made
