"""The oracles against arithmetic by hand, finite differences and their singular points."""

import ast
from importlib import import_module
from inspect import signature
from math import cos, exp, log, pi, sin, sqrt
from pathlib import Path

import pytest
import torch
from torch.autograd import gradcheck

from derive.errors import ObjectiveError, UnknownNameError
from tests.verify.by_hand import inputs
from verify import oracles

# Unless said otherwise: <h_1,h'_1> = .6, <h_1,h'_2> = .8, <h_2,h'_1> = .8, <h_2,h'_2> = −.6.
H = ((1.0, 0.0), (0.0, 1.0))
H_PRIME = ((0.6, 0.8), (0.8, -0.6))
# Cross-view cosines (.6, .8, −.6), (.8, .6, .8), (−.6, −.8, .6); same-view 0, −1, 0.
H_3 = ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
H_PRIME_3 = ((0.6, 0.8), (0.8, 0.6), (-0.6, 0.8))
ROUNDING = 64 * torch.finfo(torch.float64).eps  # relative; a dozen operations


def rows(*values):
    return torch.tensor(values, dtype=torch.float64)


def value(name, h, h_prime, **hyper):
    return oracles.load(name)(rows(*h), rows(*h_prime), **hyper).item()


def gradients(name, h, h_prime, **hyper):
    """∂loss/∂h and ∂loss/∂h', each (N, D)."""
    h, h_prime = rows(*h).requires_grad_(), rows(*h_prime).requires_grad_()
    return torch.autograd.grad(oracles.load(name)(h, h_prime, **hyper), (h, h_prime))


def close(number):
    return pytest.approx(number, rel=ROUNDING, abs=ROUNDING)


def test_infonce_by_hand():
    first = log(1 + exp((0.8 - 0.6) / 0.5))
    second = log(1 + exp((0.8 + 0.6) / 0.5))
    assert value("infonce", H, H_PRIME, tau=0.5) == close((first + second) / 2)


def test_infonce_gradient_by_hand():
    # p_i: the negative's share. dL_i/dh_i = p_i (h'_j − h'_i)/τ; the mean halves it.
    p = exp(0.8 / 0.5) / (exp(0.6 / 0.5) + exp(0.8 / 0.5))
    by_h, _ = gradients("infonce", H, H_PRIME, tau=0.5)
    assert by_h[0].tolist() == close([p * (0.8 - 0.6) / 0.5 / 2, p * (-0.6 - 0.8) / 0.5 / 2])


def test_dcl_by_hand():
    # One negative: its log-sum-exp is its logit.
    first = (0.8 - 0.6) / 0.5
    second = (0.8 + 0.6) / 0.5
    assert value("dcl", H, H_PRIME, tau=0.5) == close((first + second) / 2)


def test_dcl_of_two_negatives_by_hand():
    cosines = ((0.6, (0.8, -0.6)), (0.6, (0.8, 0.8)), (0.6, (-0.6, -0.8)))
    terms = [log(exp(a / 0.5) + exp(b / 0.5)) - own / 0.5 for own, (a, b) in cosines]
    assert value("dcl", H_3, H_PRIME_3, tau=0.5) == close(sum(terms) / 3)


def test_arccon_by_hand():
    # cos(θ + u) = cos θ cos u − sin θ sin u, and sin θ = .8 for both anchors.
    u = pi / 6
    first = log(1 + exp((0.8 - (0.6 * cos(u) - 0.8 * sin(u))) / 0.5))
    second = log(1 + exp((0.8 - (-0.6 * cos(u) - 0.8 * sin(u))) / 0.5))
    assert value("arccon", H, H_PRIME, tau=0.5, u=u) == close((first + second) / 2)


def test_arccon_without_margin_is_infonce():
    assert value("arccon", H, H_PRIME, tau=0.5, u=0.0) == close(
        value("infonce", H, H_PRIME, tau=0.5)
    )


