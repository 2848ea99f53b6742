"""An encoder's default prompt stands before a sentence in training as it does in scoring."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.train.conftest import SENTENCES
from train import encoder
from train.corpus import Corpus
from train.loss import derived_loss
from train.measuring.embedding import Sample
from train.prompts import default_prompt
from train.protocols import Protocol
from train.trainer import arguments, make_trainer, quiet

quiet()
PROMPT = "a child "


def prompted() -> Any:
    model = encoder.build(SENTENCES, 0, 24, "cpu").eval()
    model.prompts, model.default_prompt_name = {"query": PROMPT, "other": "no: "}, "query"
    return model


def test_only_a_default_prompt_counts() -> None:
    model = prompted()
    assert default_prompt(model) == PROMPT
    model.default_prompt_name = None
    assert default_prompt(model) is None
    model.prompts, model.default_prompt_name = {"query": ""}, "query"
    assert default_prompt(model) is None


@pytest.mark.parametrize("settings", [{}, {"mini_batch": 3}, {"one_pass": False, "trim": False}])
def test_training_embeds_what_scoring_embeds(settings: dict[str, Any], tmp_path: Path) -> None:
    model = prompted()
    protocol = Protocol(batch_size=8, **settings)
    loss = derived_loss(model, "infonce", {}, protocol)
    corpus = Corpus("made", "", list(SENTENCES), list(SENTENCES))
    args = arguments(protocol.resolved(len(corpus)), 0, tmp_path, "cpu")
    trainer = make_trainer(loss, corpus, args, [], bucket=False)
    batch = next(iter(trainer.get_train_dataloader()))
    columns, _ = trainer.collect_features(batch)
    loss(columns).backward()
    texts = model.tokenizer.batch_decode(columns[0]["input_ids"], skip_special_tokens=True)
    assert all(text.startswith("a child ") for text in texts)
    bare = [text.removeprefix("a child ") for text in texts]
    wanted = model.encode(bare, convert_to_tensor=True, show_progress_bar=False)
    torch.testing.assert_close(loss.batch.views[0], wanted, rtol=1e-4, atol=1e-5)


def test_measuring_embeds_what_scoring_embeds() -> None:
    model = prompted()
    corpus = Corpus("made", "", list(SENTENCES[:5]), list(SENTENCES[5:10]))
    views = Sample.of(model, corpus, rows=5, chunk=2, seed=0).embed(model)
    for view, sentences in zip(views, (SENTENCES[:5], SENTENCES[5:10]), strict=True):
        wanted = model.encode(sentences, convert_to_tensor=True, show_progress_bar=False)
        torch.testing.assert_close(view.detach(), wanted, rtol=1e-4, atol=1e-5)


def test_the_prompt_counts_among_the_tokens_that_are_cut() -> None:
    model = prompted()
    model.max_seq_length = 10
    with_prompt = encoder.share_cut(model, SENTENCES)
    model.default_prompt_name = None
    assert with_prompt > encoder.share_cut(model, SENTENCES)
