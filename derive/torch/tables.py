"""Gradients of embedding tables by the rows that were looked up.

A table's gradient is as large as the table, however few tokens a mini-batch has: 770 MB for a
multilingual vocabulary, written once and read twice for each. As a sparse tensor it is the rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def sparse_tables(encoder: object) -> Iterator[None]:
    """A block in which the embedding layers of an encoder make sparse gradients.

    The values are the same. Layers that weigh a row by its frequency have no such gradient.
    """
    layers = [
        x
        for x in (encoder.modules() if isinstance(encoder, nn.Module) else ())
        if isinstance(x, nn.Embedding) and not x.sparse and not x.scale_grad_by_freq
    ]
    for layer in layers:
        layer.sparse = True
    try:
        yield
    finally:
        for layer in layers:
            layer.sparse = False
