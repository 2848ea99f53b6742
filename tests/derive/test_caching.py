"""Gradient caching: the gradient of one pass that keeps its activations.

The reference encodes the same mini-batches in the same order with the graph kept, so that dropout
draws the same masks, and calls the objective, or its oracle, on the embeddings.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from derive.errors import InputError
from derive.objectives import load
from derive.torch import encoding, minibatches, objective
from derive.torch.caching import GradientCache
from derive.torch.replay import RandomState
from tests.derive.batches import default_values
from verify import oracles

EXACT = {torch.float64: 1e-12, torch.float32: 1e-6}  # relative to the largest component


def small(dtype: torch.dtype = torch.float64, dropout: float = 0.3) -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Linear(5, 16), nn.ReLU(), nn.Dropout(dropout), nn.Linear(16, 8), nn.Dropout(dropout)
    return nn.Sequential(*layers).to(dtype)


def batch(n: int = 13, dtype: torch.dtype = torch.float64, views: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return list(torch.randn(views, n, 5, dtype=dtype, generator=generator))


def in_one_pass(encoder: Callable[[Tensor], Tensor], size: int) -> Callable[..., list[Tensor]]:
    """The embeddings of the views, mini-batch by mini-batch with the graph kept."""
    return lambda *views: [torch.cat([encoder(x) for x in view.split(size)]) for view in views]


Outcome = SimpleNamespace  # value, gradients, and the next random number


def outcome(model: nn.Module, loss: Callable[[], Tensor], upstream: float = 1.0) -> Outcome:
    torch.manual_seed(3)
    model.zero_grad()
    value = loss()
    (upstream * value).backward()
    found = [torch.zeros_like(x) if x.grad is None else x.grad for x in model.parameters()]
    return Outcome(value=value.detach(), gradients=found, next=torch.rand(()))


def distance(got: Outcome, expected: Outcome) -> float:
    """The largest difference of two gradients, relative to the largest component."""
    pairs = zip(got.gradients, expected.gradients, strict=True)
    scale = max(float(x.abs().max()) for x in expected.gradients)
    assert scale > 1e-3  # else there is nothing to compare
    return max(float((x - y).abs().max()) for x, y in pairs) / scale


def both(size: int, dtype: torch.dtype = torch.float64, upstream: float = 1.0, n: int = 13):
    """With caching and in one pass, InfoNCE."""
    model, views = small(dtype), batch(n, dtype)
    loss = objective("infonce", embeddings="raw", tau=0.1)
    cached = GradientCache(model, size)
    got = outcome(model, lambda: loss(*cached(*views)), upstream)
    return got, outcome(model, lambda: loss(*in_one_pass(model, size)(*views)), upstream)


@pytest.mark.parametrize("dtype", EXACT, ids=str)
@pytest.mark.parametrize("size", [1, 4, 13, 50])
def test_is_the_gradient_of_one_pass(size: int, dtype: torch.dtype) -> None:
    got, expected = both(size, dtype)
    assert got.value == expected.value
    assert distance(got, expected) <= EXACT[dtype]


@pytest.mark.parametrize("name", ["infonce", "mvicreg", "vicreg", "barlow_twins", "supcon"])
def test_with_any_objective_it_is_the_oracle(name: str) -> None:
    model, views = small(), batch()
    labels = {"labels": torch.arange(13) // 3} if name == "supcon" else {}
    loss, cached = objective(name, embeddings="raw"), GradientCache(model, 4)
    values = default_values(load(name), 13, 8)

    def plain() -> Tensor:
        units = [nn.functional.normalize(x, dim=1) for x in in_one_pass(model, 4)(*views)]
        return oracles.load(name)(*units, **values, **labels)

    expected = outcome(model, plain)
    got = outcome(model, lambda: loss(*cached(*views), **labels))
    assert distance(got, expected) <= 1e-12


def test_the_upstream_gradient_scales() -> None:
    got, expected = both(4, upstream=1024.0)
    assert distance(got, expected) <= 1e-12
    assert distance(both(4)[0], expected) > 0.9


def test_a_forgotten_upstream_gradient_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    right = encoding.Encoding.second_pass
    monkeypatch.setattr(
        encoding.Encoding,
        "second_pass",
        lambda self, by, trained: right(self, [x / 1024 for x in by], trained),
    )
    assert distance(*both(4, upstream=1024.0)) > 0.9


def test_random_state_that_is_not_replayed_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RandomState, "restore", lambda self: None)
    with pytest.raises(InputError, match="second encoding of a mini-batch is another one"):
        both(4)
    monkeypatch.setattr(encoding.Encoding, "_check", lambda *_: None)
    assert distance(*both(4)) > 0.01


def test_the_generator_goes_on_where_it_was() -> None:
    got, expected = both(4)
    assert got.next == expected.next


def test_the_generator_goes_on_after_an_error_too() -> None:
    model, views = small(), batch()
    value = objective("infonce", embeddings="raw")(*GradientCache(model, 4)(*views))
    model.register_forward_hook(lambda *_: 1 / 0)
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        value.backward()
    assert torch.equal(torch.get_rng_state(), before)


def test_gradients_add_up_over_micro_batches_and_views_can_differ() -> None:
    model, (x, y) = small(), batch()
    encode, loss = GradientCache(model, 4), objective("infonce", embeddings="raw")

    def step(encode: Callable[..., list[Tensor]]) -> Outcome:
        loss(*encode(x, y)).backward()
        (h,) = encode(y)
        return outcome_of_rest(model, loss(h, h.detach()) + h.square().mean())

    torch.manual_seed(3)
    model.zero_grad()
    got = step(encode)
    torch.manual_seed(3)
    model.zero_grad()
    assert distance(got, step(in_one_pass(model, 4))) <= 1e-12


def outcome_of_rest(model: nn.Module, value: Tensor) -> Outcome:
    value.backward()
    return Outcome(gradients=[x.grad.clone() for x in model.parameters()])


def test_autograd_grad_and_a_second_backward() -> None:
    model, views = small(), batch()
    expected = both(4)[1]
    torch.manual_seed(3)
    value = objective("infonce", embeddings="raw", tau=0.1)(*GradientCache(model, 4)(*views))
    twice = [
        torch.autograd.grad(value, list(model.parameters()), retain_graph=True) for _ in range(2)
    ]
    for gradients in twice:
        assert distance(Outcome(gradients=gradients), expected) <= 1e-12
    assert all(x.grad is None for x in model.parameters())


def test_hooks_of_parameters_see_one_gradient() -> None:
    model, views = small(), batch()
    seen: list[Tensor] = []
    weight = model[0].weight
    weight.register_hook(lambda x: seen.append(x.clone()))
    weight.register_hook(lambda x: 2 * x)
    weight.register_post_accumulate_grad_hook(lambda x: seen.append(x.grad.clone()))
    loss, cached = objective("infonce", embeddings="raw"), GradientCache(model, 2)
    got = outcome(model, lambda: loss(*cached(*views)))
    assert len(seen) == 2
    assert torch.equal(2 * seen[0], seen[1])
    assert distance(got, outcome(model, lambda: loss(*in_one_pass(model, 2)(*views)))) <= 1e-12


def test_a_second_derivative_is_an_error() -> None:
    model, views = small(), batch()
    (h, _) = GradientCache(model, 4)(*views)
    (first,) = torch.autograd.grad(h.square().sum(), model[0].weight, create_graph=True)
    with pytest.raises(RuntimeError, match="twice"):
        first.sum().backward()


class Mean(nn.Module):
    """Token means of a dict, of a tuple or of sentences; writes into its input if asked."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 6, dtype=torch.float64)
        self.dropout = nn.Dropout(0.2)

    def forward(self, view):
        if isinstance(view, dict):
            assert view["task"] == "pair"
            ids, mask = view["ids"], view["mask"]
        elif isinstance(view, tuple):
            ids, mask = view
        else:
            ids = torch.tensor([[ord(letter) % 20 for letter in word] for word in view])
            mask = torch.ones_like(ids)
        mask[:, 0] = 0  # as pooling without the prompt does
        ids[:, 0] = 0
        weights = mask[:, :, None].double()
        rows = (self.dropout(self.table(ids)) * weights).sum(1) / weights.sum(1)
        return SimpleNamespace(rows=rows)