def test_mpt_by_hand():
    # −.6 + .8 + .1 = .3 and .6 + .8 + .1 = 1.5.
    assert value("mpt", H, H_PRIME, m=0.1) == close(0.9)
    # −.6 + .8 − .25 < 0 is gated; .6 + .8 − .25 = 1.15.
    assert value("mpt", H, H_PRIME, m=-0.25) == close(0.575)


def test_mpt_gradient_by_hand():
    # Both gates open: (h'_j − h'_i)/2 by h_i, and by h'_1 (h_2 − h_1)/2.
    by_h, by_h_prime = gradients("mpt", H, H_PRIME, m=0.1)
    assert by_h.flatten().tolist() == close([0.1, -0.7, -0.1, 0.7])
    assert by_h_prime[0].tolist() == close([-0.5, 0.5])


def test_met_by_hand():
    # ‖a − b‖ = √(2 − 2<a,b>): .8 and .4 under the root, then 3.2 and .4.
    first = sqrt(0.8) - sqrt(0.4) + 0.1
    second = sqrt(3.2) - sqrt(0.4) + 0.1
    assert value("met", H, H_PRIME, m=0.1) == close((first + second) / 2)
    # −.3 shuts the first gate: √.8 − √.4 = .262.
    assert value("met", H, H_PRIME, m=-0.3) == close((sqrt(3.2) - sqrt(0.4) - 0.3) / 2)


def test_met_gradient_by_hand():
    # (h_1 − h'_1)/√.8 − (h_1 − h'_2)/√.4, halved.
    by_h, _ = gradients("met", H, H_PRIME, m=0.1)
    first = 0.4 / sqrt(0.8) - 0.2 / sqrt(0.4)
    second = -0.8 / sqrt(0.8) - 0.6 / sqrt(0.4)
    assert by_h[0].tolist() == close([first / 2, second / 2])


def test_the_hardest_of_two_negatives_is_the_nearest():
    # mpt: .8 − .6 + 1, .8 − .6 + 1 and −.6 − .6 + 1 < 0.
    assert value("mpt", H_3, H_PRIME_3, m=1.0) == close((1.2 + 1.2 + 0) / 3)
    # met: positives at √.8; nearest negatives at √.4, √.4 and √3.2.
    expected = (3 * (sqrt(0.8) + 1) - 2 * sqrt(0.4) - sqrt(3.2)) / 3
    assert value("met", H_3, H_PRIME_3, m=1.0) == close(expected)


def test_vicreg_by_hand():
    # L^a = ((.4² + .8²) + (.8² + 1.6²))/2 = 2.
    # h: C = ((.5, −.5), (−.5, .5)), cov = (.25 + .25)/2; √(.5 + .14) = .8, std = (.2 + .2)/2.
    # h': C = ((.02, −.14), (−.14, .98)), cov = .0196; √.16 = .4, √1.12 > γ: std = (.6 + 0)/2.
    hyper = {"gamma": 1.0, "eps": 0.14}
    expected = 3 * 2.0 + 5 * (0.2 + 0.3) + 7 * (0.25 + 0.0196)
    got = value("vicreg", H, H_PRIME, nu_inv=3.0, nu_var=5.0, nu_cov=7.0, **hyper)
    assert got == close(expected)
    assert value("vicreg", H, H_PRIME, **hyper) == close(2.0 + 0.5 + 30 * 0.2696)


def test_vicreg_target_defaults_to_one_over_root_d():
    explicit = value("vicreg", H, H_PRIME, gamma=1 / sqrt(2), eps=0.0)
    assert value("vicreg", H, H_PRIME, eps=0.0) == explicit


def test_mvicreg_by_hand():
    # Own pairs .8, .8; cross-view negatives 0 and .96: .8 < m fails, −.16 < m holds, so d = (0, 1).
    # Two ordered pairs of cosine .6: every weight is 1/2, the pull is r/2.
    h, h_prime = ((1.0, 0.0), (0.6, 0.8)), ((0.8, 0.6), (0.0, 1.0))
    got = value("mvicreg", h, h_prime, m=0.3, tau=0.05, r=1.5)
    assert got == close((0 - 1.5 / 2 * 0.8 + 0.6 / 2) / 2)


