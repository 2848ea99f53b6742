"""GD, W, R and the two parts of the gradient, against 50 digits and against autograd."""

import pytest
import torch
from torch.linalg import vector_norm

from derive.nodes import ANCHOR, FEATURE, NEGATIVE
from derive.objective import CROSS
from derive.objectives import load, names
from tests.catalogue import sampled
from train.measuring import components, measure
from train.measuring.components import Components
from train.measuring.geometry import unit
from train.measuring.norms import tangent
from verify import oracles
from verify.evaluation import Evaluator
from verify.numbers import Point, mp
from verify.parts import assembled
from verify.subject import default_value

N, D = 4, 3
PAIRS = [name for name in names() if not load(name).inputs]
OTHERS = [name for name in names() if load(name).inputs]
SMALL = ("infonce", "ntxent", "met", "arccon", "align", "mhs", "barlow_twins", "vicreg", "mvicreg",
         "mmhe", "alpha_triplet", "vicreg_original")  # fmt: skip
# One anchor's term, a function of cosines of h_i with h'_k: ∂L_i/∂h'_i is the pull's other end.
OF_ROWS = ("infonce", "arccon", "mpt", "met", "mat", "dcl", "dcl_plus", "simple", "hard_infonce")


def batch(n=N, d=D, seed=0, raw=False):
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(n, d, generator=generator, dtype=torch.float64)
    h_prime = h + 0.7 * torch.randn(n, d, generator=generator, dtype=torch.float64)
    return (h, h_prime) if raw else (unit(h), unit(h_prime))


def batch_of(objective, n=N, d=D, seed=0):
    return batch(n, d, seed, raw=objective.embeddings == "raw")


def exactly(h, h_prime, values):
    def rows(x):
        return tuple(tuple(map(mp.mpf, row)) for row in x.tolist())

    return Evaluator(Point(rows(h), rows(h_prime), {k: mp.mpf(v) for k, v in values.items()}))


