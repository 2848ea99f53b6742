"""Hyper-parameters that are tensors: their gradients, and how they live in a module.

The oracles are plain torch, so that autograd differentiates them by a hyper-parameter too; where
an oracle takes one as a constant (`WRITTEN_OUT`), the derivative is written here.
"""

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from sympy import Expr, Integer
from torch import Tensor, nn

from derive.errors import HyperparameterError, InputError, UnknownNameError
from derive.hyper import POSITIVE, Hyper
from derive.notation import cosine, sum_samples
from derive.objective import CROSS, Objective
from derive.objectives import load, names
from derive.torch import objective
from tests.catalogue import sampled
from tests.derive.batches import batch_of, default_values, inputs_of, unit_batch
from verify import oracles

ROWS, WIDTH = 7, 4
WITH_HYPER = [name for name in names() if load(name).hyper]


def scalar(x: float, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.tensor(x, dtype=dtype, requires_grad=True)


def _mvicreg_by_r(h: Tensor, h_prime: Tensor, values: dict[str, Tensor]) -> Tensor:
    """−(1/N) Σ_i d_i Σ_j w_ij <h_i,h'_i>: r stands outside of what takes no gradient."""
    own = torch.eye(len(h), dtype=torch.bool)
    positive = (h * h_prime).sum(1)
    hardest = (h @ h_prime.T).masked_fill(own, -torch.inf).amax(1)
    gate = (positive - hardest < values["m"]).to(h.dtype)
    logits = (h @ h.T / values["tau"]).masked_fill(own, -torch.inf)
    weight = torch.softmax(logits.flatten(), 0).view_as(logits)
    return -(gate * weight.sum(1) * positive).mean()


def _alpha_infonce_by_eps(h: Tensor, h_prime: Tensor, values: dict[str, Tensor]) -> Tensor:
    """Mean of τ/(ε + Σ_j e^{x_ij/τ})."""
    gaps = h @ h.T - (h * h_prime).sum(1)[:, None]
    powers = (gaps / values["tau"]).exp().fill_diagonal_(0)
    return (values["tau"] / (values["eps"] + powers.sum(1))).mean()


def _hard_infonce_by_tau(h: Tensor, h_prime: Tensor, values: dict[str, Tensor]) -> Tensor:
    """The oracle divides −∞ by τ, of which autograd makes NaN."""
    s, own = h @ h_prime.T, torch.eye(len(h), dtype=torch.bool)
    negatives = s.masked_fill(own, -torch.inf)
    count = math.ceil(values["share"].item() * (len(h) - 1) - 1e-9)
    kept = own | (negatives >= negatives.topk(count, dim=1).values[:, -1:])
    tau = values["tau"].clone().requires_grad_()
    logits = (s / tau).masked_fill(~kept, -torch.inf)
    value = (torch.logsumexp(logits, 1) - logits.diagonal()).mean()
    return torch.autograd.grad(value, tau)[0]


WRITTEN_OUT: dict[tuple[str, str], Callable[..., Tensor]] = {
    ("mvicreg", "r"): _mvicreg_by_r,
    ("hard_infonce", "tau"): _hard_infonce_by_tau,
    ("alpha_infonce", "eps"): _alpha_infonce_by_eps,
}
COUNTS = ("share",)  # how many are kept: constant but where one more is, and a number in oracles


def by_oracle(name: str, h: Tensor, h_prime: Tensor, values: dict[str, float]) -> dict[str, Tensor]:
    """∂loss/∂(hyper-parameter), by name."""
    inputs = inputs_of(load(name), len(h))
    given = {k: x if k in COUNTS or (name, k) in WRITTEN_OUT else scalar(x)
             for k, x in values.items()}  # fmt: skip
    learned = {k: x for k, x in given.items() if isinstance(x, Tensor)}
    found = {k: torch.zeros((), dtype=h.dtype) for k in values}
    value = oracles.load(name)(h, h_prime, **given, **inputs)
    if value.requires_grad:
        slopes = torch.autograd.grad(value, list(learned.values()), materialize_grads=True)
        found |= dict(zip(learned, slopes, strict=True))
    plain = {k: torch.tensor(x, dtype=h.dtype) for k, x in values.items()}
    for (loss, k), slope in WRITTEN_OUT.items():
        if loss == name:
            found[k] = slope(h, h_prime, plain)
    return found


def by_objective(
    name: str, h: Tensor, h_prime: Tensor, values: dict[str, float], tile: int | None
) -> dict[str, Tensor]:
    given = {k: scalar(x) for k, x in values.items()}
    value = objective(name, tile=tile, **given)(h, h_prime, **inputs_of(load(name), len(h)))
    slopes = torch.autograd.grad(value, list(given.values()), materialize_grads=True)
    return dict(zip(given, slopes, strict=True))


def off_their_defaults(name: str, seed: int) -> dict[str, float]:
    """Values inside their domains: defaults times 0.7 to 1.3."""
    values = default_values(load(name), ROWS, WIDTH)
    generator = torch.Generator().manual_seed(seed)
    shares = torch.rand(len(values), generator=generator, dtype=torch.float64)
    return {k: x * (0.7 + 0.6 * float(s)) for (k, x), s in zip(values.items(), shares, strict=True)}


@pytest.mark.parametrize("name", sampled(WITH_HYPER))
def test_gradients_by_hyperparameters_are_autograds_of_the_oracle(name: str) -> None:
    h, h_prime = batch_of(load(name), ROWS, WIDTH, seed=2)
    for seed in (0, 1):
        values = off_their_defaults(name, seed)
        right = by_oracle(name, h, h_prime, values)
        for tile in (None, 3):
            found = by_objective(name, h, h_prime, values, tile)
            for k, slope in right.items():
                assert found[k].shape == ()
                assert float((found[k] - slope).abs()) <= 1e-12 * (1 + float(slope.abs())), k


@pytest.mark.parametrize("name", ["infonce", "siglip", "alpha_infonce", "align_uniform"])
def test_by_logarithms_the_gradients_are_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    h, h_prime = unit_batch(ROWS, WIDTH, seed=2)
    values = off_their_defaults(name, 3)
    found = []
    for direct in (True, False):
        monkeypatch.setattr("derive.torch.pairs.is_safe", lambda *_, direct=direct: direct)
        found.append(by_objective(name, h, h_prime, values, 3))
    for k, slope in found[0].items():
        assert float((found[1][k] - slope).abs()) <= 1e-12 * (1 + float(slope.abs())), k


def test_what_stands_in_stopped_weights_gets_none() -> None:
    """In mVICReg τ and m only shape weights and gates that take no gradient."""
    h, h_prime = unit_batch(ROWS, WIDTH)
    tau, m = scalar(0.05), scalar(0.3)
    objective("mvicreg", tau=tau, m=m)(h, h_prime).backward()
    assert float(tau.grad) == float(m.grad) == 0.0


def test_embeddings_gradients_do_not_depend_on_how_a_number_is_given() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    found = []
    for tau in (0.07, torch.tensor(0.07, dtype=h.dtype), scalar(0.07), nn.Parameter(scalar(0.07))):
        x = h.clone().requires_grad_()
        value = objective("infonce", tau=tau)(x, h_prime)
        found.append((value.detach(), torch.autograd.grad(value, x)[0]))
    for value, gradient in found[1:]:
        assert torch.allclose(value, found[0][0], rtol=1e-14)
        assert torch.allclose(gradient, found[0][1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_one_number_of_any_shape(shape: tuple[int, ...]) -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    tau = torch.full(shape, 0.1, dtype=torch.float64, requires_grad=True)
    loss = objective("infonce", tau=tau)
    loss(h, h_prime).backward()
    right = by_oracle("infonce", h, h_prime, {"tau": 0.1})["tau"]
    assert tau.grad.shape == shape
    assert torch.allclose(tau.grad.reshape(()), right, rtol=1e-12)
    assert "tau=tensor(0.1)" in repr(loss)


def test_parameters_are_the_modules_own() -> None:
    t, b = nn.Parameter(torch.tensor(10.0)), nn.Parameter(torch.tensor(-10.0))
    loss = objective("siglip", t=t, b=b)
    assert {id(x) for x in loss.parameters()} == {id(t), id(b)}
    assert sorted(float(x) for x in loss.state_dict().values()) == [-10.0, 10.0]
    assert "t=Parameter(10)" in repr(loss)
    assert not list(objective("siglip", t=torch.tensor(10.0)).parameters())
    moved = objective("siglip", t=nn.Parameter(torch.tensor(10.0))).double()
    assert next(moved.parameters()).dtype == torch.float64


def test_state_goes_out_and_comes_back() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    first = objective("infonce", tau=nn.Parameter(torch.tensor(0.1)))
    second = objective("infonce", tau=nn.Parameter(torch.tensor(0.3)))
    assert first(h, h_prime) != second(h, h_prime)
    second.load_state_dict(first.state_dict())
    assert first(h, h_prime) == second(h, h_prime)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_is_independent(duplicate: Callable[[nn.Module], nn.Module]) -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    loss = objective("infonce", tau=nn.Parameter(torch.tensor(0.1)))
    other = duplicate(loss)
    assert other(h, h_prime) == loss(h, h_prime)
    with torch.no_grad():
        next(other.parameters()).fill_(0.5)
    assert other(h, h_prime) != loss(h, h_prime)
    assert next(loss.parameters()).item() == pytest.approx(0.1)


def test_a_logit_scale_outside_the_loss() -> None:
    """CLIP's: τ = e^{−scale}, learned with the encoder by one optimizer."""
    torch.manual_seed(0)
    encoder, scale = nn.Linear(6, WIDTH), nn.Parameter(torch.tensor(2.0))
    x, y = torch.randn(2, ROWS, 6)
    loss = objective("infonce", embeddings="raw")
    optimizer = torch.optim.SGD([*encoder.parameters(), scale], lr=0.05)
    values = []
    for _ in range(20):
        optimizer.zero_grad()
        value = loss(encoder(x), encoder(y), tau=torch.exp(-scale))
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[-1] < values[0]
    assert scale.item() != 2.0


def test_a_logit_scale_gets_the_gradient_of_cross_entropy() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    scale = scalar(2.3)
    objective("infonce")(h, h_prime, tau=torch.exp(-scale)).backward()
    other = scalar(2.3)
    logits = h @ h_prime.T * other.exp()
    nn.functional.cross_entropy(logits, torch.arange(ROWS)).backward()
    assert torch.allclose(scale.grad, other.grad, rtol=1e-12)


def test_a_value_at_the_call_replaces_that_of_the_module() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    loss = objective("infonce", tau=0.5)
    right = objective("infonce", tau=0.1)(h, h_prime)
    for tau in (0.1, "1/10", torch.tensor(0.1, dtype=h.dtype)):
        assert torch.allclose(loss(h, h_prime, tau=tau), right, rtol=1e-14)
    assert loss(h, h_prime) == objective("infonce", tau=0.5)(h, h_prime)


def test_one_precision_for_embeddings_and_another_for_the_number() -> None:
    h, h_prime = (x.bfloat16() for x in unit_batch(ROWS, WIDTH))
    tau = scalar(0.1, torch.float32)
    loss = objective("infonce", tau=tau, embeddings="raw")
    value = loss(h, h_prime)
    value.backward()
    h, h_prime = (nn.functional.normalize(x.double()) for x in (h, h_prime))
    right = by_oracle("infonce", h, h_prime, {"tau": tau.item()})["tau"]
    assert value.dtype == torch.bfloat16
    assert tau.grad.dtype == torch.float32
    assert float((tau.grad - right).abs()) <= 1e-5 * (1 + float(right.abs()))


def test_learned_with_embeddings_that_are_not() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    tau = nn.Parameter(scalar(0.1))
    objective("infonce", tau=tau, embeddings="raw")(3 * h, h_prime).backward()
    right = by_oracle("infonce", h, h_prime, {"tau": 0.1})["tau"]
    assert torch.allclose(tau.grad, right, rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("rows", "share"), [(6, 0.2), (11, 0.3), (21, 0.1), (8, 0.5)])
def test_a_share_that_is_a_tensor_keeps_as_many(
    rows: int, share: float, dtype: torch.dtype
) -> None:
    """float32's .2 is more than .2, and a fifth of 5 negatives is still one."""
    h, h_prime = unit_batch(rows, WIDTH)
    found = objective("hard_infonce", share=torch.tensor(share, dtype=dtype))(h, h_prime)
    assert torch.allclose(found, objective("hard_infonce", share=share)(h, h_prime), rtol=1e-14)


@pytest.mark.parametrize("bad", [-1.0, 0.0, float("nan"), float("inf")])
def test_a_tensor_outside_its_domain_is_refused(bad: float) -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    with pytest.raises(HyperparameterError, match="tau"):
        objective("infonce", tau=torch.tensor(bad))
    with pytest.raises(HyperparameterError, match="tau"):
        objective("infonce")(h, h_prime, tau=torch.tensor(bad))
    tau = nn.Parameter(torch.tensor(0.1))
    loss = objective("infonce", tau=tau)
    tau.data.fill_(bad)  # as an optimizer's step does
    with pytest.raises(HyperparameterError, match="tau"):
        loss(h, h_prime)


@pytest.mark.parametrize("bad", [torch.tensor([0.1, 0.2]), torch.tensor(1), torch.tensor([])])
def test_a_tensor_that_is_no_number_is_refused(bad: Tensor) -> None:
    with pytest.raises(HyperparameterError, match="floating tensor of one number"):
        objective("infonce", tau=bad)


def test_a_name_that_the_loss_does_not_have() -> None:
    with pytest.raises(UnknownNameError, match="tau"):
        objective("infonce", temperature=torch.tensor(0.1))
    with pytest.raises(InputError, match="temperature"):
        objective("infonce")(*unit_batch(ROWS, WIDTH), temperature=torch.tensor(0.1))


def weighted_by(name: str) -> Objective:
    """A loss with one hyper-parameter of that name."""

    class Weighted(Objective):
        title, source = f"weighted by {name}", "a test"
        differentiated, reduction, pool = "anchor", "mean over anchors", CROSS
        hyper = (Hyper(name, name, name, Integer(1), POSITIVE, "a weight"),)

        def terms(self, i: Expr, x: Any) -> Expr:
            others = sum_samples(lambda k: cosine(i, k) ** 2, other_than=i)
            return others - getattr(x, name) * cosine(i, i)

    return Weighted()


@pytest.mark.parametrize("name", ["half", "learned", "numbers", "keys", "training"])
@pytest.mark.parametrize("kind", [scalar, torch.tensor, lambda x: nn.Parameter(scalar(x))])
def test_any_name_may_be_a_hyperparameters(name: str, kind: Callable[[float], Tensor]) -> None:
    """Also one that modules of torch use for something else."""
    loss, rows = weighted_by(name), unit_batch(ROWS, WIDTH)
    found = objective(loss, **{name: kind(2.0)})(*rows)
    assert torch.allclose(found, objective(loss, **{name: 2})(*rows), rtol=1e-14)


def test_a_missing_term_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative of the logits alone, as if the positive's did not depend on τ."""
    from derive.torch.pairs import PairEngine

    right = PairEngine.sensitivity

    def wrong(self: PairEngine, name: str) -> object:
        return right(self, name).args[0]

    monkeypatch.setattr(PairEngine, "sensitivity", wrong)
    with pytest.raises(AssertionError):
        test_gradients_by_hyperparameters_are_autograds_of_the_oracle("infonce")
