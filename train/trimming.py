"""Long and short sentences of a batch in calls of their own, with the padding of each taken off.

The embeddings are the same to rounding, and so are loss and gradient; dropout draws other masks.
A call of the encoder costs little on a CPU, and a column of padding as much as one of tokens. On
an accelerator it is the other way round, so there a batch stays whole. So it does where calls have
to be alike: compiled for their shape, or met by one of every process, which broadcast buffers.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from derive.torch.lengths import ByLength, by_length
from derive.torch.sentences import Features

CALL = 128  # what one more call costs on a CPU, in tokens of a small encoder


def encoded(model: nn.Module, features: Features, trim: bool) -> Tensor:
    """(N, D), the embeddings of N tokenised sentences."""
    view = by_length(features) if trim and may_differ(model) and on_cpu(features) else features
    if not isinstance(view, ByLength):
        return embeddings(model, view)
    cuts = view.cheapest(CALL)
    return view.whole(torch.cat([embeddings(model, view.samples(*cut)) for cut in cuts]))


def embeddings(model: nn.Module, features: Any) -> Tensor:
    """What sentence-transformers' models return under this name."""
    found: Tensor = model(features)["sentence_embedding"]
    return found


def may_differ(model: nn.Module) -> bool:
    """Whether the calls of the encoder may be of any number and shape."""
    compiled = hasattr(model, "_orig_mod")
    return not compiled and not isinstance(model, DistributedDataParallel)


def on_cpu(features: Features) -> bool:
    """Whether all of it is on the CPU."""
    return all(x.device.type == "cpu" for x in features.values() if isinstance(x, Tensor))
