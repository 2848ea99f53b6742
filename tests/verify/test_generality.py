"""Verification of losses with inputs, raw embeddings, further positives and diagonal ratios."""

from copy import copy
from dataclasses import replace
from random import Random

import pytest
import torch
from sympy import S

from derive.hyper import POSITIVE, Hyper
from derive.verdict import Verdict
from tests.catalogue import sampled, thinned
from verify import trained
from verify.checks import CHECKS
from verify.draws import Example, draw_point, drawn_value, drawn_values
from verify.edges import edge_of_share
from verify.inputs import as_tensors, bad_inputs, draw_inputs, singular_inputs
from verify.ladder import run_check
from verify.profiles import ORDINARY
from verify.scales import conditioning
from verify.strategies import Batch
from verify.subject import Subject

PROOFS = ("identity", "points", "autograd")


def verdicts(subject, checks, examples=10):
    return {c: run_check(c, CHECKS[c], subject, examples=examples, seed=0).verdict for c in checks}


def test_labels_repeat_and_stand_alone_and_are_never_one_class():
    drawn = [draw_inputs(("labels",), 4, Random(seed))["labels"] for seed in range(60)]
    sizes = [sorted(labels.count(x) for x in set(labels)) for labels in drawn]
    assert all(len(x) > 1 and sum(x) == 4 for x in sizes)
    assert [1, 3] in sizes  # a repeated class and a singleton
    assert [2, 2] in sizes
    assert [1, 1, 1, 1] in sizes


@pytest.mark.parametrize("n", [2, 3, 7])
def test_arrays_of_samples_have_one_width_and_never_their_own_row(n):
    for seed in range(20):
        drawn = as_tensors(draw_inputs(("first", "second"), n, Random(seed)))
        first, second = drawn["first"], drawn["second"]
        assert first.shape == second.shape
        assert first.dtype == torch.int64
        for array in (first, second):
            assert ((array >= 0) & (array < n)).all()
            assert (array != torch.arange(n)[:, None]).all()


def test_the_same_example_has_the_same_inputs():
    subject = Subject.of("supcon")
    a, b = (Example(subject, Batch("paired", 5, 3, 8), (0.5,)) for _ in range(2))
    assert torch.equal(a.inputs["labels"], b.inputs["labels"])
    assert "labels=[" in repr(a)
    assert "labels=[" in draw_point(subject, 3).text


def test_what_is_bad_or_singular_is_what_it_says():
    names = [name for name, _ in bad_inputs(("first",), 4)]
    assert names == [
        f"first {x}"
        for x in ("missing", "of another length", "not integers", "holding its own row")
    ] + ["first out of range"]
    bad = dict(bad_inputs(("first",), 4))
    assert (bad["first holding its own row"]["first"][:, 0] == torch.arange(4)).all()
    assert bad["first out of range"]["first"].max() == 4
    classes = [x["labels"].unique().numel() for x in singular_inputs(("labels",), 4)]
    assert classes == [1, 4]
    assert list(singular_inputs((), 4)) == [{}]


def test_raw_rows_have_their_norms():
    subject = Subject.of("vicreg_original")
    example = Example(subject, Batch("paired", 8, 4, 1), (0.5,) * 5)
    for rows in (example.h, example.h_prime):
        norms = rows.norm(dim=1)
        assert norms.min() >= 0.3 - 1e-12
        assert norms.max() <= 3 + 1e-12
        assert norms.max() > 1.2 * norms.min()
    gradient = torch.ones(8, 4, dtype=torch.float64)
    assert torch.equal(subject.comparable(gradient, example.h), gradient)
    tangent = Subject.of("vicreg").comparable(gradient, example.batch.h)
    assert (tangent * example.batch.h).sum(dim=1).abs().max() < 1e-14


def test_an_exponent_stays_small():
    power = Hyper("p", "p", "p", S(4), POSITIVE, "")
    assert drawn_value(power, 1, 4, 4, exponent=True) == pytest.approx(8)
    assert drawn_value(power, 0, 4, 4, exponent=True) == pytest.approx(1.6)
    assert drawn_values(Subject.of("align"), [1.0], 4, 4)["alpha"] == pytest.approx(4)


