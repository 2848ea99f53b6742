"""A small BERT that predicts masked tokens: its making, its loss, its held-out scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForMaskedLM, BertTokenizer, set_seed

from train.encoders.masking import IGNORED, Batch
from train.encoders.sentences import Tokens
from train.encoders.settings import Pretraining

WEIGHT_DECAY = 0.01  # not on biases and layer norms; Devlin et al. 2019, appendix A.2
MAX_GRAD_NORM = 1.0


@dataclass(frozen=True)
class HeldOut:
    """Scores on the masked tokens of the held-out sentences."""

    loss: float  # nats a token
    accuracy: float  # share of tokens predicted, 0 to 1
    tokens: int


def build(settings: Pretraining, tokenizer: BertTokenizer) -> BertForMaskedLM:
    """A randomly initialised model; the same settings and vocabulary give the same one."""
    set_seed(settings.seed)
    return BertForMaskedLM(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.width,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            intermediate_size=4 * settings.width,
            max_position_embeddings=settings.max_length,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def masked_logits(model: BertForMaskedLM, batch: Batch) -> tuple[Tensor, Tensor]:
    """(logits (m, vocabulary), labels (m,)) of the m masked tokens.

    The output layer sees them only: over all tokens it would cost more than the encoder.
    """
    hidden = model.bert(input_ids=batch.ids, attention_mask=batch.attention).last_hidden_state
    chosen = batch.labels != IGNORED
    return model.cls(hidden[chosen]), batch.labels[chosen]


def loss_of(model: BertForMaskedLM, batch: Batch) -> Tensor:
    """Mean cross-entropy of the masked tokens, (), nats; 0 where a batch has none."""
    logits, labels = masked_logits(model, batch)
    return cross_entropy(logits, labels, reduction="sum") / max(1, len(labels))


@torch.no_grad()
def held_out(model: BertForMaskedLM, batches: Sequence[Batch], device: str) -> HeldOut:
    """Loss and accuracy without dropout; leaves the model in training mode."""
    model.eval()
    loss, right, count = 0.0, 0, 0
    for batch in batches:
        logits, labels = masked_logits(model, batch.to(device))
        loss += float(cross_entropy(logits, labels, reduction="sum"))
        right += int((logits.argmax(dim=1) == labels).sum())
        count += len(labels)
    model.train()
    return HeldOut(loss / max(1, count), right / max(1, count), count)


def guessing(training: Tokens, batches: Sequence[Batch], vocabulary: int) -> float:
    """The loss of guessing by frequency alone, nats: what any model has to beat.

    The cross-entropy of the held-out masked tokens under the training tokens' frequencies, each
    piece of the vocabulary counted once more so that none has probability 0.
    """
    counts = torch.bincount(training.ids, minlength=vocabulary) + 1  # (vocabulary,)
    logs = counts.double().log() - counts.sum().double().log()
    labels = torch.cat([batch.labels[batch.labels != IGNORED] for batch in batches])
    return float(-logs[labels].mean()) if len(labels) else float("nan")


def make_optimizer(model: BertForMaskedLM) -> torch.optim.AdamW:
    """AdamW with the usual exemptions from weight decay; the rate is set before each step."""
    groups: dict[float, list[torch.nn.Parameter]] = {WEIGHT_DECAY: [], 0.0: []}
    for parameter in model.parameters():
        groups[WEIGHT_DECAY if parameter.ndim > 1 else 0.0].append(parameter)
    return torch.optim.AdamW(
        [{"params": group, "weight_decay": decay} for decay, group in groups.items()],
        fused=True,
    )
