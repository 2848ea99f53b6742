"""Dropout of an encoder: how much there is, and another share for all of it.

Most transformers keep it in layers; some attentions keep a number (T5, ModernBERT), and ModernBERT
leaves a layer out where it would drop nothing.
"""

from collections.abc import Iterator

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from torch import nn

from train.corpus import Corpus
from train.errors import ConfigError

NUMBERS = ("attention_dropout", "activation_dropout", "dropout")
CONFIGURED = (
    "hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout",
    "activation_dropout", "dropout_rate", "embedding_dropout", "mlp_dropout", "resid_pdrop",
    "embd_pdrop", "attn_pdrop",
)  # fmt: skip


def places(model: nn.Module) -> Iterator[tuple[nn.Module, str, float]]:
    """Every share of dropout: the module that has it, the name of it there, its value."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            yield module, "p", module.p
        for name in NUMBERS:
            share = getattr(module, name, None)
            if isinstance(share, int | float):
                yield module, name, share


def left_out(model: nn.Module) -> list[tuple[nn.Module, str]]:
    """Where an identity stands for a dropout layer of share 0: its parent and its name there."""
    return [
        (parent, name)
        for parent in model.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.Identity) and "drop" in name and "path" not in name
    ]


def set_dropout(model: SentenceTransformer, share: float) -> None:
    """The share that every dropout leaves out, written to the configuration too.

    Raises `ConfigError` where the encoder has none.
    """
    for parent, name in left_out(model):
        setattr(parent, name, nn.Dropout(share).train(parent.training))
    found = list(places(model))
    if not found:
        raise ConfigError(
            f"--dropout {share}: the encoder has no dropout layer. Leave the option out; without "
            "dropout, give --corpus with two columns, for a sentence twice is no two views."
        )
    for module, name, _ in found:
        setattr(module, name, share)
    for transformer in (x for x in model if isinstance(x, Transformer)):
        config = transformer.model.config
        for name in CONFIGURED:
            if getattr(config, name, None) is not None:
                setattr(config, name, share)


def equal_views(model: nn.Module, text: Corpus) -> str:
    """A warning where nothing tells the two views of a sentence apart; else empty."""
    drops = any(share > 0 for _, _, share in places(model))
    if drops or text.positives is not text.anchors:
        return ""
    return (
        "Warning: no dropout, and the text has one column: both views of a sentence are the same, "
        "so only the negatives teach. Give --dropout 0.1, or a --corpus with pairs."
    )
