"""The contrastive oracles (catalogue, groups A and B) against arithmetic by hand."""

from math import acos, exp, log, pi, sqrt

import numpy as np
import pytest
import torch

from tests.verify.by_hand import (
    CROSS_3,
    H_3,
    H_PRIME,
    H_PRIME_3,
    SAME_3,
    H,
    close,
    gradients,
    is_open,
    others,
    terms,
    value,
)

AXES = ((1.0, 0.0), (0.0, 1.0))


def logsumexp(numbers):
    return log(sum(map(exp, numbers)))


def test_infonce_symmetric_by_hand():
    rows = [logsumexp([c / 0.5 for c in row]) for row in CROSS_3]
    columns = [logsumexp([row[k] / 0.5 for row in CROSS_3]) for k in range(3)]
    own = sum(CROSS_3[i][i] for i in range(3)) / 0.5
    expected = (sum(rows) - own + sum(columns) - own) / 6
    assert value("infonce_symmetric", H_3, H_PRIME_3, tau=0.5) == close(expected)


def test_infonce_symmetric_does_not_change_when_the_views_are_swapped():
    assert value("infonce_symmetric", H_PRIME_3, H_3) == close(
        value("infonce_symmetric", H_3, H_PRIME_3)
    )


def test_ntxent_by_hand():
    # Rows h_1, h_2, h'_1, h'_2 with <h'_1,h'_2> = 0; each sees its own view's other row at 0.
    logits = [(0.6, 0.0, 0.8), (-0.6, 0.0, 0.8), (0.6, 0.8, 0.0), (-0.6, 0.8, 0.0)]
    expected = sum(logsumexp([c / 0.5 for c in row]) - row[0] / 0.5 for row in logits) / 4
    assert value("ntxent", H, H_PRIME, tau=0.5) == close(expected)


def test_mat_by_hand():
    # Angles of .6 and .8 are complementary.
    near, far = acos(0.8), acos(0.6)
    assert terms("mat", H, H_PRIME, m=0.1) == close([far - near + 0.1, acos(-0.6) - near + 0.1])
    # The default .15π opens both gates; −.3 shuts the first (far − near = .284).
    assert value("mat", H, H_PRIME) == close((far + acos(-0.6) - 2 * near) / 2 + 0.15 * pi)
    assert terms("mat", H, H_PRIME, m=-0.3)[0] == 0


def test_mat_gradient_by_hand():
    # ∂θ/∂h along the sphere: −(h'_k − c h_1)/sin θ, of h'_1 minus that of h'_2, halved.
    by_h, _ = gradients("mat", H, H_PRIME, m=0.1)
    assert by_h[0, 1] == close((-0.8 / 0.8 - 0.6 / 0.6) / 2)


def test_dcl_plus_by_hand():
    # One negative: .8 − .6 and .8 + .6 over τ; views of the axes have −1/τ, which is cut off.
    assert terms("dcl_plus", H, H_PRIME, tau=0.5) == close([0.2 / 0.5, 1.4 / 0.5])
    assert value("dcl_plus", AXES, AXES, tau=0.5) == 0
    for gradient in gradients("dcl_plus", AXES, AXES, tau=0.5):
        assert np.abs(gradient).max() == 0


def test_simple_by_hand():
    expected = [2.0 * (0.8 - 0.6) - 0.6, 2.0 * 1.6 - 0.6, 2.0 * -1.4 - 0.6]
    assert terms("simple", H_3, H_PRIME_3, lam=2.0) == close(expected)
    assert value("simple", H_3, H_PRIME_3) == close(value("simple", H_3, H_PRIME_3, lam=0.5))


# With a share of .5 one of two negatives is hard; those of the second anchor tie at .8.
HARD = ((0.8,), (0.8, 0.8), (-0.6,))


def test_hard_simple_by_hand():
    expected = [2.0 * sum(hard) - 0.6 for hard in HARD]
    assert terms("hard_simple", H_3, H_PRIME_3, lam=2.0, share=0.5) == close(expected)
    assert value("hard_simple", H_3, H_PRIME_3, lam=2.0, share=1.0) == close(
        value("simple", H_3, H_PRIME_3, lam=2.0)
    )
    assert value("hard_simple", H_3, H_PRIME_3) == close(
        value("hard_simple", H_3, H_PRIME_3, lam=0.5, share=0.1)
    )


def test_hard_infonce_by_hand():
    expected = [logsumexp([0.6 / 0.5, *[c / 0.5 for c in hard]]) - 0.6 / 0.5 for hard in HARD]
    assert terms("hard_infonce", H_3, H_PRIME_3, tau=0.5, share=0.5) == close(expected)
    assert value("hard_infonce", H_3, H_PRIME_3, tau=0.5, share=1.0) == close(
        value("infonce", H_3, H_PRIME_3, tau=0.5)
    )


