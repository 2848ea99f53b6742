"""Our objectives as losses of sentence-transformers: its trainer, and beside its own loss."""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import (
    MatryoshkaLoss,
    MultipleNegativesRankingLoss,
)
from torch import Tensor, nn

import derive.torch
from derive.errors import InputError
from derive.objectives import load
from derive.torch import objective
from derive.torch.citations import bibtex
from derive.torch.sentences import SentenceLoss
from tests.test_imports import imported
from tests.train.conftest import SENTENCES
from train import encoder
from train.trainer import quiet
from verify import oracles

quiet()
N = 8


def model(*, dropout: bool = False) -> SentenceTransformer:
    """The same small BERT each time, float64."""
    built = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu").double()
    return built.train() if dropout else built.eval()


def columns(of: SentenceTransformer, count: int, n: int = N) -> list[dict[str, Tensor]]:
    """Features of `count` columns of n sentences each."""
    return [of.preprocess(SENTENCES[n * i : n * (i + 1)]) for i in range(count)]


def value_and_gradients(
    make: Callable[[SentenceTransformer], nn.Module], count: int, labels: Tensor | None = None
) -> tuple[Tensor, dict[str, Tensor]]:
    encoder_ = model()
    value = make(encoder_)(columns(encoder_, count), labels)
    value.backward()
    found = {k: x.grad for k, x in encoder_.named_parameters() if x.grad is not None}
    return value.detach(), found


def distance(got: dict[str, Tensor], expected: dict[str, Tensor]) -> float:
    """The largest difference, relative to the largest component."""
    scale = max(float(x.abs().max()) for x in expected.values())
    assert got.keys() == expected.keys()
    assert scale > 1e-3
    return max(float((got[k] - x).abs().max()) for k, x in expected.items()) / scale


@pytest.mark.parametrize("mini_batch_size", [None, 3])
@pytest.mark.parametrize("negatives", [0, 1, 3])
def test_infonce_is_the_library_s_loss(negatives: int, mini_batch_size: int | None) -> None:
    got, by_ours = value_and_gradients(
        lambda x: SentenceLoss(x, "infonce", tau=0.05, mini_batch_size=mini_batch_size),
        2 + negatives,
    )
    expected, by_theirs = value_and_gradients(
        lambda x: MultipleNegativesRankingLoss(x, scale=20.0), 2 + negatives
    )
    torch.testing.assert_close(got, expected, rtol=1e-10, atol=0)
    assert distance(by_ours, by_theirs) <= 1e-9


def test_another_temperature_is_told_apart() -> None:
    def gradients(tau: float) -> dict[str, Tensor]:
        return value_and_gradients(lambda x: SentenceLoss(x, "infonce", tau=tau), 3)[1]

    assert distance(gradients(0.06), gradients(0.05)) > 1e-2


def arguments(folder: Path, **more: object) -> SentenceTransformerTrainingArguments:
    return SentenceTransformerTrainingArguments(
        output_dir=str(folder),
        max_steps=4,
        per_device_train_batch_size=N,
        learning_rate=1e-3,
        use_cpu=True,
        dataloader_pin_memory=False,
        save_strategy="no",
        logging_steps=1,
        disable_tqdm=True,
        report_to="none",
        seed=0,
        **more,  # type: ignore[arg-type]
    )


def rows(negatives: int = 1) -> Dataset:
    names = ["anchor", "positive", *(f"negative_{i}" for i in range(1, negatives + 1))]
    texts = [SENTENCES[13 * i :] + SENTENCES[: 13 * i] for i in range(2 + negatives)]
    return Dataset.from_dict(dict(zip(names, texts, strict=True)))


def without_dropout() -> SentenceTransformer:
    built = encoder.build(SENTENCES, seed=0, max_length=12, device="cpu")
    for part in built.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
        elif hasattr(part, "dropout_prob"):
            part.dropout_prob = 0.0
    return built


def trained(
    loss: Callable[[SentenceTransformer], nn.Module], folder: Path, data: Dataset, **more: object
) -> tuple[SentenceTransformerTrainer, list[float]]:
    built = without_dropout()
    trainer = SentenceTransformerTrainer(
        model=built, args=arguments(folder, **more), train_dataset=data, loss=loss(built)
    )
    trainer.train()
    return trainer, [x["loss"] for x in trainer.state.log_history if "loss" in x]


slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("mini_batch_size", "more"),
    [
        pytest.param(None, {}, marks=slow),
        pytest.param(None, {"gradient_accumulation_steps": 2}, marks=slow),
        pytest.param(None, {"bf16": True}, marks=slow),
        pytest.param(3, {}, marks=slow),
        (3, {"gradient_accumulation_steps": 2}),
        pytest.param(3, {"bf16": True}, marks=slow),
    ],
    ids=str,
)
def test_training_goes_as_with_the_library_s_loss(
    tmp_path: Path, mini_batch_size: int | None, more: dict[str, object]
) -> None:
    ours = lambda x: SentenceLoss(x, "infonce", tau=0.05, mini_batch_size=mini_batch_size)  # noqa: E731
    _, got = trained(ours, tmp_path, rows(), **more)
    _, expected = trained(lambda x: MultipleNegativesRankingLoss(x), tmp_path, rows(), **more)
    assert len(got) == 4
    assert expected[0] - expected[-1] > 0.05
    assert got == pytest.approx(expected, rel=0.02 if more.get("bf16") else 1e-4)


def test_is_saved_with_a_card_and_loaded_again(tmp_path: Path) -> None:
    trainer, _ = trained(lambda x: SentenceLoss(x, "mvicreg", r=1.5), tmp_path, rows(0))
    trainer.model.save_pretrained(str(tmp_path / "model"))
    loaded = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    some = SENTENCES[:5]
    assert torch.equal(
        loaded.encode(some, convert_to_tensor=True),
        trainer.model.encode(some, convert_to_tensor=True),
    )
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "loss:SentenceLoss" in card
    assert '"objective": "mvicreg"' in card
    assert '"r": 1.5' in card
    assert "eprint = {2402.18281}" in card


def test_a_learned_temperature_is_trained(tmp_path: Path) -> None:
    tau = nn.Parameter(torch.tensor(0.2))
    trainer, _ = trained(
        lambda x: SentenceLoss(x, "infonce", tau=tau, mini_batch_size=4), tmp_path, rows()
    )
    learned = [x for k, x in trainer.loss.named_parameters() if not k.startswith("model.")]
    assert [x.shape for x in learned] == [torch.Size([])]
    assert learned[0].item() != pytest.approx(0.2, abs=1e-4)
    assert trainer.loss.get_config_dict()["tau"] == pytest.approx(learned[0].item())