def test_mvicreg_normalises_over_all_ordered_pairs():
    # Z = 2(1 + e^{−1/τ} + 1); gates all open.
    near, far = (x / (2 * (2 + exp(-1 / 0.5))) for x in (1.0, exp(-1 / 0.5)))
    first = -2.0 * (near + far) * 0.6 + far * -1
    second = -2.0 * (near + near) * 0.6
    third = first
    got = value("mvicreg", H_3, H_PRIME_3, m=2.5, tau=0.5, r=2.0)
    assert got == close((first + second + third) / 3)


def test_mvicreg_stops_weights_that_vary():
    # By h_1, as anchor −pull h'_1 + Σ_j w_1j h_j and as negative Σ_i w_i1 h_i, over three.
    near, far = (x / (2 * (2 + exp(-1 / 0.5))) for x in (1.0, exp(-1 / 0.5)))
    by_h, _ = gradients("mvicreg", H_3, H_PRIME_3, m=2.5, tau=0.5, r=2.0)
    x, y = -1.2 * (near + far) - 2 * far, -1.6 * (near + far) + 2 * near
    assert by_h[0].tolist() == close([x / 3, y / 3])


def test_mvicreg_stops_gate_and_weights_but_not_the_negative():
    # Only anchor 2 is open: L = (−(r/2) <h_2,h'_2> + ½ <h_2,h_1>)/2 with the weights held fixed.
    h, h_prime = ((1.0, 0.0), (0.6, 0.8)), ((0.8, 0.6), (0.0, 1.0))
    by_h, by_h_prime = gradients("mvicreg", h, h_prime, m=0.3, tau=0.05, r=1.5)
    assert by_h[0].tolist() == close([0.6 / 4, 0.8 / 4])
    assert by_h[1].tolist() == close([1 / 4, -0.75 / 2])
    assert by_h_prime.flatten().tolist() == close([0, 0, -0.75 * 0.6 / 2, -0.75 * 0.8 / 2])


def unit_views(n=5, d=4):
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(2, n, d, generator=generator, dtype=torch.float64)
    return (x / x.norm(dim=-1, keepdim=True)).unbind()


# Left out on purpose: what is stopped, differences do not see.
STOPPED = {
    *(name for name in oracles.names() if "_gd" in name),
    *("paradigm", "mmhe", "mmhs", "mbarlow", "mvicreg", "tao_barlow", "tao_vicreg", "alpha_direct"),
}


@pytest.mark.parametrize("name", [x for x in oracles.names() if x not in STOPPED])
def test_gradient_agrees_with_finite_differences(name):
    hyper = {"m": 1.7} if name in ("mpt", "met", "mat") else {}
    views = [x.clone().requires_grad_() for x in unit_views()]
    arguments = {**hyper, **inputs(name, len(views[0]))}
    assert gradcheck(lambda h, p: oracles.load(name)(h, p, **arguments), views)


def taken(name):
    """The hyper-parameters of an oracle with their defaults."""
    return {
        parameter.name: parameter.default
        for parameter in signature(oracles.load(name)).parameters.values()
        if parameter.default is not parameter.empty
    }