def tokens(seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 20, (10, 4), generator=generator), torch.ones(10, 4).long()


@pytest.mark.parametrize("form", ["dict", "tuple", "sentences"])
def test_views_of_every_form_are_cut(form: str) -> None:
    def view(seed: int):
        ids, mask = tokens(seed)
        words = ["".join(chr(100 + int(x)) for x in row) for row in ids]
        return {"dict": {"ids": ids, "mask": mask, "task": "pair"}, "tuple": (ids, mask)}.get(
            form, words
        )

    torch.manual_seed(0)
    model, loss = Mean(), objective("infonce", embeddings="raw")
    cached = GradientCache(model, 3, select=lambda output: output.rows)

    def plain() -> Tensor:
        rows = [
            [model(minibatches.samples(view(v), i, min(i + 3, 10))).rows for i in range(0, 10, 3)]
            for v in range(2)
        ]
        return loss(*map(torch.cat, rows))

    got = outcome(model, lambda: loss(*cached(view(0), view(1))))
    assert distance(got, outcome(model, plain)) <= 1e-12


@pytest.mark.parametrize("inside", [False, True], ids=["after", "inside"])
def test_autocast_is_replayed(inside: bool) -> None:
    """Backward also inside the block, where casts of the weights would be remembered."""
    model, views = small(torch.float32), batch(dtype=torch.float32)
    loss, cached = objective("infonce", embeddings="raw", tau=0.1), GradientCache(model, 4)

    def value(encode: Callable[..., list[Tensor]], cache: bool) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=cache):
            embeddings = encode(*views)
            assert embeddings[0].dtype == torch.bfloat16
            scalar = loss(*embeddings)
            if inside:
                scalar.backward()
        return scalar.detach().requires_grad_() if inside else scalar

    got = outcome(model, lambda: value(cached, True))
    expected = outcome(model, lambda: value(in_one_pass(model, 4), False))
    assert got.value == expected.value
    assert distance(got, expected) <= 1e-6


