"""Gradient caching by length: the gradient of the whole padded batch in one pass.

The reference encodes the batch as it is, padded to its longest sentence, or the same mini-batches
with the graph kept where dropout has to draw the same masks.
"""

import gc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, distributed, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from derive.torch import lengths, objective
from derive.torch.caching import GradientCache
from derive.torch.lengths import ByLength, by_length
from derive.torch.sentences import SentenceLoss

N, TOKENS, D = 23, 17, 8
LOSS = objective("infonce", embeddings="raw", tau=0.1)
Features = dict[str, Any]


class Encoder(nn.Module):
    """Attention with positions counted from the first column, and the mean over the tokens."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.tokens, self.positions = nn.Embedding(40, D), nn.Embedding(TOKENS, D)
        self.attention = nn.MultiheadAttention(D, 2, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.widths: list[tuple[int, int]] = []
        self.double()

    def forward(self, features: Features) -> Features:
        ids, mask = features["input_ids"], features["attention_mask"]
        self.widths.append(tuple(ids.shape))
        x = self.dropout(self.tokens(ids) + self.positions.weight[: ids.shape[1]])
        x = x + self.attention(x, x, x, key_padding_mask=mask == 0, need_weights=False)[0]
        weights = mask[:, :, None].double()
        rows = (x * weights).sum(1) / weights.sum(1)
        if "scale" in features:
            rows = rows * features["scale"].mean(1, keepdim=True)
        return {"sentence_embedding": rows}


def features(seed: int, n: int = N, *, left: bool = False) -> Features:
    """Sentences of 2 tokens to `TOKENS`, padded with 0."""
    generator = torch.Generator().manual_seed(seed)
    counts = torch.randint(2, TOKENS + 1, (n,), generator=generator)
    counts[3] = TOKENS
    ids = torch.randint(1, 40, (n, TOKENS), generator=generator)
    mask = (torch.arange(TOKENS) < counts[:, None]).long()
    mask = mask.flip(1) if left else mask
    return {"input_ids": ids * mask, "attention_mask": mask, "modality": "text"}


def gradients(model: Encoder, loss: Callable[[], Tensor]) -> Tensor:
    """All in one vector."""
    model.zero_grad()
    torch.manual_seed(3)
    loss().backward()
    return torch.cat([x.grad.flatten() for x in model.parameters()])


def distance(got: Tensor, wanted: Tensor) -> float:
    assert wanted.abs().max() > 1e-3
    return float((got - wanted).abs().max() / wanted.abs().max())


def of_the_loss(model: Encoder, views: list[Features], size: int | None) -> Tensor:
    return gradients(model, lambda: SentenceLoss(model, "infonce", mini_batch_size=size)(views))


def apart(views: list[Features], size: int = 4) -> float:
    """From the gradient of one pass."""
    model = Encoder()
    return distance(of_the_loss(model, views, size), of_the_loss(model, views, None))


@pytest.mark.parametrize("size", [1, 4, N, 100])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_is_the_gradient_of_the_padded_batch(count: int, size: int) -> None:
    assert apart([features(x) for x in range(count)], size) <= 1e-12


def test_values_are_in_the_order_of_the_sentences() -> None:
    model, view = Encoder(), features(0)
    cache = GradientCache(model, 4, select=lambda x: x["sentence_embedding"])
    (got,) = cache(by_length(view))
    torch.testing.assert_close(got, model(view)["sentence_embedding"], rtol=1e-12, atol=1e-14)


def test_padding_is_taken_off_and_the_tokens_stay_few() -> None:
    model = Encoder()
    of_the_loss(model, [features(0), features(1)], 4)
    assert max(n * width for n, width in model.widths) <= 4 * TOKENS
    assert sum(n for n, _ in model.widths) == 4 * N  # two views, two passes
    tokens = sum(int(features(x)["attention_mask"].sum()) for x in range(2))
    assert sum(n * width for n, width in model.widths) <= 1.4 * 2 * tokens


def test_cuts_are_every_sentence_once() -> None:
    view = by_length(features(0))
    assert isinstance(view, ByLength)
    for size in (1, 3, N, 100):
        cuts = view.cuts(size)
        assert [start for start, _ in cuts] == [0, *(stop for _, stop in cuts[:-1])]
        assert cuts[-1][1] == N
        assert all(stop - start >= min(size, N - start) for start, stop in cuts)


def cost(view: ByLength, cuts: list[tuple[int, int]], call: int) -> int:
    return sum((stop - start) * view.lengths[start] + call for start, stop in cuts)


@pytest.mark.parametrize("call", [0, 3, 20, 1000])
def test_no_other_cuts_are_cheaper(call: int) -> None:
    """Against all of them: a cut before each of some sentences."""
    view = by_length(features(2, 9))
    assert isinstance(view, ByLength)
    every = []
    for chosen in range(2**8):
        places = [0, *(x + 1 for x in range(8) if chosen >> x & 1), 9]
        every.append(cost(view, list(pairwise(places)), call))
    found = view.cheapest(call)
    assert [x for cut in found for x in range(*cut)] == list(range(9))
    assert cost(view, found, call) == min(every)
    assert len(view.cheapest(1000)) == 1


def test_with_dropout_it_is_the_same_mini_batches_with_the_graph_kept() -> None:
    model, views = Encoder(0.3), [by_length(features(x)) for x in range(2)]
    cache = GradientCache(model, 4, select=lambda x: x["sentence_embedding"])

    def kept() -> Tensor:
        return LOSS(*(in_one_pass(model, view) for view in views))

    got = gradients(model, lambda: LOSS(*cache(*views)))
    assert distance(got, gradients(model, kept)) <= 1e-12


def in_one_pass(model: nn.Module, view: Any, size: int = 4) -> Tensor:
    """The mini-batches of a view with the graph kept, in the sentences' own order."""
    parts = [model(view.samples(*cut))["sentence_embedding"] for cut in view.cuts(size)]
    return torch.cat(parts)[view.order.argsort()]


