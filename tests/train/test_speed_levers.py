"""What makes training faster must not change it: caching by length, one pass, buckets, bf16."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from transformers import RobertaConfig, RobertaModel

from benchmarks.training import page, parts, records, shape
from benchmarks.training.subjects import OURS, THEIRS, Subject, make
from derive.torch.lengths import ByLength, by_length
from tests.train.conftest import SENTENCES
from train import encoder, trimming
from train.batches import POOL, LengthBuckets
from train.loss import derived_loss
from train.protocols import Protocol
from train.trainer import quiet

quiet()
# Of one to six sentences.
TEXTS = [" ".join(SENTENCES[i : i + 1 + i * i % 6]) for i in range(32)]
N = 8


def built(padding: str = "right") -> Any:
    """A small BERT in float64, without dropout."""
    model = encoder.build(SENTENCES, seed=0, max_length=64, device="cpu").double().eval()
    model.tokenizer.padding_side = padding
    return model


class Roberta(nn.Module):
    """Positions are counted over the tokens that are no padding."""

    def __init__(self) -> None:
        super().__init__()
        self.like = built()
        torch.manual_seed(0)
        config = RobertaConfig(
            vocab_size=len(self.like.tokenizer), hidden_size=32, num_hidden_layers=2,
            num_attention_heads=2, intermediate_size=64, max_position_embeddings=66,
            pad_token_id=self.like.tokenizer.pad_token_id,
        )  # fmt: skip
        self.roberta = RobertaModel(config, add_pooling_layer=False).double().eval()
        self.tokenizer, self.preprocess = self.like.tokenizer, self.like.preprocess

    def forward(self, features: dict[str, Any]) -> dict[str, Tensor]:
        mask = features["attention_mask"]
        tokens = self.roberta(input_ids=features["input_ids"], attention_mask=mask)[0]
        weights = mask[:, :, None].double()
        return {"sentence_embedding": (tokens * weights).sum(1) / weights.sum(1)}


MODELS = {"bert": built, "padding on the left": lambda: built("left"), "roberta": Roberta}


def gradients(model: Any, columns: list[dict[str, Any]], **settings: Any) -> dict[str, Tensor]:
    model.zero_grad()
    loss = derived_loss(model, "infonce", {"tau": "1/20"}, Protocol(**settings))
    value = loss([dict(x) for x in columns])
    value.backward()
    found = {k: x.grad.clone() for k, x in model.named_parameters() if x.grad is not None}
    return {**found, "value": value.detach()}


def distance(got: dict[str, Tensor], wanted: dict[str, Tensor]) -> float:
    assert got.keys() == wanted.keys()
    scale = max(float(x.abs().max()) for x in wanted.values())
    assert scale > 1e-3
    return max(float((got[k] - x).abs().max()) for k, x in wanted.items()) / scale


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", MODELS)
def test_caching_by_length_is_the_gradient_of_one_pass(name: str, count: int) -> None:
    model = MODELS[name]()
    columns = [model.preprocess(TEXTS[N * i : N * (i + 1)]) for i in range(count)]
    assert isinstance(by_length(columns[0]), ByLength) == ("left" not in name)
    assert "token_type_ids" in columns[0]
    got = gradients(model, columns, mini_batch=3)
    wanted = gradients(model, columns, one_pass=False, trim=False)
    assert distance(got, wanted) <= 1e-10


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_one_pass_is_two(name: str) -> None:
    model = MODELS[name]()
    columns = [model.preprocess(TEXTS[N * i : N * (i + 1)]) for i in range(3)]
    got = gradients(model, columns, one_pass=True, trim=False)
    assert distance(got, gradients(model, columns, one_pass=False, trim=False)) <= 1e-10


@pytest.mark.parametrize("one_pass", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_less_padding_is_the_same(
    name: str, one_pass: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trimming, "CALL", 8)  # many calls
    model = MODELS[name]()
    columns = [model.preprocess(TEXTS[N * i : N * (i + 1)]) for i in range(2)]
    calls: list[int] = []
    model.register_forward_hook(lambda *_: calls.append(1))
    got = gradients(model, columns, one_pass=one_pass, trim=True)
    assert (len(calls) > 4) == ("left" not in name)
    wanted = gradients(model, columns, one_pass=False, trim=False)
    assert distance(got, wanted) <= 1e-10


def test_on_another_device_a_batch_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    model, calls = built(), []
    model.register_forward_hook(lambda *_: calls.append(1))
    monkeypatch.setattr(trimming, "CALL", 8)
    monkeypatch.setattr(trimming, "on_cpu", lambda features: False)
    gradients(model, [model.preprocess(TEXTS)], trim=True)
    assert len(calls) == 1


class Wrapped(DistributedDataParallel):
    """Without its processes."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.rows: list[int] = []

    def __call__(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        self.rows.append(len(features["input_ids"]))
        return {"sentence_embedding": features["input_ids"].float()}


def test_in_several_processes_a_batch_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of different numbers would wait for each other for ever."""
    monkeypatch.setattr(trimming, "CALL", 8)
    wrapped = Wrapped()
    trimming.encoded(wrapped, built().preprocess(TEXTS), trim=True)
    assert wrapped.rows == [len(TEXTS)]
    layer = nn.Linear(2, 2)
    assert trimming.may_differ(layer)
    layer._orig_mod = nn.Linear(2, 2)  # as torch.compile leaves it
    assert not trimming.may_differ(layer)


def test_buckets_hold_every_row_once_and_depend_on_the_epoch() -> None:
    lengths = [7 * i % 101 for i in range(330)]
    buckets = LengthBuckets(lengths, 4, seed=1)
    first = list(buckets)
    assert len(first) == len(buckets) == 82
    rows = [row for batch in first for row in batch]
    assert len(set(rows)) == len(rows) == 328
    assert first == list(LengthBuckets(lengths, 4, seed=1))
    buckets.set_epoch(1)
    assert first != list(buckets)
    spread = [max(lengths[r] for r in b) - min(lengths[r] for r in b) for b in first]
    assert sum(spread) / len(spread) < 101 / POOL * 4


def test_bf16_is_near(tmp_path: Path) -> None:
    model = built().float()
    columns = [model.preprocess(TEXTS[:N])]
    exact = gradients(model, columns)["value"]
    with torch.autocast("cpu", torch.bfloat16):
        rough = gradients(model, columns)["value"]
    assert rough.dtype == torch.float32
    assert rough == pytest.approx(float(exact), rel=0.05)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method:DeprecationWarning")
def test_a_compiled_encoder_gives_the_same() -> None:
    model = built().float()
    columns = [model.preprocess(TEXTS[:N])]
    wanted = gradients(model, columns)
    model.forward = torch.compile(model.forward)
    assert distance(gradients(model, columns), wanted) <= 1e-4


@pytest.fixture
def folder() -> Iterator[str]:
    with shape.folder(None, SENTENCES) as made:
        yield made


def test_what_is_compared_gets_the_same_batches_and_the_same_loss(
    folder: str, tmp_path: Path
) -> None:
    settings = {**parts.BASE, "batch_size": N, "dropout": 0.0}
    found = []
    for maker in (OURS, THEIRS):
        made = make(Subject(maker, maker, folder, settings), TEXTS, tmp_path)
        batch = next(iter(made.get_train_dataloader()))
        columns, _ = made.collect_features(batch)
        made.model.train()
        found.append((columns, float(made.loss(columns, None).detach())))
    (ours, got), (theirs, wanted) = found
    assert (len(ours), len(theirs)) == (1, 2)  # one column is tokenised once
    assert all(torch.equal(x["input_ids"], ours[0]["input_ids"]) for x in theirs)
    assert got == pytest.approx(wanted, rel=1e-5)


def test_ratios_are_of_neighbouring_steps() -> None:
    taken = {"a": [(1.0, 0.5, 0), (2.0, 0.5, 0)], "b": [(2.0, 1.0, 0), (3.0, 1.0, 0)]}
    cell = parts.ratios(taken, "a", "b")
    assert cell["ratio"] == {"min": 1.5, "median": 1.75, "max": 2.0}
    assert cell["processor"] == 2.0


def test_the_page_is_made_of_the_records(tmp_path: Path) -> None:
    taken = {"a": [(1.0, 0.5, 0), (2.0, 0.5, 0)], "b": [(2.0, 1.0, 0), (3.0, 1.0, 0)]}
    cell = parts.ratios(taken, "a", "b")
    kept = records.Records(tmp_path / "records.json")
    for part in ("trainer", "caching", "levers", "scores"):
        kept.about(part, False, text="made sentences", model="a new BERT", threads=1)
    for key in ("trainer", "caching/4096/32/64", "speed/bf16"):
        kept.keep(key, key, lambda: cell)
    for seed, (none, low) in enumerate([(0.7, 0.69), (0.6, 0.6), (0.65, 0.645)]):
        more = {"name": "STS-B dev, Spearman", "before": 0.3, "settings": {"steps": 50}}
        kept.keep(f"score/none/{seed}", "", lambda x=none, more=more: {**more, "after": x})
        kept.keep(f"score/bf16/{seed}", "", lambda x=low, more=more: {**more, "after": x})
    page.write(records.Records(kept.path).held, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "| `train run` | 1.50 | **1.75** | 2.00 | 2.00 | 1.50 | 2.50 | 2 |" in text
    assert "| 4096 | 32 | 64 | 1.50 |" in text
    assert "| 69.00, 60.00, 64.50 | 64.50 | -0.50 ± 1.24 |" in text
    assert "before training 30.00; 50 steps" in text


def test_what_was_measured_otherwise_is_forgotten(tmp_path: Path) -> None:
    kept = records.Records(tmp_path / "records.json")
    cell = parts.ratios({"a": [(1.0, 1.0, 0)], "b": [(1.0, 1.0, 0)]}, "a", "b")
    kept.about("trainer", False, threads=1)
    kept.keep("trainer", "", lambda: cell)
    kept.about("trainer", False, threads=1)
    kept.keep("trainer", "", lambda: pytest.fail("on record"))
    kept.about("trainer", False, threads=2)
    assert kept.held["cells"] == {}