def check_components(name, seed=0):
    """Every part at every anchor, against the 50-digit evaluation of what was derived."""
    objective = load(name)
    h, h_prime = batch_of(objective, seed=seed)
    derived = Components.of(objective, {})
    found, d = derived.at(h, h_prime), derived.decomposition
    values = {x.name: default_value(x, N, D) for x in objective.hyper}
    exact, parts = exactly(h, h_prime, values), assembled(d)
    for i in range(N):
        at = {ANCHOR: i}
        gd = float(exact(d.dissipation, at))
        if found.dissipation is not None:
            assert found.dissipation[i].item() == pytest.approx(gd, rel=1e-9)
        if found.hardest is not None and (gd != 0 or not d.ratio_condition):
            others = [j for j in range(N) if j != i]
            weights = [
                abs(float(exact(w, {**at, NEGATIVE: j}))) for w in d.weight.values() for j in others
            ]
            if sum(weights):
                share = max(weights) / sum(weights)
                assert found.hardest[i].item() == pytest.approx(share, rel=1e-9)
        if found.ratio is not None and (gd != 0 or not d.ratio_condition):
            assert found.ratio[i].item() == pytest.approx(float(exact(d.ratio, at)), rel=1e-8)
        for a in range(D):
            here = {**at, FEATURE: a}
            whole = exact(parts.rest, here)
            if gd != 0:
                whole += exact(parts.dissipation, at) * exact(parts.gated, here)
            ours = (found.push - found.pull + found.rest)[i, a].item()
            assert ours == pytest.approx(float(whole), rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("name", sampled(PAIRS, SMALL))
def test_components_are_those_that_are_derived(name):
    check_components(name)


@pytest.mark.parametrize("name", sampled(PAIRS, ("infonce", "met", "mvicreg", "vicreg", "mhe")))
def test_the_gradient_is_that_of_the_oracle(name):
    check_gradient(name)


def check_gradient(name):
    """The parts' total and autograd of the oracle, along the sphere, at a larger batch."""
    objective = load(name)
    n, d = 9, 5
    h, h_prime = batch_of(objective, n, d, seed=3)
    found = Components.of(objective, {}).at(h, h_prime)
    expected = autograd(objective, h, h_prime)[0]
    ours = found.push - found.pull + found.rest
    if objective.embeddings == "unit":
        ours, expected = tangent(ours, h), tangent(expected, h)
    torch.testing.assert_close(ours, expected, rtol=1e-7, atol=1e-9 * (1 + expected.abs().max()))


def autograd(objective, h, h_prime):
    """∂L_i/∂h_i and ∂L_i/∂h'_i, (N, D), of the oracle; of a batch scalar, ∂L/∂h and ∂L/∂h'."""
    values = {x.name: default_value(x, *h.shape) for x in objective.hyper}
    x, y = h.clone().requires_grad_(), h_prime.clone().requires_grad_()
    if objective.differentiated == "batch":
        loss = oracles.load(objective.name)(x, y, **values)
        return torch.autograd.grad(loss, (x, y), allow_unused=True)
    terms = oracles.load_terms(objective.name)(x, y, **values)
    by_h, by_h_prime = torch.empty_like(h), torch.empty_like(h)
    for i, term in enumerate(terms):
        gx, gy = torch.autograd.grad(term, (x, y), retain_graph=True)
        by_h[i], by_h_prime[i] = gx[i], gy[i]
    return by_h, by_h_prime


def check_norms(name):
    """|b_i| sin θ is the length along the sphere of ∂L_i/∂h'_i too; the push is what is left."""
    objective = load(name)
    assert objective.pool == CROSS
    h, h_prime = batch(8, 5, seed=1)
    gradient, other_end = autograd(objective, h, h_prime)
    pull = vector_norm(tangent(other_end, h_prime), dim=1)
    b = -(other_end * tangent(h, h_prime)).sum(1) / tangent(h, h_prime).pow(2).sum(1)
    push = vector_norm(tangent(gradient + b[:, None] * h_prime, h), dim=1)
    raw = 3 * h
    record = measure(name, {}, raw, h_prime, seed=0, batch=8)["gradient"]
    for part, lengths in (("pull", pull), ("push", push)):
        assert record[part]["tangential"]["mean"] == pytest.approx(lengths.mean().item(), rel=1e-8)
        assert record[part]["raw"]["mean"] == pytest.approx(lengths.mean().item() / 3, rel=1e-8)
    assert record["pull"]["ambient"]["mean"] == pytest.approx(b.abs().mean().item(), rel=1e-8)
    total = vector_norm(tangent(gradient, h), dim=1).mean().item()
    assert record["total"]["tangential"]["mean"] == pytest.approx(total, rel=1e-8)


@pytest.mark.parametrize("name", OF_ROWS)
def test_pull_and_push_are_as_long_as_autograd_says(name):
    check_norms(name)


TRANSPOSED = lambda self, e: right_pairs(self, e).T  # noqa: E731
right_pairs = components._Lowered._pairs


def test_transposed_pairs_are_caught(monkeypatch):
    monkeypatch.setattr(components._Lowered, "_pairs", TRANSPOSED)
    for check in (check_components, check_gradient, check_norms):
        with pytest.raises(AssertionError):
            check("infonce")


def test_a_missing_mask_is_caught(monkeypatch):
    monkeypatch.setattr(components, "others", lambda n: torch.ones(n, n, dtype=torch.bool))
    for check in (check_components, check_gradient, check_norms):
        with pytest.raises(AssertionError):
            check("infonce")


def test_swapped_views_are_caught(monkeypatch):
    right = Components.at
    monkeypatch.setattr(Components, "at", lambda self, h, h_prime: right(self, h_prime, h))
    for check in (check_components, check_gradient, check_norms):
        with pytest.raises(AssertionError):
            check("infonce")


@pytest.mark.parametrize("name", OTHERS)
def test_a_loss_with_further_inputs_says_so(name):
    found = measure(name, {}, *batch(6, 4), seed=0)
    wanted = ", ".join(load(name).inputs)
    for key in ("dissipation", "hardest_share", "ratio", "gradient", "own"):
        assert found[key] is None
        assert wanted in found["reasons"][key]
    assert found["L_cl"] is not None


def test_no_gauge_is_null_with_its_reason():
    found = measure("mhe", {}, *batch(6, 4), seed=0)
    assert found["dissipation"] is None
    assert found["reasons"] == {"dissipation": "no score of the positive gates the push"}
    found = measure("align", {}, *batch(6, 4), seed=0)
    assert set(found["reasons"]) == {"dissipation", "hardest_share", "ratio"}
    assert found["gradient"]["push"]["ambient"]["mean"] == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [("mpt", "gate"), ("mvicreg", "gate"), ("infonce", "soft"), ("dcl", "constant")],
)
def test_active_anchors(name, kind):
    h, h_prime = batch(20, 6, seed=2)
    found = measure(name, {}, h, h_prime, seed=0, batch=20)["dissipation"]
    assert found["kind"] == kind
    values = Components.of(load(name), {}).at(h, h_prime).dissipation
    active = (values > 0).double() if kind == "gate" else values
    assert found["active"] == pytest.approx(active.mean().item())