def test_left_padding_stays() -> None:
    """Its columns give the tokens their positions."""
    view = features(0, left=True)
    assert by_length(view) is view
    assert apart([view, features(1, left=True)]) <= 1e-12


def test_features_that_are_not_per_token() -> None:
    views = [features(x) for x in range(2)]
    for seed, view in enumerate(views):
        view["scale"] = torch.rand(N, 3, generator=torch.Generator().manual_seed(seed)).double()
        view["prompt_length"], view["nothing"] = 2, None
        view["weight"] = torch.tensor(0.5)
        assert isinstance(by_length(view), ByLength)
    assert apart(views) <= 1e-12


@pytest.mark.parametrize(
    "more",
    [
        {"scores": torch.ones(N, TOKENS)},  # a value a token?
        {"pixels": torch.ones(2 * N, 3)},  # two a sentence
        {"words": ["a"] * N},
        {"attention_mask": torch.ones(N)},
        {"attention_mask": torch.ones(N, TOKENS)},  # no padding
        {"token_type_ids": torch.ones(N, 1)},
    ],
    ids=lambda x: "/".join(x),
)
def test_what_is_not_known_is_left_as_it_is(more: Features) -> None:
    view = {**features(0), **more}
    assert by_length(view) is view


def test_a_view_of_something_else_is_left_as_it_is() -> None:
    assert by_length(view := {"ids": torch.ones(3, 2)}) is view


def test_a_sentence_without_a_token_keeps_a_column() -> None:
    view = features(0)
    view["attention_mask"][5] = 0
    cut = by_length(view)
    assert isinstance(cut, ByLength)
    assert min(cut.lengths) == 1