SINGULAR = {
    "views coincide": lambda h, p: (h, h),
    "views antipodal": lambda h, p: (h, -h),
    "everything one point": lambda h, p: (h[:1].expand_as(h), h[:1].expand_as(h)),
    "hardest negative coincides": lambda h, p: (h, h.roll(1, 0)),
    "axis-aligned": lambda h, p: (torch.eye(4, dtype=h.dtype), torch.eye(4, dtype=h.dtype)),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("point", SINGULAR)
@pytest.mark.parametrize("name", oracles.names())
def test_value_and_gradient_are_finite_at_singular_points(name, point, dtype):
    h, p = (x.clone().to(dtype).requires_grad_() for x in SINGULAR[point](*unit_views()))
    hyper = {"eps": 0.0} if "vicreg" in name and "eps" in taken(name) else {}
    loss = oracles.load(name)(h, p, **hyper, **inputs(name, len(h)))
    loss.backward()
    assert loss.isfinite()
    assert loss.dtype == dtype
    for x in (h, p):
        assert x.grad is None or x.grad.isfinite().all()


def test_coincident_points_have_the_zero_subgradient():
    # Positives lie on their anchors and pull with nothing; what is left is the negative's push.
    axes = ((1.0, 0.0), (0.0, 1.0))
    by_h, _ = gradients("met", axes, axes, m=2.0)  # −(h_1 − h'_2)/√2, halved
    assert by_h[0].tolist() == close([-1 / sqrt(8), 1 / sqrt(8)])
    by_h, _ = gradients("arccon", axes, axes, tau=0.5, u=pi / 6)  # p h'_2/τ, halved
    p = 1 / (1 + exp(cos(pi / 6) / 0.5))
    assert by_h[0].tolist() == close([0.0, p / 0.5 / 2])


def test_hinges_are_strict_at_their_threshold():
    # mpt: −1 + 0 + 1 = 0; met: 0 − √2 + √2 = 0. A strict gate passes no gradient there.
    axes = ((1.0, 0.0), (0.0, 1.0))
    for name, m in (("mpt", 1.0), ("met", sqrt(2))):
        for gradient in gradients(name, axes, axes, m=m):
            assert gradient.abs().max() == 0
    assert value("mvicreg", axes, axes, m=1.0) == 0


def test_a_tie_goes_to_one_negative():
    # h'_2 and h'_3 are exactly as near to h_1. Their push on h_1 is along ±(0, 1): with one index
    # it stays, with an even split it cancels, counted twice its x component doubles.
    h = ((1.0, 0.0), (0.6, 0.8), (0.6, -0.8))
    h_prime = ((0.6, 0.8), (0.0, 1.0), (0.0, -1.0))
    by_h, _ = gradients("mpt", h, h_prime, m=1.5)  # (h'_j − h'_1)/3
    assert by_h[0].tolist() in ([close(-0.2), close(0.2 / 3)], [close(-0.2), close(-0.6)])
    by_h, _ = gradients("met", h, h_prime, m=1.5)  # ((h_1 − h'_1)/√.8 − (h_1 − h'_j)/√2)/3
    x, y = 0.4 / sqrt(0.8) - 1 / sqrt(2), -0.8 / sqrt(0.8)
    possible = [[close(x / 3), close((y + sign / sqrt(2)) / 3)] for sign in (1, -1)]
    assert by_h[0].tolist() in possible


def has_terms(name):
    return hasattr(import_module(f"verify.oracles.{name}"), "terms")


@pytest.mark.parametrize("name", [x for x in oracles.names() if has_terms(x)])
def test_the_scalar_is_the_mean_of_the_anchors_terms(name):
    h, h_prime = unit_views()
    given = inputs(name, len(h))
    terms = oracles.load_terms(name)(h, h_prime, **taken(name), **given)
    assert terms.shape == (5,)
    assert terms.mean().item() == close(oracles.load(name)(h, h_prime, **given).item())


def test_a_batch_scalar_has_no_terms():
    with pytest.raises(ObjectiveError, match="no terms"):
        oracles.load_terms("vicreg")


def test_an_unknown_oracle_names_the_nearest():
    with pytest.raises(UnknownNameError, match="infonce"):
        oracles.load("infonse")


def test_oracles_import_torch_and_nothing_of_ours():
    for file in Path(oracles.__file__).parent.glob("[!_]*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [x.name for x in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file
                names = [node.module]
            assert {x.split(".")[0] for x in names} <= {"torch", "math"}, file
