"""Encoders in sentence-transformers' format: a small new BERT, or any that transformers loads."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from safetensors import SafetensorError
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import BertWordPieceTokenizer
from transformers import BertConfig, BertModel, BertTokenizer, set_seed

from train import hub
from train.errors import ModelError
from train.heads import OURS
from train.lengths import cut_at, limit_of
from train.prompts import default_prompt
from train.storage import storage_errors

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LOADING = (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError)
ALPHABET = 500  # characters that get a piece of their own; rarer ones become [UNK]


@dataclass(frozen=True)
class SmallBert:
    """The shape of the encoder that is made when no `--model` is given."""

    vocabulary: int = 8_000
    width: int = 128
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1


def vocabulary(texts: Sequence[str], size: int) -> dict[str, int]:
    """A lower-cased WordPiece vocabulary of at most `size` pieces, the same for the same texts.

    The trainer numbers "##a", "##b", ... in the order of a hash table, which differs from call
    to call and decides between equally frequent pairs; naming them beforehand fixes both.
    """
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    counts = Counter("".join(texts)).most_common(ALPHABET)
    letters = sorted(set("".join(tokenizer.normalize("".join(c for c, _ in counts)).split())))
    tokenizer.train_from_iterator(
        iter(texts),
        vocab_size=size,
        show_progress=False,
        limit_alphabet=ALPHABET,
        initial_alphabet=letters,
        special_tokens=[*SPECIAL, *(f"##{letter}" for letter in letters)],
    )
    return tokenizer.get_vocab()


def build(
    texts: Sequence[str], seed: int, max_length: int, device: str, shape: SmallBert | None = None
) -> SentenceTransformer:
    """A randomly initialised BERT with mean pooling; the same texts and seed give the same model.

    `max_length` counts tokens, [CLS] and [SEP] included. shape: None is `SmallBert`'s defaults.
    """
    shape = shape or SmallBert()
    tokenizer = BertTokenizer(
        vocab=vocabulary(texts, shape.vocabulary), do_lower_case=True, model_max_length=max_length
    )
    set_seed(seed)
    bert = BertModel(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=4 * shape.width,
            hidden_dropout_prob=shape.dropout,
            attention_probs_dropout_prob=shape.dropout,
            max_position_embeddings=max_length,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    # Transformer() only loads from a folder
    with TemporaryDirectory() as folder, storage_errors(Path(folder).parent):
        # not save_pretrained: in a distributed run it writes in the first process alone
        bert.config.architectures = ["BertModel"]
        bert.config.save_pretrained(folder)
        weights = {name: value.contiguous() for name, value in bert.state_dict().items()}
        save_file(weights, Path(folder, "model.safetensors"), metadata={"format": "pt"})
        tokenizer.save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=max_length)
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    return SentenceTransformer(modules=[transformer, pooling], device=device)


def load(name: str, max_length: int, device: str) -> SentenceTransformer:
    """The encoder in a folder or on the hub, cut at `max_length` tokens (or its own, if less).

    Of the folder of a run its `model`. A plain transformers model gets mean pooling. Raises
    `ModelError` when it cannot be loaded.
    """
    name = located(name)
    if looks_like_a_path(name) and not Path(name).is_dir():
        raise ModelError(f"--model {name!r} is not a folder. Give a model's folder or hub name.")
    refuse_pickles(name)
    local = Path(name).is_dir() or not hub.answers()
    try:
        # safetensors only: a pickle is a program. OURS: heads and poolings that train/heads.py has
        model = SentenceTransformer._load_with_module_classes(
            name,
            OURS,
            device=device,
            local_files_only=local,
            model_kwargs={"use_safetensors": True},
        )
    except LOADING as error:
        reason = str(error).strip().split("\n")[0]
        if local and not Path(name).is_dir():
            reason = "the model hub cannot be reached, and no copy is in its cache here."
        raise ModelError(
            f"--model {name!r} does not load: {reason} "
            "Give a folder that SentenceTransformer() or AutoModel loads, or a hub name."
        ) from error
    refuse_without_vocabulary(model, name)
    cut_at(model, min(max_length, limit_of(model) or max_length))
    return model


def located(name: str) -> str:
    """The folder `model` of a run's folder, anything else as it is.

    Raises `ModelError` for a run that has no model yet.
    """
    path = Path(name)
    is_run = (path / "config.json").is_file() and (
        (path / "metrics.jsonl").is_file() or (path / "checkpoints").is_dir()
    )
    if not is_run or any(path.glob("*.safetensors")):  # `train pretrain`: a model with its metrics
        return name
    if not (path / "model").is_dir():
        raise ModelError(
            f"{name!r} is a run that has no model yet. Finish it with: train run --resume {name}"
        )
    return str(path / "model")


def refuse_pickles(name: str) -> None:
    """Raises `ModelError` if a module in the folder has its weights in a pickle alone."""
    for pickle in sorted(Path(name).rglob("pytorch_model*.bin") if Path(name).is_dir() else ()):
        if not any(pickle.parent.glob("*.safetensors")):
            raise ModelError(
                f"--model {name!r} has the weights of a module in {pickle.relative_to(name)}, a "
                "pickle, which is a program and is not read. Where you trust it, load it and save "
                "it again with save_pretrained, which writes model.safetensors."
            )


def refuse_without_vocabulary(model: SentenceTransformer, name: str) -> None:
    """Raises `ModelError` if the tokenizer knows nothing but special tokens.

    That is what a folder without tokenizer files gives: every sentence would read the same.
    """
    tokenizer = model.tokenizer
    special = set(getattr(tokenizer, "all_special_tokens", ()))
    if hasattr(tokenizer, "get_vocab") and not set(tokenizer.get_vocab()) - special:
        raise ModelError(
            f"--model {name!r} has a tokenizer without a vocabulary: its files are missing. "
            "Save the tokenizer beside the model, or give another model."
        )


def looks_like_a_path(name: str) -> bool:
    """Hub names hold at most one slash and do not start with a dot, a tilde or a slash."""
    return name.startswith((".", "~", "/")) or name.count("/") > 1


def share_cut(model: SentenceTransformer, texts: Sequence[str]) -> float:
    """The share of `texts` with more tokens than the encoder reads, from the first 2,000."""
    some = list(texts[:2_000])
    limit, prompt = limit_of(model), default_prompt(model) or ""
    if not some or limit is None:
        return 0.0
    some = [prompt + text for text in some]
    lengths = [len(ids) for ids in model.tokenizer(some, truncation=False)["input_ids"]]
    return sum(length > limit for length in lengths) / len(lengths)