def test_the_edge_of_a_share_by_hand():
    # Anchor cosines .9, .5, .3 and .1 with the positives; anchor 1 excluded from its own row.
    cosines = torch.tensor([0.9, 0.5, 0.3, 0.1], dtype=torch.float64)
    h = torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(4, 2)
    h_prime = torch.stack([cosines, (1 - cosines**2).sqrt()], dim=1)
    formula = Subject.of("hard_simple").formula
    values = {"lam": 1.0, "share": 0.4}  # two of three; the least gap after the second is .2
    assert edge_of_share(formula, h, h_prime, values, {}) == pytest.approx(0.2)
    assert edge_of_share(formula, h, h_prime, {**values, "share": 1.0}, {}) == torch.inf
    assert edge_of_share(Subject.of("simple").formula, h, h_prime, values, {}) == torch.inf


def test_a_loss_that_divides_by_distances_has_the_larger_scale():
    example = Example(Subject.of("mmhs"), Batch("narrow_cone", 3, 3, 0), (0.5, 0.5))
    both = [
        conditioning(Subject.of(name).formula, example.h, example.h_prime, {"nu": 1.0, "m": 1.0})
        for name in ("mmhs", "mhs_anchor")
    ]
    assert both[0].distance == both[1].distance > 100
    assert both[0].value == pytest.approx(both[0].gradient)
    assert both[1].value == pytest.approx(both[1].gradient ** 0.5)


def test_pairwise_gates_are_away_from_their_edge_in_training():
    subject = Subject.of("alpha_triplet")
    examples = list(trained.examples(subject, 0))
    assert [x.batch.n for x in examples] == [n for n, _ in ORDINARY.trained]


def altered(subject, part, value):
    decomposition = copy(subject.decomposition)
    object.__setattr__(decomposition, part, value)
    return replace(subject, decomposition=decomposition)


@pytest.mark.parametrize(
    "name",
    sampled(["supcon", "barlow_twins", "mixup_infonce", "vicreg_original"], ("mixup_infonce",)),
)
def test_the_right_decomposition_passes(name):
    found = verdicts(Subject.of(name), PROOFS)
    assert found == dict.fromkeys(PROOFS, Verdict.AGREED) | {"identity": Verdict.PROVED}


WRONG = {
    "further positives": (
        "supcon", "ratios", lambda ratios: {view: 2 * r for view, r in ratios.items()},
    ),
    "a view of further positives": ("supcon", "ratios", lambda ratios: dict([*ratios.items()][1:])),
    "the diagonal dropped": ("barlow_twins", "ratio_diagonal", lambda _: S.Zero),
}  # fmt: skip


@pytest.mark.parametrize(("name", "part", "alter"), thinned([*WRONG.values()], 1), ids=WRONG)
def test_a_wrong_ratio_of_the_new_kinds_is_caught(name, part, alter):
    right = Subject.of(name)
    subject = altered(right, part, alter(getattr(right.decomposition, part)))
    assert verdicts(subject, PROOFS) == {
        "identity": Verdict.UNDECIDED,
        "points": Verdict.REFUTED,
        "autograd": Verdict.REFUTED,
    }


@pytest.mark.slow
def test_labels_that_are_ignored_are_caught():
    supcon = Subject.of("supcon")

    def blind(h, h_prime, *, labels, tau):
        return supcon.oracle(h, h_prime, labels=torch.arange(len(h)), tau=tau)

    assert verdicts(replace(supcon, oracle=blind), ("autograd",)) == {"autograd": Verdict.REFUTED}


def test_a_raw_gradient_is_compared_in_all_directions():
    """A radial fault that the sphere would hide."""
    subject = Subject.of("vicreg_original")

    def radial(h, h_prime, **hyper):
        return subject.oracle(h, h_prime, **hyper) + 1e-3 * ((h**2).sum() - (h.detach() ** 2).sum())

    found = verdicts(replace(subject, oracle=radial), ("autograd",))
    assert found == {"autograd": Verdict.REFUTED}