@pytest.mark.parametrize(("share", "n", "count"), [(0.1, 31, 3), (0.1, 32, 4), (0.07, 101, 7)])
def test_the_number_of_hard_negatives_is_a_decimal_share(share, n, count):
    # Anchors see negative k at the cosine k/n: hard ones are the last of the batch.
    cosines = torch.arange(n, dtype=torch.float64) / n
    h = torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(n, 2)
    h_prime = torch.stack([cosines, (1 - cosines**2).sqrt()], dim=1)
    first = terms("hard_simple", h.tolist(), h_prime.tolist(), lam=1.0, share=share)[0]
    assert first == close(sum((n - 1 - k) / n for k in range(count)))


def test_mixup_infonce_by_hand():
    # One mixture an anchor, of the two others: .25 c_first + .75 c_second.
    first, second = torch.tensor([[1], [2], [0]]), torch.tensor([[2], [0], [1]])
    expected = [
        logsumexp([c / 0.5 for c in (*row, 0.25 * row[a] + 0.75 * row[b])]) - row[i] / 0.5
        for i, (row, a, b) in enumerate(zip(CROSS_3, (1, 2, 0), (2, 0, 1), strict=True))
    ]
    arguments = {"first": first, "second": second, "tau": 0.5, "lam": 0.25}
    assert terms("mixup_infonce", H_3, H_PRIME_3, **arguments) == close(expected)


def test_mixup_infonce_of_one_negative_counts_it_again():
    first = second = torch.tensor([[1, 1], [0, 0]])
    expected = [log(1 + 3 * exp((0.8 - own) / 0.5)) for own in (0.6, -0.6)]
    arguments = {"first": first, "second": second, "tau": 0.5, "lam": 0.3}
    assert terms("mixup_infonce", H, H_PRIME, **arguments) == close(expected)


def test_mixup_infonce_positive_by_hand():
    # λ is the positive's share: .2 · .6 + .8 · .8 = .76 and .2 · −.6 + .8 · .8 = .52.
    other = torch.tensor([[1], [0]])
    expected = [
        logsumexp([0.6 / 0.5, 0.8 / 0.5, 0.76 / 0.5]) - 0.6 / 0.5,
        logsumexp([-0.6 / 0.5, 0.8 / 0.5, 0.52 / 0.5]) + 0.6 / 0.5,
    ]
    arguments = {"other": other, "tau": 0.5}
    assert value("mixup_infonce_positive", H, H_PRIME, **arguments) == close(sum(expected) / 2)


def supcon(z, labels, tau):
    """Khosla et al. Eq. 2, in loops."""
    total = 0.0
    for i in range(len(z)):
        logits = {k: float(z[i] @ z[k]) / tau for k in others(len(z), i)}
        everything = logsumexp(logits.values())
        same = [k for k in logits if labels[k] == labels[i]]
        total += sum(everything - logits[k] for k in same) / len(same)
    return total / len(z)


@pytest.mark.parametrize("labels", [(0, 1, 2), (0, 0, 1), (3, 1, 3), (0, 0, 0)])
def test_supcon_in_loops(labels):
    expected = supcon(np.array(H_3 + H_PRIME_3), labels * 2, 0.5)
    found = value("supcon", H_3, H_PRIME_3, labels=torch.tensor(labels), tau=0.5)
    assert found == close(expected)


def test_supcon_of_two_samples_by_hand():
    # One class: every other row is a positive. Rows as in ntxent, so Σ_p is over all three.
    logits = [(0.6, 0.0, 0.8), (-0.6, 0.0, 0.8), (0.6, 0.8, 0.0), (-0.6, 0.8, 0.0)]
    expected = sum(logsumexp([c / 0.5 for c in x]) - sum(x) / 0.5 / 3 for x in logits) / 4
    found = value("supcon", H, H_PRIME, labels=torch.tensor([4, 4]), tau=0.5)
    assert found == close(expected)


def test_supcon_with_labels_of_their_own_is_ntxent():
    found = value("supcon", H_3, H_PRIME_3, labels=torch.tensor([5, 0, 9]), tau=0.5)
    assert found == close(value("ntxent", H_3, H_PRIME_3, tau=0.5))


def test_siglip_by_hand():
    logits = [-(2.0 * 0.6 + 0.5), 2.0 * 0.8 + 0.5, 2.0 * 0.8 + 0.5, -(2.0 * -0.6 + 0.5)]
    expected = sum(log(1 + exp(x)) for x in logits) / 2
    assert value("siglip", H, H_PRIME, t=2.0, b=0.5) == close(expected)


