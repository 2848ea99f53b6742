"""§4 and App. E: equivalent losses, their weights, modified losses; Eq. 6 and 13 to 19."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from sympy import Expr, Rational, S

from derive.nodes import H_PRIME, H, N, Stop
from derive.notation import cosine, distance, hardest_index, same_view
from derive.objective import SAME
from derive.paradigm import decompose
from verify.claims.conditions import INTERCHANGEABLE_PAIR
from verify.claims.derivations import objective
from verify.claims.equalities import Equation, gradient, gradient_of
from verify.claims.model import Claim
from verify.claims.p001 import losses
from verify.claims.p001.equivalent import (
    diagonal,
    equivalent_barlow_twins,
    equivalent_vicreg,
)
from verify.claims.p001.ineffective import equation_10, equation_11, in_parts, nu_v
from verify.claims.p001.notation import (
    GAMMA,
    LAMBDA,
    MARGIN,
    NU,
    NU_1,
    NU_2,
    RATIO,
    TAU,
    I,
    J,
    Pair,
    claim,
    exp_over_tau,
    gate,
    h,
    h_prime,
    lam,
    nu,
    over_negatives,
    over_pairs,
    r,
    space,
    tau,
)
from verify.claims.text import formula_text
from verify.claims.together import Later

_LEFT = "∂L_i/∂h_i = "
_MODIFIED = space(MARGIN, TAU, RATIO)


def claims() -> list[Claim]:
    """The equivalent losses and weights; Eq. 6, 13 to 15; their gradients, Eq. 16 to 19."""
    return [*_weights(), *_equivalent(), *_losses(), *_gradients()]


def _weights() -> Iterator[Claim]:
    """w_p and w_n against the coefficients of Eq. 10 and 11, and against a static ratio."""
    where = space(NU, LAMBDA)
    meant, printed = 2 * diagonal(nu) / N, 2 * diagonal(lam) / N
    test = Equation(meant, printed, where, entries=True)
    yield claim("w-p-b", "§4, w_p^B", "the pull of Eq. 10, W_diag read as C_diag", test,
                left="w_p,i = ")  # fmt: skip
    pushed, printed = 2 * cosine(I, J) / N**2, 2 * same_view(I, J) / N**2
    test = Equation(pushed, printed, where, extra=(INTERCHANGEABLE_PAIR,))
    said = "the push of Eq. 10 over ν, as our copy prints it, h_j without a prime"
    yield claim("w-n-b", "§4, w_n^B", said, test, left="w_n,ij = ")
    test = Equation(pushed, 2 * cosine(I, J) / N**2, where)
    said = "the push of Eq. 10 over ν, read with h'_j: our copy has a stray mark at its place"
    yield claim("w-n-b-prime", "§4, w_n^B", said, test, left="w_n,ij = ")
    yield from _of_vicreg()
    for key, name, pair in (("mb", "w_p^mB", cosine), ("mv", "w_p^mV", same_view)):
        yield from _static(key, name, pair)


def _of_vicreg() -> Iterator[Claim]:
    """The coefficients of Eq. 11, read off its vector at one negative and at the positive."""
    own = -equation_11(S.Zero)
    test = Equation(own, 2 / N * h_prime(I), space())
    said = "w_p^V h'_i is the pull of Eq. 11"
    yield claim("w-p-v", "App. E, w_p^V", said, test, "w_p,i = 2I/N")
    weights = over_negatives(lambda k: 2 * same_view(I, k) / N**2 * h(k))
    test = Equation(equation_11(S.One) + own, weights, space())
    said = "Σ_j w_n,ij^V h_j is the push of Eq. 11 over ν^V"
    yield claim("w-n-v", "App. E, w_n^V", said, test, "w_n,ij = 2 h_i·h_j I/N²")


def _static(key: str, name: str, pair: Pair) -> Iterator[Claim]:
    """w_p = Σ_{j≠i} w_n,ij = r Σ_{j≠i} e/Σ_{k≠l} e, which makes the ratio w_p/Σ_j w_n,ij be r."""
    total = over_pairs(lambda k, n: exp_over_tau(pair, k, n))
    pushes = over_negatives(lambda k: exp_over_tau(pair, I, k) / total)
    where = "§4" if key == "mb" else "App. E"
    test = Equation(r * pushes, pushes, space(TAU, RATIO))
    said = "the sum over w_n,ij makes w_p a pull of the static ratio r"
    yield claim(f"w-p-{key}", f"{where}, {name}", said, test, left="w_p,i = ")
    right = r * over_negatives(lambda k: exp_over_tau(pair, I, k)) / total
    said = "the right-hand side makes w_p a pull of the static ratio r"
    test = Equation(r * pushes, right, space(TAU, RATIO))
    yield claim(f"w-p-{key}-right", f"{where}, {name}", said, test, left="w_p,i = ")


def _equivalent() -> Iterator[Claim]:
    """L^eB and L^eV, "based on gradients": against Eq. 10 and 11 and the true gradients."""
    where = space(NU, LAMBDA)
    printed = equivalent_barlow_twins(lam, same_view)
    test = replace(gradient_of("L^eB", printed, equation_10(), where), settled=True)
    said = "L^eB, w_p and w_n as printed, has the gradient of Eq. 10"
    yield claim("l-eb", "§4, L^eB", said, test, left=_LEFT)
    meant = gradient(equivalent_barlow_twins(nu, cosine))
    both = losses.barlow_twins(losses.correlation(H_PRIME))
    later, _ = in_parts("L^B", both, meant, space(NU))
    said = "L^eB with the weights of Eq. 10 has the gradient of Barlow Twins"
    yield claim("l-eb-of-l-b", "§4, L^eB", said, later, "∂L^eB/∂h_i = ∂L^B/∂h_i")
    where = space(NU_1, NU_2, GAMMA)
    test = gradient_of("L^eV", equivalent_vicreg(nu_v()), equation_11(nu_v()), where)
    said = "L^eV, w_p and w_n as printed, has the gradient of Eq. 11"
    yield claim("l-ev", "App. E, L^eV", said, test, left=_LEFT)
    later, _ = in_parts("L^V", losses.vicreg(), gradient(equivalent_vicreg(nu_v())), where)
    said = "L^eV has the gradient of VICReg"
    yield claim("l-ev-of-l-v", "App. E, L^eV", said, later, "∂L^eV/∂h_i = ∂L^V/∂h_i")
    loss = equivalent_barlow_twins(nu, cosine)
    stopped = gradient(gate() * loss + (1 - gate()) * Stop(loss))
    test = gradient_of("d_i L^eB", gate() * loss, stopped, space(NU, MARGIN))
    said = "to multiply the loss by d_i is to stop the gradient of the anchors with d_i = 0"
    yield claim(
        "d-i", "§4, d_i", said, test, "∂(d_i L^eB)/∂h_i = ∂(d_i L^eB + (1 − d_i) sg(L^eB))/∂h_i"
    )


def _losses() -> Iterator[Claim]:
    said = "the loss is Eq. 5 over h_j: GD = d_i, W = w_n, R = r"
    for number, pair in ((6, cosine), (13, same_view)):
        test = Equation(_surrogate(pair), losses.weighted(pair), _MODIFIED)
        yield claim(f"eq-{number}", f"Eq. {number}", said, test, left="L_i = ")
    uniform = (losses.energy(1 / (2 * tau)), losses.separation())
    printed = (losses.mmhe_weight(), losses.mmhs_weight())
    for number, loss, weight in zip((14, 15), uniform, printed, strict=True):
        said = "the weight of the alignment makes its pull, twice the weight, r times the push"
        later = Later(partial(_alignment_weight, loss, weight))
        text = f"‖h_i − h'_i‖² is weighed by {formula_text(weight, _MODIFIED.hyper)}"
        yield claim(f"eq-{number}", f"Eq. {number}", said, later, text)
    scaled = losses.energy(1 / (2 * tau)).xreplace({tau: Rational(1, 2)})
    test = Equation(losses.energy(S.One), scaled, space())
    said = "L^{u,mMHE} is L^{u,MHE} at τ = 1/2"
    yield claim("u-mmhe", "App. E, L^{u,mMHE}", said, test, left="L^{u,mMHE} = ")


def _alignment_weight(uniform: Expr, printed: Expr) -> Equation:
    """Half of r Σ_j a_ij of the uniformity part: ‖h_i − h'_i‖² has the gradient −2 h'_i."""
    pushed = decompose(objective(uniform, _MODIFIED.hyper, SAME)).total_push
    return Equation(r * pushed / 2, printed, _MODIFIED)


def _surrogate(pair: Pair) -> Expr:
    """Eq. 5 over h_j with the softmax over all pairs for W."""
    total = over_pairs(lambda k, n: exp_over_tau(pair, k, n))

    def term(k: Expr) -> Expr:
        weight = Stop(exp_over_tau(pair, I, k) / total)
        return weight * (same_view(I, k) - r * cosine(I, I))

    return gate() * over_negatives(term)


def _gradients() -> Iterator[Claim]:
    pairs = over_pairs(lambda k, n: exp_over_tau(same_view, k, n))
    across = over_pairs(lambda k, n: exp_over_tau(cosine, k, n))
    mmhe, mmhs = losses.mmhe(), losses.mmhs()

    def pushed(pair: Pair) -> Expr:
        return over_negatives(lambda k: exp_over_tau(pair, I, k) * (h(k) - r * h_prime(I)))

    def of(number: int, name: str, formula: Expr, printed: Expr) -> Claim:
        test = gradient_of(name, formula, printed, _MODIFIED)
        said = f"the gradient of {name}"
        return claim(f"eq-{number}", f"Eq. {number}", said, test, left=_LEFT)

    yield of(16, "L^mMHE", mmhe, gate() * pushed(same_view) / (tau * pairs / 2))
    j = hardest_index(lambda k: -distance(H, I, H, k), I)
    printed = gate() * (h(j) - r * h_prime(I)) / distance(H, I, H, j)
    first = of(17, "L^mMHE", mmhe, printed)
    test = gradient_of("L^mMHE", mmhe, printed, _MODIFIED, {"L^mMHS": mmhs})
    yield replace(first, test=test, statement="the gradient of L^mMHE, as printed")
    said = "the gradient of L^mMHS, which must be meant"
    test = gradient_of("L^mMHS", mmhs, printed, space(MARGIN, RATIO))
    yield claim("eq-17-of-mmhs", "Eq. 17", said, test, left=_LEFT)
    yield of(18, "L^mB", losses.weighted(cosine), gate() * pushed(cosine) / across)
    yield of(19, "L^mV", losses.weighted(same_view), gate() * pushed(same_view) / pairs)
