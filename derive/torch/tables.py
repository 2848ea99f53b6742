"""Gradients of embedding tables by the rows that were looked up.

A table's gradient is as large as the table, however few tokens a mini-batch has: 770 MB for a
multilingual vocabulary, written once and read twice for each. As a sparse tensor it is the rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from derive.torch.batches import accumulating


@contextmanager
def sparse_tables(encoder: object) -> Iterator[set[int]]:
    """A block in which the embedding layers of an encoder make sparse gradients: the ids of the
    tables that otherwise have dense ones.

    The values are the same. Layers that weigh a row by its frequency have no such gradient, nor
    has a compiled encoder: the two passes would be two programs, with other random numbers.
    """
    modules = [*encoder.modules()] if isinstance(encoder, nn.Module) else []
    compiled = any(hasattr(x, "_orig_mod") for x in modules)
    layers = [
        x
        for x in modules
        if isinstance(x, nn.Embedding) and not (x.sparse or x.scale_grad_by_freq or compiled)
    ]
    for layer in layers:
        layer.sparse = True
    try:
        yield {id(layer.weight) for layer in layers}
    finally:
        for layer in layers:
            layer.sparse = False


class Sum:
    """Of the gradients of one parameter; dense: whatever the parts are.

    Autograd may give one tensor as the gradient of two parameters, so what it gave is not written
    to. A sum of ours is, and sparse gradients are added to it row by row.
    """

    def __init__(self, *, dense: bool) -> None:
        self.dense, self.own = dense, False
        self.value: Tensor | None = None

    def add(self, part: Tensor | None) -> None:
        """None: no gradient."""
        if part is None:
            return
        part = accumulating(part)
        if self.value is None:
            self.own = self.dense and part.is_sparse
            self.value = part.to_dense() if self.own else part
        elif self.own:
            self.value.add_(part)
        else:
            self.value, self.own = self.value + part, True
