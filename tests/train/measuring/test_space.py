"""What is measured of the space, against loops over rows written out by the definitions."""

import math

import pytest
import torch

from derive.torch import objective
from train.measuring import MeasurementError, geometry, measure
from train.measuring.batching import batches
from train.measuring.geometry import Geometry, unit
from train.measuring.measurement import space

N, D = 6, 4
LOSS_KEYS = ("L_align", "L_uniform", "L_cl")


def sample(n=N, d=D, seed=0):
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return h, h + 0.5 * torch.randn(n, d, generator=generator, dtype=torch.float64)


def rows_of(x):
    found = []
    for row in x.tolist():
        norm = math.sqrt(sum(a * a for a in row))
        found.append([a / norm for a in row])
    return found


def by_loops(h, h_prime):
    """The definitions, one number at a time."""
    u, v = rows_of(h), rows_of(h_prime)
    n = len(u)
    cosine = [[sum(a * b for a, b in zip(x, y, strict=True)) for y in v] for x in u]
    apart = [[math.dist(x, y) for y in v] for x in u]
    pairs = [(i, j) for i in range(n) for j in range(n) if j != i]
    near = [min(apart[i][j] for j in range(n) if j != i) - apart[i][i] for i in range(n)]
    far = [sum(apart[i][j] for j in range(n) if j != i) / (n - 1) - apart[i][i] for i in range(n)]
    hardest = []
    for i in range(n):
        weights = [math.exp(cosine[i][j] / 0.1) for j in range(n) if j != i]
        hardest.append(max(weights) / sum(weights))
    return {
        "positive": sum(math.acos(cosine[i][i]) for i in range(n)) / n,
        "negative": sum(math.acos(cosine[i][j]) for i, j in pairs) / len(pairs),
        "negatives": len(pairs),
        "mean_negative": sum(far) / n,
        "nearest_negative": sum(near) / n,
        "L_align": sum(apart[i][i] ** 2 for i in range(n)) / n,
        "L_uniform": math.log(sum(math.exp(-2 * apart[i][j] ** 2) for i, j in pairs) / len(pairs)),
        "L_cl": sum(
            math.log(sum(math.exp((c - row[i]) / 0.05) for c in row))
            for i, row in enumerate(cosine)
        ) / n,
        "hardest .1": sum(hardest) / n,
    }  # fmt: skip


def measured(h, h_prime):
    found = space([Geometry.of(unit(h), unit(h_prime))])
    angles = found["angles"]
    return {
        "positive": angles["positive"]["mean"],
        "negative": angles["negative"]["mean"],
        "negatives": angles["negative"]["n"],
        **found["gap"],
        **{key: found[key] for key in LOSS_KEYS},
        "hardest .1": found["hardest_by_temperature"]["0.1"],
    }


