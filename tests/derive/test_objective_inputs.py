"""Labels, masks and explicit negatives: against each loss written out in plain torch.

`out`: (N, C) bool, the pairs left out, C the candidates of an anchor: N samples, then the further
ones. A sample's own column is False there, and `own` leaves it out where the loss does.
"""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, normalize

from derive.errors import InputError
from derive.objectives import load, names
from derive.torch import objective
from tests.catalogue import sampled
from tests.derive.batches import batch_of, inputs_of, unit_batch

INF = torch.inf
ROWS, WIDTH = 7, 4
LABELS = torch.tensor([0, 1, 0, 2, 3, 1, 0])
Loss = Callable[..., Tensor]


def own(x: Tensor) -> Tensor:
    return torch.eye(*x.shape, dtype=torch.bool)


def row_sums(x: Tensor, out: Tensor) -> Tensor:
    return x.masked_fill(out | own(x), 0).sum(1)


def hardest(x: Tensor, out: Tensor) -> Tensor:
    return x.masked_fill(out | own(x), -INF).max(1).values


def infonce(s: Tensor, out: Tensor, tau: float = 0.05) -> Tensor:
    return torch.logsumexp((s / tau).masked_fill(out, -INF), 1) - s.diagonal() / tau


def dcl(s: Tensor, out: Tensor, tau: float = 0.05) -> Tensor:
    return torch.logsumexp((s / tau).masked_fill(out | own(s), -INF), 1) - s.diagonal() / tau


def dcl_plus(s: Tensor, out: Tensor) -> Tensor:
    return dcl(s, out).relu()


def mpt(s: Tensor, out: Tensor, m: float = 0.23) -> Tensor:
    return (hardest(s, out) - s.diagonal() + m).relu()


def met(s: Tensor, out: Tensor, m: float = 0.45) -> Tensor:
    apart = (2 - 2 * s).sqrt()
    return (apart.diagonal() + hardest(-apart, out) + m).relu()


def mat(s: Tensor, out: Tensor, m: float = 0.15 * math.pi) -> Tensor:
    angle = torch.acos(s)
    return (angle.diagonal() + hardest(-angle, out) + m).relu()


def simple(s: Tensor, out: Tensor) -> Tensor:
    return row_sums(s, out) / (s.shape[1] - 1) - s.diagonal()


def spectral(s: Tensor, out: Tensor) -> Tensor:
    return row_sums(s.square(), out) / (s.shape[1] - 1) - 2 * s.diagonal()


def _share(s: Tensor, out: Tensor, share: float = 0.3) -> Tensor:
    """True for the ⌈share (C − 1)⌉ hardest of those that take part (all, if they are fewer)."""
    negatives = s.masked_fill(out | own(s), -INF)
    last = negatives.topk(math.ceil(share * (s.shape[1] - 1)), dim=1).values[:, -1:]
    return (negatives >= last) & ~out & ~own(s)


def hard_infonce(s: Tensor, out: Tensor, tau: float = 0.3) -> Tensor:
    kept = _share(s, out) | own(s)
    return torch.logsumexp((s / tau).masked_fill(~kept, -INF), 1) - s.diagonal() / tau


def hard_simple(s: Tensor, out: Tensor) -> Tensor:
    return (s * _share(s, out)).sum(1) / (s.shape[1] - 1) - s.diagonal()


def arccon(s: Tensor, out: Tensor, tau: float = 0.05, u: float = math.pi / 18) -> Tensor:
    positive = torch.cos(torch.acos(s.diagonal()) + u) / tau
    logits = torch.where(own(s), positive[:, None], s / tau)
    return torch.logsumexp(logits.masked_fill(out, -INF), 1) - positive


def paradigm(s: Tensor, out: Tensor, m: float = 0.3, tau: float = 0.05, r: float = 1) -> Tensor:
    gate = (s.diagonal() - hardest(s, out) < m).double().detach()
    weight = torch.softmax((s / tau).masked_fill(out | own(s), -INF), 1).detach()
    return gate * (weight * (s - r * s.diagonal()[:, None])).sum(1)


ACROSS = {x.__name__: x for x in (
    infonce, dcl, dcl_plus, mpt, met, mat, simple, spectral, hard_infonce, hard_simple, arccon,
    paradigm,
)}  # fmt: skip


