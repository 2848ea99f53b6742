"""A protocol's pooling, dropout, frozen tables and training head, put on an encoder."""

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from torch import nn

from train.corpus import Corpus
from train.errors import ConfigError
from train.heads import FirstLast, TrainingHead, with_head
from train.protocols import Protocol


def equip(model: SentenceTransformer, protocol: Protocol, seed: int) -> None:
    """Change the encoder in place; a head that it has already (from a checkpoint) is kept.

    Raises `ConfigError` where the encoder has nothing to put a setting on.
    """
    freeze_pooler(model)
    if protocol.pooling is not None:
        set_pooling(model, protocol.pooling)
    if protocol.dropout is not None:
        set_dropout(model, protocol.dropout)
    if protocol.freeze == "embeddings":
        freeze_embeddings(model)
    if protocol.head != "none" and not any(isinstance(x, TrainingHead) for x in model):
        with_head(model, protocol.head, protocol.head_std, seed)


def transformer_of(model: SentenceTransformer, option: str) -> Transformer:
    """The encoder's transformer. Raises `ConfigError` if its first module is none."""
    first = model[0]
    if not isinstance(first, Transformer):
        raise ConfigError(
            f"{option} needs a transformer, and the encoder begins with {type(first).__name__}. "
            "Leave the option out, or give another --model."
        )
    return first


def set_pooling(model: SentenceTransformer, mode: str) -> None:
    """Put the pooling in the place of the encoder's own."""
    transformer = transformer_of(model, f"--pooling {mode}")
    places = [n for n, x in model.named_children() if isinstance(x, Pooling | FirstLast)]
    if len(places) != 1:
        raise ConfigError(
            f"--pooling {mode}: the encoder has {len(places)} pooling modules, not one. "
            "Leave the option out, or give another --model."
        )
    own, width = getattr(model, places[0]), transformer.get_embedding_dimension()
    if isinstance(own, Pooling) and own.pooling_mode == mode:
        return
    if (
        own.get_embedding_dimension() != width
        and places[0] != [n for n, _ in model.named_children()][-1]
    ):
        raise ConfigError(
            f"--pooling {mode}: the encoder's own pooling gives {own.get_embedding_dimension()} "
            f"numbers to the modules behind it, and this one gives {width}. Leave the option out."
        )
    transformer.model.config.output_hidden_states = mode == "first_last"
    prompt = getattr(own, "include_prompt", True)
    pooling = (
        FirstLast(width)
        if mode == "first_last"
        else Pooling(width, pooling_mode=mode, include_prompt=prompt)
    )
    setattr(model, places[0], pooling.to(model.device))


def set_dropout(model: SentenceTransformer, share: float) -> None:
    """The share that every dropout layer leaves out, written to the configuration too."""
    layers = [x for x in model.modules() if isinstance(x, nn.Dropout)]
    if not layers:
        raise ConfigError(
            f"--dropout {share}: the encoder has no dropout layer. Leave the option out; without "
            "dropout, give --corpus with two columns, for a sentence twice is no two views."
        )
    for layer in layers:
        layer.p = share
    for module in model.modules():  # some attentions keep a number, not a layer
        if isinstance(getattr(module, FLOAT_DROPOUT, None), float):
            setattr(module, FLOAT_DROPOUT, share)
    config = transformer_of(model, f"--dropout {share}").model.config
    for name in DROPOUT:
        if getattr(config, name, None) is not None:
            setattr(config, name, share)


def equal_views(model: SentenceTransformer, text: Corpus) -> str:
    """A warning where nothing tells the two views of a sentence apart; else empty."""
    drops = any(x.p > 0 for x in model.modules() if isinstance(x, nn.Dropout))
    rates = (getattr(x, FLOAT_DROPOUT, None) for x in model.modules())
    drops |= any(isinstance(rate, float) and rate > 0 for rate in rates)
    if drops or text.positives is not text.anchors:
        return ""
    return (
        "Warning: no dropout, and the text has one column: both views of a sentence are the same, "
        "so only the negatives teach. Give --dropout 0.1, or a --corpus with pairs."
    )


def freeze_pooler(model: SentenceTransformer) -> None:
    """No gradient for BERT's own pooler: embeddings come from the tokens, so it has none, and
    distributed training waits for every parameter that may have one."""
    pooler = getattr(getattr(model[0], "model", None), "pooler", None)
    if isinstance(pooler, nn.Module) and getattr(model[0], "module_output_name", "") == TOKENS:
        pooler.requires_grad_(False)


def freeze_embeddings(model: SentenceTransformer) -> None:
    """No gradient for the tables of tokens, positions and types, nor their norm."""
    inner = transformer_of(model, "--freeze embeddings").model
    tables = getattr(inner, "embeddings", None)
    if not isinstance(tables, nn.Module):
        raise ConfigError(
            f"--freeze embeddings: {type(inner).__name__} has no module `embeddings`. "
            "Leave the option out, or give another --model."
        )
    tables.requires_grad_(False)


FLOAT_DROPOUT = "attention_dropout"
TOKENS = "token_embeddings"
# What BERT, RoBERTa and DistilBERT call it in their configurations.
DROPOUT = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "attention_dropout")