def test_buffers_end_as_after_one_pass() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8)).double()
    views, loss = batch(12), objective("infonce", embeddings="raw")
    start = {name: x.clone() for name, x in model.state_dict().items()}
    got = outcome(model, lambda: loss(*GradientCache(model, 4)(*views)))
    after = {name: x.clone() for name, x in model.state_dict().items()}
    model.load_state_dict(start)
    assert distance(got, outcome(model, lambda: loss(*in_one_pass(model, 4)(*views)))) <= 1e-12
    assert after["1.num_batches_tracked"] == 6
    assert all(torch.equal(x, after[name]) for name, x in model.state_dict().items())


class Scaled(nn.Linear):
    """Its graph holds a buffer."""

    def __init__(self) -> None:
        super().__init__(5, 8, dtype=torch.float64)
        self.register_buffer("scale", torch.full((8,), 2.0, dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.scale


def test_a_buffer_in_another_graph_is_left_alone() -> None:
    model, (x, y) = Scaled(), batch()

    def loss(encode: Callable[..., list[Tensor]]) -> Tensor:
        other = model(y).sum()  # differentiated after what comes now
        return encode(x)[0].square().sum() + other

    got = outcome(model, lambda: loss(GradientCache(model, 4)))
    assert distance(got, outcome(model, lambda: loss(in_one_pass(model, 4)))) <= 1e-12


@contextmanager
def peak_of_saved_tensors(model: nn.Module) -> Iterator[list[int]]:
    """The most bytes that autograd holds at a time for backward passes, without the weights."""
    weights = {x.data_ptr() for x in model.parameters()}
    held = [0, 0]

    class Packed:
        def __init__(self, x: Tensor):
            self.x, self.size = x, 0 if x.data_ptr() in weights else x.nbytes
            held[0] += self.size
            held[1] = max(held)

        def __del__(self) -> None:
            held[0] -= self.size

    with torch.autograd.graph.saved_tensors_hooks(Packed, lambda packed: packed.x):
        yield held


def test_holds_the_activations_of_one_mini_batch() -> None:
    model = small()

    def peak(encode: Callable[..., list[Tensor]], n: int) -> int:
        weights = torch.ones(n, 8, dtype=torch.float64)  # the loss saves them and nothing else
        with peak_of_saved_tensors(model) as held:
            (encode(batch(n, views=1)[0])[0] * weights).sum().backward()
        return held[1] - weights.nbytes

    one = peak(in_one_pass(model, 8), 8)
    assert peak(in_one_pass(model, 8), 256) == 32 * one
    assert peak(GradientCache(model, 8), 256) <= one
    assert peak(GradientCache(model, 8), 1000) <= one


def test_parameters_of_the_objective_get_their_gradient() -> None:
    model, views = small(), batch()
    scale = nn.Parameter(torch.tensor(10.0, dtype=torch.float64))

    def loss(encode: Callable[..., list[Tensor]]) -> Tensor:
        h, h_prime = encode(*views)
        return nn.functional.cross_entropy(scale * h @ h_prime.T, torch.arange(13))

    got = outcome(model, lambda: loss(GradientCache(model, 4)))
    by_scale, scale.grad = scale.grad, None
    assert distance(got, outcome(model, lambda: loss(in_one_pass(model, 4)))) <= 1e-12
    assert torch.allclose(by_scale, scale.grad, rtol=1e-12)


def test_hyper_parameters_and_negatives_of_ours() -> None:
    """tau as a parameter, and two columns of hard negatives through the same encoder."""
    model, views = small(), batch(views=4)
    tau = nn.Parameter(torch.tensor(0.1, dtype=torch.float64))
    loss = objective("infonce", embeddings="raw", tau=tau)

    def value(encode: Callable[..., list[Tensor]]) -> Tensor:
        h, h_prime, *negatives = encode(*views)
        return loss(h, h_prime, negatives=torch.stack(negatives, 1))

    got = outcome(model, lambda: value(GradientCache(model, 4)))
    by_tau, tau.grad = tau.grad, None
    assert distance(got, outcome(model, lambda: value(in_one_pass(model, 4)))) <= 1e-12
    assert torch.allclose(by_tau, tau.grad, rtol=1e-12)


def test_a_view_without_a_gradient_is_encoded_once() -> None:
    model, calls = small(), []
    model.register_forward_hook(lambda *_: calls.append(torch.is_grad_enabled()))
    h, h_prime = GradientCache(model, 7)(*batch())
    (h.square().sum() + h_prime.detach().sum()).backward()
    assert calls == [False] * 4 + [True] * 2


def test_two_encoders() -> None:
    """As of images and texts: a cache each."""
    torch.manual_seed(0)
    pair = nn.ModuleList([small(), nn.Sequential(nn.Dropout(0.2), nn.Linear(5, 8)).double()])
    views, loss = batch(), objective("infonce", embeddings="raw")

    def value(encoders: list[Callable[..., list[Tensor]]]) -> Tensor:
        return loss(*(encode(view)[0] for encode, view in zip(encoders, views, strict=True)))

    got = outcome(pair, lambda: value([GradientCache(x, 4) for x in pair]))
    expected = outcome(pair, lambda: value([in_one_pass(x, 4) for x in pair]))
    assert distance(got, expected) <= 1e-12


def test_a_function_with_its_parameters() -> None:
    model, views = small(), batch()
    loss = objective("infonce", embeddings="raw")
    with pytest.raises(InputError, match=r"no torch.nn.Module.*parameters=model.parameters"):
        GradientCache(lambda x: model(x), 4)
    cached = GradientCache(lambda x: model(x), 4, parameters=model.parameters())
    got = outcome(model, lambda: loss(*cached(*views)))
    assert distance(got, outcome(model, lambda: loss(*in_one_pass(model, 4)(*views)))) <= 1e-12
    cached = GradientCache(lambda x: model(x), 4, parameters=[model[0].weight])
    with pytest.raises(InputError, match=r"a tensor of shape .* that requires a gradient"):
        outcome(model, lambda: loss(*cached(*views)))


@pytest.mark.parametrize("frozen", [False, True])
def test_encodes_only_where_no_gradient_is_wanted(frozen: bool) -> None:
    model, views = small(dropout=0.0).requires_grad_(not frozen), batch()
    with nullcontext() if frozen else torch.no_grad():
        embeddings = GradientCache(model, 4)(*views)
    for h, view in zip(embeddings, views, strict=True):
        assert not h.requires_grad
        assert torch.allclose(h, model(view), rtol=1e-12)


def test_parameters_changed_before_the_backward_pass() -> None:
    model, views = small(), batch()
    value = GradientCache(model, 4)(*views)[0].sum()
    with torch.no_grad():
        model[0].weight.mul_(2)
    with pytest.raises(InputError, match="changed between the forward and the backward pass"):
        value.backward()


def test_an_encoder_with_numbers_of_its_own() -> None:
    count = iter(range(100))
    model = nn.Linear(5, 8)
    value = GradientCache(lambda x: model(x) + next(count), 2, parameters=model.parameters())
    with pytest.raises(InputError, match=r"another one, .* away from the first"):
        value(torch.randn(4, 5))[0].sum().backward()


@pytest.mark.parametrize("size", [0, -1, 2.0, True])
def test_sizes_are_checked(size: object) -> None:
    with pytest.raises(InputError, match="mini_batch_size"):
        GradientCache(small(), size)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ({"a": torch.ones(4, 5), "b": torch.ones(3)}, r"\['a'\]: 4, \['b'\]: 3"),
        (torch.ones(0, 5), "no samples"),
        ({"task": "pair"}, "no samples"),
        (torch.ones(4, 5, requires_grad=True), "requires a gradient"),
        (torch.ones(4, 2, 5), r"made \(2, 2, 8\) of 2 samples.*select="),
    ],
)
def test_views_are_checked(view: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        GradientCache(small(torch.float32), 2)(view)