def _gaps(s: Tensor, positive: Tensor) -> Tensor:
    """½‖h_i − h'_i‖² − ½‖h_i − h_j‖² of unit rows."""
    return s - positive[:, None]


def alpha_infonce(s: Tensor, positive: Tensor, out: Tensor, tau: float = 0.5) -> Tensor:
    return tau * torch.log(1 + row_sums((_gaps(s, positive) / tau).exp(), out))


def alpha_mine(s: Tensor, positive: Tensor, out: Tensor) -> Tensor:
    return torch.log(row_sums(_gaps(s, positive).exp(), out))


def alpha_n_plus_1_tuplet(s: Tensor, positive: Tensor, out: Tensor) -> Tensor:
    return torch.log1p(row_sums(_gaps(s, positive).exp(), out))


def alpha_triplet(s: Tensor, positive: Tensor, out: Tensor, eps: float = 0.5) -> Tensor:
    return row_sums((_gaps(s, positive) + eps).relu(), out)


def alpha_direct(s: Tensor, positive: Tensor, out: Tensor) -> Tensor:
    exponents = -((1 - s.detach()).clamp(min=0) ** 2) / 0.5
    weight = torch.softmax(exponents.masked_fill(out | own(s), -INF), 1)
    return (weight * _gaps(s, positive)).sum(1)


def tao_vicreg(s: Tensor, positive: Tensor, out: Tensor, nu: float = 30) -> Tensor:
    n = s.shape[1]
    return 2 / n * (nu / n * row_sums(s.detach() * s, out) - positive)


WITHIN = {x.__name__: x for x in (
    alpha_infonce, alpha_mine, alpha_n_plus_1_tuplet, alpha_triplet, alpha_direct, tao_vicreg,
)}  # fmt: skip


def of_anchors(name: str) -> Loss:
    """The mean over anchors of a loss whose candidates are of one view."""

    def loss(h: Tensor, h_prime: Tensor, further: Tensor, out: Tensor) -> Tensor:
        if name in ACROSS:
            return ACROSS[name](h @ torch.cat([h_prime, further]).T, out).mean()
        s = h @ torch.cat([h, further]).T
        return WITHIN[name](s, (h * h_prime).sum(1), out).mean()

    return loss