def test_gates_that_are_closed_leave_no_active_anchor():
    h, h_prime = batch(8, 40)
    assert measure("mpt", {"m": "0.0001"}, h, h, seed=0)["dissipation"]["active"] == 0
    assert measure("mpt", {"m": "2"}, h, h_prime, seed=0)["dissipation"]["active"] == 1


def test_the_weight_of_the_softmax_is_the_share_at_its_temperature():
    found = measure("infonce", {"tau": "0.1"}, *batch(9, 5), seed=0, batch=9)
    share = found["hardest_by_temperature"]["0.1"]
    assert found["hardest_share"]["mean"] == pytest.approx(share, rel=1e-9)
    assert found["hardest_share"]["signed"] is False
    assert measure("vicreg", {}, *batch(9, 5), seed=0)["hardest_share"]["signed"] is True


def test_a_loss_of_raw_embeddings_has_one_length():
    found = measure("vicreg_original", {}, *batch(9, 5, raw=True), seed=0)
    assert found["gradient"]["total"]["ambient"]["mean"] > 0
    assert found["gradient"]["total"]["tangential"] is None
    assert "raw embeddings" in found["reasons"]["gradient.tangential"]


OWN = """
from derive.nodes import H, H_PRIME, Inner
from derive.objective import CROSS, MEAN, Objective
from derive.notation import sum_samples


class Mine(Objective):
    title = "mine"
    source = "a test"
    differentiated = "anchor"
    reduction = MEAN
    pool = CROSS

    def terms(self, i, x):
        negatives = sum_samples(lambda k: Inner(H, i, H_PRIME, k), other_than=i)
        return negatives - 3 * Inner(H, i, H_PRIME, i)
"""


def test_an_own_loss_is_measured(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    found = measure(f"{path}:Mine", {}, *batch(6, 4), seed=0)
    assert found["ratio"]["mean"] == pytest.approx(3 / 5)
    assert found["hardest_share"]["mean"] == pytest.approx(1 / 5)
    assert found["reasons"] == {"dissipation": "no score of the positive gates the push"}


def test_what_cannot_be_decomposed_says_so(monkeypatch):
    from derive.errors import DecompositionError
    from train.measuring import measurement

    def refuse(*_):
        raise DecompositionError("R·Σa = b was not proved.")

    monkeypatch.setattr(measurement.Components, "of", refuse)
    found = measure("infonce", {}, *batch(6, 4), seed=0)
    assert found["own"] is not None
    assert found["gradient"] is None
    assert found["reasons"]["ratio"] == "not decomposed: R·Σa = b was not proved."