def test_labels_go_to_losses_that_take_them(tmp_path: Path) -> None:
    labels = torch.arange(N) // 2
    encoder_ = model()
    views = [encoder_(x)["sentence_embedding"] for x in columns(encoder_, 2)]
    units = [nn.functional.normalize(x, dim=1) for x in views]
    expected = oracles.load("supcon")(*units, tau=0.1, labels=labels)
    loss = SentenceLoss(encoder_, "supcon", tau=0.1)
    torch.testing.assert_close(loss(columns(encoder_, 2), labels), expected, rtol=1e-10, atol=0)
    with pytest.raises(InputError, match="column 'label'"):
        loss(columns(encoder_, 2), None)
    numbered = rows(0).add_column("label", [i // 5 for i in range(len(SENTENCES))])
    assert len(trained(lambda x: SentenceLoss(x, "supcon"), tmp_path, numbered)[1]) == 4


def test_labels_are_not_given_to_losses_without() -> None:
    labels = torch.zeros(N)  # scores of pairs, say
    with_labels = value_and_gradients(lambda x: SentenceLoss(x, "infonce"), 2, labels)[0]
    assert with_labels == value_and_gradients(lambda x: SentenceLoss(x, "infonce"), 2)[0]


@pytest.mark.parametrize("mini_batch_size", [None, 3])
def test_a_single_column_is_encoded_twice(mini_batch_size: int | None) -> None:
    encoder_ = model(dropout=True)
    loss = SentenceLoss(encoder_, "infonce", mini_batch_size=mini_batch_size)
    torch.manual_seed(1)
    one = loss(columns(encoder_, 1))
    torch.manual_seed(1)
    two = loss([columns(encoder_, 1)[0], columns(encoder_, 1)[0]])
    assert one == two
    encoder_.eval()  # without dropout the views are the same
    units = nn.functional.normalize(encoder_(columns(encoder_, 1)[0])["sentence_embedding"], dim=1)
    torch.testing.assert_close(
        loss(columns(encoder_, 1)), oracles.load("infonce")(units, units, tau=0.05)
    )


def test_a_prompt_left_out_of_pooling_is_left_out_in_both_passes() -> None:
    """Pooling writes into the attention mask then, and the length comes as a tensor."""

    def gradients(mini_batch_size: int | None) -> dict[str, Tensor]:
        encoder_ = model()
        encoder_[1].include_prompt = False
        views = [{**x, "prompt_length": torch.tensor([3])} for x in columns(encoder_, 2)]
        SentenceLoss(encoder_, mini_batch_size=mini_batch_size)(views).backward()
        return {k: x.grad for k, x in encoder_.named_parameters() if x.grad is not None}

    assert distance(gradients(3), gradients(None)) <= 1e-9


def test_within_matryoshka() -> None:
    dims = [128, 32]

    def theirs(x: SentenceTransformer) -> nn.Module:
        return MatryoshkaLoss(x, MultipleNegativesRankingLoss(x), dims)

    got = value_and_gradients(lambda x: MatryoshkaLoss(x, SentenceLoss(x), dims), 3)
    expected = value_and_gradients(theirs, 3)
    torch.testing.assert_close(got[0], expected[0], rtol=1e-10, atol=0)
    assert distance(got[1], expected[1]) <= 1e-9
    with pytest.raises(InputError, match="Leave mini_batch_size out"):
        MatryoshkaLoss(model(), SentenceLoss(model(), mini_batch_size=4), dims)


def test_settings_are_shown() -> None:
    shown = SentenceLoss(model(), "simple", mini_batch_size=4, gather=True).get_config_dict()
    assert json.loads(json.dumps(shown)) == {
        "objective": "simple",
        "lam": "1/(N - 1)",
        "gather": True,
        "mini_batch_size": 4,
    }
    assert SentenceLoss(model(), "infonce").get_config_dict()["tau"] == 0.05


def test_a_module_of_one_s_own() -> None:
    ready = objective("infonce", embeddings="raw", tau=0.05)
    got = value_and_gradients(lambda x: SentenceLoss(x, ready), 3)
    assert got[0] == value_and_gradients(lambda x: SentenceLoss(x, "infonce", tau=0.05), 3)[0]
    own = SentenceLoss(model(), nn.CosineEmbeddingLoss())
    assert own.get_config_dict() == {"objective": "CosineEmbeddingLoss", "mini_batch_size": None}
    assert not hasattr(own, "citation")
    with pytest.raises(InputError, match="options"):
        SentenceLoss(model(), ready, tau=0.1)


def test_what_cannot_be() -> None:
    with pytest.raises(InputError, match="negatives"):
        value_and_gradients(lambda x: SentenceLoss(x, "barlow_twins"), 3)
    with pytest.raises(InputError, match=r"arrays of sample numbers.*training loop"):
        SentenceLoss(model(), "mixup_infonce")
    with pytest.raises(InputError, match="mini_batch_size=0"):
        SentenceLoss(model(), mini_batch_size=0)
    with pytest.raises(InputError, match="without columns"):
        SentenceLoss(model())([], None)


def test_the_sources_of_every_loss_are_bibtex() -> None:
    found = bibtex(load("infonce"))
    assert found.count("@misc{") == 2
    assert "author = {van den Oord and others}" in found
    assert "year = {2018}" in found
    assert "eprint = {1807.03748}" in found
    assert r"author = {Wang and Isola}" in bibtex(load("align"))


def test_derive_torch_imports_no_library_of_models() -> None:
    folder = Path(derive.torch.__file__).parent
    found = {
        name.partition(".")[0]
        for file in folder.glob("*.py")
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert "torch" in found
    assert found <= {*sys.stdlib_module_names, "derive", "sympy", "torch"}
