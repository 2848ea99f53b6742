"""At a tie a gradient lies between the selections'; a doubled one does not."""

from dataclasses import replace

import pytest
import torch

from derive.verdict import Verdict
from tests.verify import faults
from verify.checks import autograd, fast
from verify.checks.autograd import tied
from verify.comparison import Training, differentiated
from verify.draws import Example
from verify.strategies import Batch
from verify.subject import Subject
from verify.ties import Selections, nearest_of_hull


def test_the_nearest_point_of_a_triangle():
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    inside = torch.tensor([0.2, 0.3], dtype=torch.float64)
    assert nearest_of_hull(corners, inside).sub(inside).abs().max() < 1e-12
    far = torch.tensor([2.0, 2.0], dtype=torch.float64)
    assert nearest_of_hull(corners, far).tolist() == pytest.approx([0.5, 0.5])
    behind = torch.tensor([-1.0, -2.0], dtype=torch.float64)
    assert nearest_of_hull(corners, behind).abs().max() < 1e-12


def test_the_nearest_point_is_optimal_in_many_dimensions():
    generator = torch.Generator().manual_seed(0)
    vertices = torch.randn(30, 20, generator=generator, dtype=torch.float64)
    target = 2 * vertices[3]
    nearest = nearest_of_hull(vertices, target)
    assert ((vertices - nearest) @ (target - nearest)).max() < 1e-9
    assert nearest_of_hull(vertices[:1].expand(4, 20), vertices[0]).equal(vertices[0])


def largest(x, y):
    """max(x_00, x_10), tied where the rows are equal."""
    return torch.maximum(x[0, 0], x[1, 0]) + 0 * y.sum()


@pytest.mark.parametrize(("share", "near"), [(0.0, True), (0.4, True), (1.0, True), (1.2, False)])
def test_a_mean_of_the_selections_is_one_and_more_is_not(share, near):
    rows = torch.ones(2, 1, dtype=torch.float64)
    found = Selections(lambda x, y: differentiated(largest, x, y), rows, rows, 0)
    gradient = torch.tensor([share, 1 - share, 0.0, 0.0], dtype=torch.float64)
    assert (found.from_hull(gradient, 1e-6) <= 1e-6) == near
    assert found.from_values(1.0) < 1e-8
    assert found.from_values(1.1) == pytest.approx(0.1, rel=1e-6)


@pytest.mark.parametrize("name", ["mpt", "met"])
def test_the_selections_of_a_loss_hold_its_gradient_and_not_twice_it(name):
    subject = Subject.of(name)
    example = Example(subject, Batch("duplicates", 4, 3, 3), (0.9,))
    assert example.is_tied
    given = {**example.values, **example.inputs}
    right = differentiated(lambda x, y: subject.oracle(x, y, **given), example.h, example.h_prime)
    twice = Training(right.value, 2 * right.by_h, 2 * right.by_h_prime)
    found = tied(subject, example, {"one": right, "two": twice}, 16.0)
    assert found["one value at a tie"] <= 16
    assert found["one gradient at a tie"] <= 16
    assert found["two gradient at a tie"] > 1000


def counted_twice(module):
    """Each of two equal hardest negatives gets the whole gradient: the value is right."""

    def run(h, h_prime, **inputs):
        cosines = (h @ h_prime.T).fill_diagonal_(-torch.inf)
        most = cosines.detach().amax(dim=1, keepdim=True)
        extra = torch.where(cosines.detach() > most - 1e-12, cosines, 0.0).sum(dim=1)
        one = cosines.amax(dim=1)
        return module(h, h_prime, **inputs) + (extra - extra.detach() - one + one.detach()).mean()

    return run


def test_ties_that_are_counted_twice_are_refuted():
    wrong = faults.with_fast("mpt", counted_twice)
    verdict, detail = fast.check(wrong, examples=15, seed=0)
    assert verdict is Verdict.REFUTED
    assert "gradient at a tie" in detail
    assert "regime='duplicates'" in detail


def test_a_wrong_gradient_by_the_second_view_is_refuted():
    """The parts are of h_i alone: the training scalar shows what is wrong by h'."""
    right = Subject.of("infonce")

    def oracle(h, h_prime, **hyper):
        return right.oracle(h, 1.001 * h_prime - 0.001 * h_prime.detach(), **hyper)

    verdict, detail = autograd.check(replace(right, oracle=oracle), examples=10, seed=0)
    assert verdict is Verdict.REFUTED
    assert detail.startswith("∂h' off by")