def mvicreg(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    same, across, positive = h @ h.T, h @ h_prime.T, (h * h_prime).sum(1)
    gate = (positive - hardest(across, out) < 0.3).double().detach()
    logits = (same / 0.05).masked_fill(out | own(out), -INF)
    weight = torch.softmax(logits.flatten(), 0).view_as(logits).detach()
    return (gate * (weight * (same - 1.5 * positive[:, None])).sum(1)).mean()


def mhs_gd(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    same, across, positive = h @ h.T, h @ h_prime.T, (h * h_prime).sum(1)
    gate = (positive - hardest(across, out) < 0.3).double().detach()
    nearest = torch.zeros_like(same).scatter_(
        1, same.masked_fill(out | own(out), -INF).argmax(1)[:, None], 1.0
    )
    distance = (2 - 2 * same.detach()).masked_fill(own(out), 1).sqrt()
    weight = (nearest + nearest.T) / distance / len(h)
    return (gate * (row_sums(weight * same, out) - 2 / len(h) * positive)).mean()


def mhe(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    energy = row_sums((2 * (h @ h.T) - 2).exp(), out).sum() / (len(h) * (len(h) - 1))
    return (h - h_prime).square().sum(1).mean() + 10 * energy.log()


def siglip(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    logits = 10 * (h @ h_prime.T) - 10
    pairs = row_sums(logsigmoid(-logits), out).sum()
    return -(logsigmoid(logits.diagonal()).sum() + pairs) / len(h)


def infonce_symmetric(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    s = h @ h_prime.T
    return (infonce(s, out).mean() + infonce(s.T, out).mean()) / 2


def ntxent(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    z, n = torch.cat([h, h_prime]), len(h)
    logits = z @ z.T / 0.5
    kept = ~(out.repeat(2, 2) | own(logits))
    positive = logits[torch.arange(2 * n), torch.arange(2 * n).roll(n)]
    return (torch.logsumexp(logits.masked_fill(~kept, -INF), 1) - positive).mean()


def uniform(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    pairs = row_sums((4 * (h @ h_prime.T) - 4).exp(), out).sum()
    return torch.log(pairs / (len(h) * (len(h) - 1)))


def align_uniform(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    return ((h - h_prime).square().sum(1).mean() + uniform(h, h_prime, out)) / 2


def supcon(h: Tensor, h_prime: Tensor, out: Tensor) -> Tensor:
    z, y = torch.cat([h, h_prime]), LABELS.repeat(2)
    logits = z @ z.T / 0.1
    gone = out.repeat(2, 2) | own(logits)
    share = logits - torch.logsumexp(logits.masked_fill(gone, -INF), 1)[:, None]
    positive = (y[:, None] == y) & ~gone
    return -((share * positive).sum(1) / positive.sum(1)).mean()


OF_THE_BATCH = {x.__name__: x for x in (
    mvicreg, mhs_gd, mhe, siglip, infonce_symmetric, ntxent, uniform, align_uniform, supcon,
)}  # fmt: skip
FAST = ("infonce", "met", "simple", "hard_infonce", "paradigm", "alpha_mine", "tao_vicreg")
FAST_OF_THE_BATCH = ("mvicreg", "siglip", "ntxent", "align_uniform")
ONE_SIDED = ("mvicreg", "mhs_gd")  # one anchor's terms: their masks need not be symmetric


def some_mask(candidates: int, *, symmetric: bool, seed: int = 5) -> Tensor:
    """(N, C) bool; column i + 1 of row i is kept, so that every anchor has a negative."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(ROWS, candidates, generator=generator) < 0.35
    mask[torch.arange(ROWS), (torch.arange(ROWS) + 1) % ROWS] = False
    return mask & mask.T if symmetric else mask


def differentiated(loss: Loss, *tensors: Tensor) -> list[Tensor]:
    given = [x.clone().requires_grad_() for x in tensors]
    value = loss(*given)
    return [value.detach(), *torch.autograd.grad(value, given, materialize_grads=True)]


def assert_same(found: list[Tensor], expected: list[Tensor]) -> None:
    for got, right in zip(found, expected, strict=True):
        scale = 1 + right.abs().max()
        assert float((got - right).abs().max() / scale) <= 1e-12


def along_the_sphere(found: list[Tensor], *rows: Tensor) -> list[Tensor]:
    """Gradients without their part along the rows: formulas extend off the sphere differently."""
    value, *gradients = found
    return [value, *(
        g - (g * x).sum(-1, keepdim=True) * x for g, x in zip(gradients, rows, strict=True)
    )]  # fmt: skip


def settings_of(name: str) -> dict[str, float]:
    return {"share": 0.3} if name.startswith("hard_") else {}


def left_out(given: dict[str, Tensor], candidates: int) -> Tensor:
    out = torch.zeros(ROWS, candidates, dtype=torch.bool)
    if "labels" in given:
        out[:, :ROWS] |= given["labels"][:, None] == given["labels"]
    if "mask" in given:
        out |= given["mask"]
    return out & ~own(out)


KINDS = ("labels", "mask", "labels and mask")


def given_for(kind: str, candidates: int, *, symmetric: bool) -> dict[str, Tensor]:
    given = {"labels": LABELS} if "labels" in kind else {}
    if "mask" in kind:
        given["mask"] = some_mask(candidates, symmetric=symmetric)
    return given


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sampled([*ACROSS, *WITHIN], FAST))
def test_pairs_left_out_of_an_anchors_term(name: str, kind: str) -> None:
    rows = unit_batch(ROWS, WIDTH, seed=3)
    given = given_for(kind, ROWS, symmetric=False)
    out, nothing = left_out(given, ROWS), torch.zeros(0, WIDTH, dtype=torch.float64)
    reference = of_anchors(name)
    right = differentiated(lambda h, h_prime: reference(h, h_prime, nothing, out), *rows)
    for tile in (None, 3):
        loss = objective(name, tile=tile, **settings_of(name))
        found = differentiated(lambda h, h_prime, loss=loss: loss(h, h_prime, **given), *rows)
        assert_same(along_the_sphere(found, *rows), along_the_sphere(right, *rows))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sampled(OF_THE_BATCH, FAST_OF_THE_BATCH))
def test_pairs_left_out_of_a_loss_of_the_batch(name: str, kind: str) -> None:
    if name == "supcon" and "labels" in kind:
        kind = "mask"  # its labels say who is whose positive
    rows = unit_batch(ROWS, WIDTH, seed=3)
    given = given_for(kind, ROWS, symmetric=name not in ONE_SIDED)
    out = left_out(given, ROWS)
    right = differentiated(lambda h, h_prime: OF_THE_BATCH[name](h, h_prime, out), *rows)
    more = {"labels": LABELS} if name == "supcon" else {}
    for tile in (None, 3):
        loss = objective(name, tile=tile)
        found = differentiated(lambda h, p, loss=loss: loss(h, p, **given, **more), *rows)
        assert_same(along_the_sphere(found, *rows), along_the_sphere(right, *rows))


def further(each: int | None) -> Tensor:
    generator = torch.Generator().manual_seed(9)
    shape = (ROWS, WIDTH) if each is None else (ROWS, each, WIDTH)
    return normalize(torch.randn(shape, dtype=torch.float64, generator=generator), dim=-1)


@pytest.mark.parametrize(("each", "kind"), [(None, ""), (2, ""), (1, "mask"), (2, KINDS[2])])
@pytest.mark.parametrize("name", sampled([*ACROSS, *WITHIN], FAST))
def test_explicit_negatives_are_candidates_of_every_anchor(
    name: str, each: int | None, kind: str
) -> None:
    rows = (*unit_batch(ROWS, WIDTH, seed=3), further(each))
    candidates = ROWS + ROWS * (each or 1)
    given = given_for(kind, candidates, symmetric=False)
    out, reference = left_out(given, candidates), of_anchors(name)
    right = differentiated(lambda h, p, x: reference(h, p, x.reshape(-1, WIDTH), out), *rows)
    for tile in (None, 3):
        loss = objective(name, tile=tile, **settings_of(name))
        found = differentiated(lambda h, p, x, loss=loss: loss(h, p, negatives=x, **given), *rows)
        assert_same(along_the_sphere(found, *rows), along_the_sphere(right, *rows))


@pytest.mark.parametrize("name", ["infonce", "met", "alpha_infonce"])
def test_raw_negatives_are_normalised_and_get_their_gradient(name: str) -> None:
    rows = tuple(x * 3 for x in (*unit_batch(ROWS, WIDTH, seed=3), further(2)))
    out, reference = torch.zeros(ROWS, 3 * ROWS, dtype=torch.bool), of_anchors(name)

    def right(*raw: Tensor) -> Tensor:
        h, p, x = (normalize(y, dim=-1) for y in raw)
        return reference(h, p, x.reshape(-1, WIDTH), out)

    loss = objective(name, embeddings="raw")
    found = differentiated(lambda h, p, x: loss(h, p, negatives=x), *rows)
    assert_same(found, differentiated(right, *rows))


LEARNED = {"infonce": ("tau", 0.07), "mpt": ("m", 0.3), "arccon": ("u", 0.3), "paradigm": ("r", 2)}


@pytest.mark.parametrize("name", LEARNED)
def test_everything_at_once_with_a_hyperparameter_that_learns(name: str) -> None:
    key, value = LEARNED[name]
    h, h_prime, x = (*unit_batch(ROWS, WIDTH, seed=3), further(2))
    given = given_for(KINDS[2], 3 * ROWS, symmetric=False)
    out, loss = left_out(given, 3 * ROWS), objective(name, tile=3)

    def right(a: Tensor, b: Tensor, n: Tensor, setting: Tensor) -> Tensor:
        candidates = torch.cat([b, n.reshape(-1, WIDTH)])
        return ACROSS[name](a @ candidates.T, out, **{key: setting}).mean()

    def found(a: Tensor, b: Tensor, n: Tensor, setting: Tensor) -> Tensor:
        return loss(a, b, negatives=n, **given, **{key: setting})

    tensors = (h, h_prime, x, torch.tensor(value, dtype=h.dtype))
    (*fast, by_setting), (*plain, expected) = (differentiated(f, *tensors) for f in (found, right))
    rows = h, h_prime, x
    assert_same(along_the_sphere(fast, *rows), along_the_sphere(plain, *rows))
    assert_same([by_setting], [expected])


@pytest.mark.parametrize("name", ["infonce", "alpha_mine", "mvicreg", "ntxent"])
def test_labels_over_tiles_of_the_engines_own_size(name: str) -> None:
    n = 530  # more than twice the least tile
    rows = unit_batch(n, WIDTH, seed=4)
    labels = torch.randint(0, 40, (n,), generator=torch.Generator().manual_seed(1))
    out = (labels[:, None] == labels).fill_diagonal_(False)
    nothing = rows[0].new_zeros(0, WIDTH)

    def plain(h: Tensor, h_prime: Tensor) -> Tensor:
        if name in OF_THE_BATCH:
            return OF_THE_BATCH[name](h, h_prime, out)
        return of_anchors(name)(h, h_prime, nothing, out)

    loss = objective(name)
    found = differentiated(lambda h, h_prime: loss(h, h_prime, labels), *rows)
    right = differentiated(plain, *rows)
    assert_same(along_the_sphere(found, *rows), along_the_sphere(right, *rows))


def test_an_empty_mask_and_labels_of_their_own_change_nothing() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    for name in ("infonce", "mpt", "mvicreg", "ntxent", "hard_infonce", "mixup_infonce"):
        inputs = inputs_of(load(name), ROWS)
        loss = objective(name)
        plain = loss(h, h_prime, **inputs)
        nothing = torch.zeros(ROWS, ROWS, dtype=torch.bool)
        diagonal = torch.eye(ROWS, dtype=torch.bool)  # not read
        for given in ({"mask": nothing}, {"mask": diagonal}, {"labels": torch.arange(ROWS)}):
            assert_same([loss(h, h_prime, **given, **inputs)], [plain])


def test_masked_entries_of_the_mixup_loss_are_those_of_the_batch_alone() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    arrays = inputs_of(load("mixup_infonce"), ROWS)
    mask = some_mask(ROWS, symmetric=False)
    mixed = (h_prime[arrays["first"]] + h_prime[arrays["second"]]) / 2
    logits = (h @ h_prime.T / 0.05).masked_fill(mask & ~own(mask), -INF)
    extra = (h[:, None] * mixed).sum(2) / 0.05
    right = torch.logsumexp(torch.cat([logits, extra], 1), 1) - logits.diagonal()
    found = objective("mixup_infonce")(h, h_prime, mask=mask, **arrays)
    assert_same([found], [right.mean()])


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.int64])
def test_any_integers_are_labels(dtype: torch.dtype) -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    found = objective("infonce")(h, h_prime, LABELS.to(dtype))
    assert torch.equal(found, objective("infonce")(h, h_prime, labels=LABELS))


def bad_inputs() -> dict[str, tuple[str, dict[str, Any], str]]:
    h, _ = unit_batch(ROWS, WIDTH)
    mask = some_mask(ROWS, symmetric=False)
    none_left = mask.clone()
    none_left[0] = True
    jointly = torch.zeros(ROWS, ROWS, dtype=torch.bool)
    jointly[4, torch.arange(ROWS) < 6] = True  # and its label, below, is that of sample 6
    same = torch.tensor([0, 1, 2, 3, 4, 5, 4])
    one = torch.zeros(ROWS, dtype=torch.long)
    return {
        "labels of a float": ("infonce", {"labels": LABELS.double()}, "integers"),
        "too few labels": ("infonce", {"labels": LABELS[:-1]}, "N = 7"),
        "labels in a column": ("infonce", {"labels": LABELS[:, None]}, "shape"),
        "labels in a list": ("infonce", {"labels": LABELS.tolist()}, "labels"),
        "one label for all": ("infonce", {"labels": one}, "without a negative"),
        "one label for all, hardest": ("mpt", {"labels": one}, "without a negative"),
        "labels and mask": ("mpt", {"labels": same, "mask": jointly}, "without a negative"),
        "mask of numbers": ("infonce", {"mask": mask.double()}, "bool"),
        "mask of another shape": ("infonce", {"mask": mask[:, :-1]}, r"\(7, 7\)"),
        "mask in a list": ("infonce", {"mask": mask.tolist()}, "mask"),
        "mask of everything": ("infonce", {"mask": none_left}, "without a negative"),
        "mask of one direction": ("ntxent", {"mask": mask}, "not symmetric"),
        "mask without the further": ("infonce", {"mask": mask, "negatives": h}, r"\(7, 14\)"),
        "negatives of another dtype": ("infonce", {"negatives": h.float()}, "float64"),
        "negatives of fewer rows": ("infonce", {"negatives": h[:-1]}, "N = 7"),
        "negatives of another width": ("infonce", {"negatives": h[:, :-1]}, "D = 4"),
        "negatives of four dimensions": ("infonce", {"negatives": h[:, None, None]}, "shape"),
        "negatives off the sphere": ("infonce", {"negatives": 2 * h}, "negatives has a norm"),
        "negatives that are NaN": ("infonce", {"negatives": h * torch.nan}, "row 0 of negatives"),
        "a name nobody has": ("infonce", {"weights": h}, "given are weights"),
        "no labels": ("supcon", {}, "takes the inputs labels"),
    }  # fmt: skip


@pytest.mark.parametrize("case", bad_inputs())
def test_what_is_wrong_is_told(case: str) -> None:
    name, given, message = bad_inputs()[case]
    with pytest.raises(InputError, match=message):
        objective(name)(*unit_batch(ROWS, WIDTH), **given)


def test_negatives_without_a_row_are_none_or_refused() -> None:
    h, h_prime = unit_batch(ROWS, WIDTH)
    empty = h.new_zeros(ROWS, 0, WIDTH)
    try:
        found = objective("infonce")(h, h_prime, negatives=empty)
    except InputError:
        return
    assert_same([found], [objective("infonce")(h, h_prime)])


FEATURES = (
    "barlow_twins", "barlow_twins_original", "barlow_twins_gd", "barlow_twins_gd_w", "tao_barlow",
    "vicreg", "vicreg_original", "vicreg_code",
)  # fmt: skip
NO_CANDIDATES = (*FEATURES, "align")


@pytest.mark.parametrize("name", NO_CANDIDATES)
def test_a_loss_without_candidates_leaves_none_out(name: str) -> None:
    kind = load(name)
    rows = batch_of(kind, ROWS, WIDTH)
    mask = some_mask(ROWS, symmetric=True)
    for given in ({"mask": mask}, {"labels": LABELS}, {"negatives": rows[0].clone()}):
        with pytest.raises(InputError, match=name):
            objective(name)(*rows, **given)


@pytest.mark.slow
def test_negatives_have_a_place_where_the_class_says_so() -> None:
    """In a loss of one anchor's term without index arrays whose candidates are of one view."""
    taking = {*ACROSS, *WITHIN, "alpha_soft_triplet", "alpha_lifted", "alpha_modified_triplet"}
    taking |= {"alpha_triplet_contrastive"}
    rows = unit_batch(ROWS, WIDTH)
    for name in set(names()) - set(NO_CANDIDATES):
        inputs = inputs_of(load(name), ROWS)
        loss = objective(name)
        if name in taking:
            assert loss(*rows, negatives=further(2), **inputs).isfinite()
            continue
        with pytest.raises(InputError, match=f"{name} .*explicit negatives have no place"):
            loss(*rows, negatives=further(2), **inputs)


def test_a_search_that_finds_pairs_left_out_would_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("derive.torch.selection._masked", lambda ev, value, i, k: value)
    for name in ("mpt", "hard_infonce"):
        with pytest.raises(AssertionError):
            test_pairs_left_out_of_an_anchors_term(name, "labels")


def test_counting_the_samples_alone_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from derive.torch.given import Given

    monkeypatch.setattr(Given, "candidates", lambda self, samples: samples)
    with pytest.raises(AssertionError):
        test_explicit_negatives_are_candidates_of_every_anchor("simple", 2, "")


def test_a_mask_read_in_both_directions_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    from derive.torch.known import Mask

    right = Mask.rows

    def transposed(self: Mask, tile: slice) -> Tensor:
        whole = right(self, slice(0, ROWS))
        return (whole & whole.T)[tile]

    monkeypatch.setattr(Mask, "rows", transposed)
    with pytest.raises(AssertionError):
        test_pairs_left_out_of_an_anchors_term("alpha_mine", "mask")