def check_space(h, h_prime):
    assert measured(h, h_prime) == pytest.approx(by_loops(h, h_prime), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_space_is_that_of_the_definitions(seed):
    check_space(*sample(seed=seed))


def test_a_transposed_view_is_caught(monkeypatch):
    monkeypatch.setattr(geometry, "cosines_between", lambda h, other: other @ h.T)
    with pytest.raises(AssertionError):
        check_space(*sample())


def test_a_missing_mask_is_caught(monkeypatch):
    monkeypatch.setattr(geometry, "others", lambda n: torch.ones(n, n, dtype=torch.bool))
    with pytest.raises(AssertionError):
        check_space(*sample())


def test_the_three_losses_are_those_of_the_catalogue():
    h, h_prime = sample(7, 5)
    found = measure("infonce", {}, h, h_prime, seed=0, batch=7)
    for key, name, hyper in (
        ("L_align", "align", {}),
        ("L_uniform", "uniform", {}),
        ("L_cl", "infonce", {"tau": 0.05}),
    ):
        loss = objective(name, embeddings="raw", **hyper)
        assert found[key] == pytest.approx(loss(h, h_prime).item(), rel=1e-9), key
    own = objective("infonce", embeddings="raw")(h, h_prime).item()
    assert found["own"] == pytest.approx(own, rel=1e-12)


def test_the_loss_of_a_symmetric_run_is_of_both_directions():
    h, h_prime = sample()
    found = measure("arccon", {}, h, h_prime, seed=0, symmetric=True)
    loss = objective("arccon", embeddings="raw")
    assert found["own"] == pytest.approx((loss(h, h_prime) + loss(h_prime, h)).item() / 2)


def test_histograms_count_every_angle():
    h, h_prime = sample(40, 3)
    h[1], h_prime[0] = -h[0], -h[0]  # θ = π and 0 fall into the last and the first bin
    h_prime[1] = -h[0]
    found = measure("infonce", {}, h, h_prime, seed=0, batch=20)["angles"]
    assert sum(found["positive"]["histogram"]) == found["positive"]["n"] == 40
    assert sum(found["negative"]["histogram"]) == found["negative"]["n"] == 2 * 20 * 19
    assert len(found["negative"]["histogram"]) == 64
    assert found["positive"]["histogram"][0] >= 1
    assert found["positive"]["histogram"][-1] >= 1


def test_a_histogram_lies_where_its_quantiles_do():
    h, h_prime = sample(200, 8)
    found = measure("infonce", {}, h, h_prime, seed=0, batch=50)["angles"]["negative"]
    below = sum(found["histogram"][: int(found["quantiles"][3] / (math.pi / 64))])
    assert below <= found["n"] / 2 <= below + found["histogram"][below and 32] + found["n"] / 20


def test_small_angles_are_exact():
    """1 − 10⁻¹⁸/2 is 1 in float64: the cosine would give 0 or 10⁻⁸."""
    h = unit(sample()[0])
    beside = torch.zeros_like(h)
    beside[:, 0], beside[:, 1] = -h[:, 1], h[:, 0]
    h_prime = h + 1e-9 * unit(beside)
    angles = Geometry.of(h, unit(h_prime)).positive_angles
    assert angles.tolist() == pytest.approx([1e-9] * N, rel=1e-5)


def test_batches_hold_each_row_once_and_depend_on_the_seed_alone():
    h, h_prime = sample(11)
    first, again, other = (list(batches(h, h_prime, seed, 4)) for seed in (1, 1, 2))
    assert [len(x) for x, _ in first] == [4, 4]
    rows = torch.cat([x for x, _ in first])
    assert len({tuple(row) for row in rows.tolist()}) == 8
    assert all(torch.equal(a, b) for (a, _), (b, _) in zip(first, again, strict=True))
    assert not torch.equal(rows, torch.cat([x for x, _ in other]))
    assert [len(x) for x, _ in batches(h, h_prime, 1, 128)] == [11]


def test_pairs_stay_together():
    h = torch.arange(20.0)[:, None] + torch.tensor([1.0, 2.0])
    for x, y in batches(h, 2 * h, 3, 5):
        assert torch.equal(2 * x, y)


@pytest.mark.parametrize(
    ("h", "h_prime", "words"),
    [
        (torch.ones(3, 2), torch.ones(2, 3), "no two views"),
        (torch.ones(3), torch.ones(3), "no two views"),
        (torch.ones(1, 2), torch.ones(1, 2), "at least 2 rows"),
        (torch.full((3, 2), torch.nan), torch.ones(3, 2), "embeddings h are not finite"),
        (torch.ones(3, 2), torch.full((3, 2), torch.inf), "embeddings h' are not finite"),
        (torch.ones(3, 2), torch.zeros(3, 2), "is zero"),
    ],
)
def test_embeddings_that_cannot_be_measured(h, h_prime, words):
    with pytest.raises(MeasurementError, match=words):
        measure("infonce", {}, h, h_prime, seed=0)


def test_a_measurement_is_a_pure_function():
    h, h_prime = sample(30, 6)
    kept = h.clone(), h_prime.clone(), torch.get_rng_state()
    first = measure("met", {}, h, h_prime, seed=5, batch=8)
    torch.rand(3)
    assert measure("met", {}, h, h_prime, seed=5, batch=8) == first
    assert measure("met", {}, h, h_prime, seed=6, batch=8) != first
    assert torch.equal(h, kept[0])
    assert torch.equal(h_prime, kept[1])
