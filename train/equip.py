"""A protocol's pooling, dropout, frozen tables and training head, put on an encoder."""

from dataclasses import replace

from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from torch import nn

from train.dropout import set_dropout
from train.errors import ConfigError
from train.heads import FIRST, FirstLast, TrainingHead, with_head
from train.protocols import Protocol


def equip(model: SentenceTransformer, protocol: Protocol, seed: int) -> None:
    """Change the encoder in place; a training head that it has already stays.

    Raises `ConfigError` where the encoder has nothing to put a setting on.
    """
    freeze_pooler(model)
    if protocol.pooling is not None:
        set_pooling(model, protocol.pooling)
    if protocol.dropout is not None:
        set_dropout(model, protocol.dropout)
    if protocol.freeze == "embeddings":
        freeze_embeddings(model)
    if protocol.head != "none" and not any(
        isinstance(x, TrainingHead) and not x.kept for x in model
    ):
        with_head(model, protocol.head, protocol.head_std, seed, protocol.keep_head)


def go_on_equipped(model: SentenceTransformer, protocol: Protocol, seed: int) -> None:
    """`equip` for the encoder of a checkpoint, which has its pooling and its head already."""
    equip(model, replace(protocol, pooling=None, head="none"), seed)


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
    transformer.model.config.output_hidden_states = mode in FIRST
    prompt = getattr(own, "include_prompt", True)
    pooling = (
        FirstLast(width, FIRST[mode])
        if mode in FIRST
        else Pooling(width, pooling_mode=mode, include_prompt=prompt)
    )
    setattr(model, places[0], pooling.to(model.device))


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


TOKENS = "token_embeddings"