def test_tables_have_sparse_gradients_on_the_way_only() -> None:
    """Of the rows looked up, padding left out; layers that have no such gradient keep theirs."""
    model, views = Encoder(), [features(0), features(1)]
    model.tokens.padding_idx = 0
    model.positions.scale_grad_by_freq = True
    seen: list[tuple[bool, bool]] = []
    model.register_forward_hook(
        lambda *_: seen.append((model.tokens.sparse, model.positions.sparse))
    )
    got = of_the_loss(model, views, 4)
    assert set(seen) == {(False, False), (True, False)}
    assert seen[-1] == (True, False)
    assert not model.tokens.sparse
    assert not model.tokens.weight.grad.is_sparse
    assert distance(got, of_the_loss(model, views, None)) <= 1e-12


def test_a_table_of_sparse_gradients_keeps_them() -> None:
    model, views = Encoder(), [features(0), features(1)]
    wanted = of_the_loss(model, views, None)
    model.tokens.sparse = True
    model.zero_grad()
    torch.manual_seed(3)
    SentenceLoss(model, "infonce", mini_batch_size=4)(views).backward()
    assert model.tokens.sparse
    assert model.tokens.weight.grad.is_sparse
    found = [x.grad.to_dense().flatten() for x in model.parameters()]
    assert distance(torch.cat(found), wanted) <= 1e-12


def test_a_table_that_is_also_a_layer() -> None:
    """Its gradient is in part sparse and in part not."""
    model, views = Encoder(), [features(0), features(1)]
    model.register_forward_hook(
        lambda _, __, out: {"sentence_embedding": out["sentence_embedding"] @ model.tokens.weight.T}
    )
    assert distance(of_the_loss(model, views, 4), of_the_loss(model, views, None)) <= 1e-12


def test_rows_that_are_not_put_back_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ByLength, "whole", lambda self, embeddings: embeddings)
    assert apart([features(0), features(1)]) > 0.1


def test_gradients_of_other_rows_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ByLength, "part", lambda self, rows, start, stop: rows[start:stop])
    assert apart([features(0), features(1)]) > 0.1


def test_a_token_that_is_cut_off_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = lengths._rows

    def wrong(value: Any, rows: Tensor, width: int | None) -> Any:
        return right(value, rows, width and width - 1)

    monkeypatch.setattr(lengths, "_rows", wrong)
    assert apart([features(0), features(1)]) > 1e-3


RANKS = 2


def on_a_rank(rank: int, folder: str) -> None:
    """Ranks of different numbers of sentences, so of mini-batches."""
    torch.set_num_threads(1)
    meeting = f"file://{folder}/meeting"
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=RANKS)
    try:
        torch.save(cached_on(rank), f"{folder}/{rank}.pt")
    finally:
        gc.collect()  # the wrapper first: see `train.ranks.leave`
        distributed.destroy_process_group()


def cached_on(rank: int) -> Tensor:
    model = Encoder(0.2)
    cache = GradientCache(
        DistributedDataParallel(model), 3, select=lambda x: x["sentence_embedding"]
    )
    torch.manual_seed(rank)
    LOSS(*cache(*views_of(rank))).backward()
    return torch.cat([x.grad.flatten() for x in model.parameters()])


def views_of(rank: int) -> list[Any]:
    return [by_length(features(10 * rank + x, 9 + 6 * rank)) for x in range(2)]


def test_two_processes_get_the_gradient_of_one(tmp_path: Path) -> None:
    multiprocessing.spawn(on_a_rank, (str(tmp_path),), nprocs=RANKS)
    model = Encoder(0.2)
    for rank in range(RANKS):
        torch.manual_seed(rank)
        (LOSS(*(in_one_pass(model, x, 3) for x in views_of(rank))) / RANKS).backward()
    wanted = torch.cat([x.grad.flatten() for x in model.parameters()])
    for rank in range(RANKS):
        assert distance(torch.load(tmp_path / f"{rank}.pt"), wanted) <= 1e-12