def test_siglip_is_exact_at_large_logits():
    # Logits 30 and 0 of the axes: log(1 + e⁻³⁰) + log 2 each, and log(1 + e³⁰) = 30 + e⁻³⁰ − ….
    assert value("siglip", AXES, AXES, t=30.0, b=0.0) == close(log(2) + exp(-30))
    near = value("siglip", AXES, tuple(reversed(AXES)), t=25.0, b=0.0)
    assert near == pytest.approx(25 + log(2) + exp(-25), rel=1e-15)


def test_spectral_by_hand():
    expected = [-1.2 + (0.64 + 0.36) / 2, -1.2 + (0.64 + 0.64) / 2, -1.2 + (0.36 + 0.64) / 2]
    assert terms("spectral", H_3, H_PRIME_3) == close(expected)
    assert value("spectral", H_3, H_PRIME_3) == close(sum(expected) / 3)


def test_align_by_hand():
    # Squared distances 2 − 1.2 = .8 and 2 + 1.2 = 3.2.
    assert value("align", H, H_PRIME) == close(2.0)
    assert value("align", H, H_PRIME, alpha=3.0) == close((sqrt(0.8) ** 3 + sqrt(3.2) ** 3) / 2)


@pytest.mark.parametrize("alpha", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_align_of_coincident_views_has_the_zero_subgradient(alpha):
    half = (AXES[0], (0.6, 0.8))
    by_h, by_h_prime = gradients("align", AXES, half, alpha=alpha)
    assert by_h[0].tolist() == by_h_prime[0].tolist() == [0.0, 0.0]
    # The other pair: (α/2) d^{α−2} (h − h'), d² = .4.
    scale = alpha / 2 * sqrt(0.4) ** (alpha - 2)
    assert by_h[1].tolist() == close([-0.6 * scale, 0.2 * scale])


def test_uniform_by_hand():
    # Squared distances 2 − 2c of the cross-view negatives .8, −.6, .8, .8, −.6, −.8.
    cosines = [CROSS_3[i][k] for i in range(3) for k in others(3, i)]
    expected = log(sum(exp(-0.7 * (2 - 2 * c)) for c in cosines) / 6)
    assert value("uniform", H_3, H_PRIME_3, t=0.7) == close(expected)


def test_uniform_same_view_by_hand():
    cosines = [SAME_3[i][k] for i in range(3) for k in others(3, i)]
    expected = log(sum(exp(-0.7 * (2 - 2 * c)) for c in cosines) / 6)
    assert value("uniform_same_view", H_3, H_PRIME_3, t=0.7) == close(expected)
    assert np.abs(gradients("uniform_same_view", H_3, H_PRIME_3)[1]).max() == 0


def test_align_uniform_is_both():
    align = value("align", H_3, H_PRIME_3, alpha=3.0)
    uniform = value("uniform", H_3, H_PRIME_3, t=0.7)
    found = value("align_uniform", H_3, H_PRIME_3, lam=0.3, alpha=3.0, t=0.7)
    assert found == close(0.7 * align + 0.3 * uniform)


def test_paradigm_by_hand():
    # Margins −.2, −.2, 1.2: with m = .3 the last gate is shut.
    assert [is_open(CROSS_3, i, 0.3) for i in range(3)] == [1, 1, 0]
    share = exp(0.8 / 0.5) / (exp(0.8 / 0.5) + exp(-0.6 / 0.5))
    first = share * (0.8 - 2 * 0.6) + (1 - share) * (-0.6 - 2 * 0.6)
    second = 0.8 - 2 * 0.6
    found = terms("paradigm", H_3, H_PRIME_3, m=0.3, tau=0.5, r=2.0)
    assert found == close([first, second, 0.0])


def test_paradigm_stops_its_components_but_not_the_negatives():
    share = exp(0.8 / 0.5) / (exp(0.8 / 0.5) + exp(-0.6 / 0.5))
    weights = np.array([[0, share, 1 - share], [0.5, 0, 0.5], [0, 0, 0]])
    h, h_prime, pull = np.array(H_3), np.array(H_PRIME_3), np.array([[2.0], [2.0], [0.0]])
    by_h, by_h_prime = gradients("paradigm", H_3, H_PRIME_3, m=0.3, tau=0.5, r=2.0)
    np.testing.assert_allclose(by_h, (weights @ h_prime - pull * h_prime) / 3, atol=1e-14)
    np.testing.assert_allclose(by_h_prime, (weights.T @ h - pull * h) / 3, atol=1e-14)
