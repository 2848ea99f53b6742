"""Eq. 1 to 5 and App. D.1 as claims."""

from collections.abc import Iterator
from functools import partial

from sympy import Expr, sqrt

from derive.nodes import H_PRIME, Angle, Cos, Delta, Exp, H, Sin, Step
from derive.notation import cosine, distance, hardest_index
from derive.objectives import load
from derive.paradigm import decompose
from verify.claims.equalities import Equation, gradient_of
from verify.claims.model import Claim
from verify.claims.p001 import effective, losses
from verify.claims.p001.mapped import as_paradigm
from verify.claims.p001.notation import (
    MARGIN,
    RATIO,
    TAU,
    I,
    J,
    U,
    claim,
    exp_over_tau,
    gate,
    h_prime,
    m,
    over_negatives,
    r,
    space,
    tau,
    u,
)
from verify.claims.together import Later, Together

_LEFT = "∂L_i/∂h_i = "
_METRICS: tuple[tuple[str, losses.Metric], ...] = (
    ("mpt", losses.projected),
    ("met", distance),
)


def claims() -> list[Claim]:
    """Eq. 1 to 5, the triplet loss as printed, and every line of App. D.1."""
    return [
        *_equations(),
        *_selection(),
        *_triplets(),
        *_paradigm(),
        *_lines(),
        *_appendix_triplets(),
    ]


def _of_infonce(printed: Expr) -> Equation:
    return gradient_of("L^info", losses.infonce(), printed, space(TAU))


def _of_arccon(printed: Expr) -> Equation:
    return gradient_of("L^arc", losses.arccon(), printed, space(TAU, U))


def _of_triplet(d: losses.Metric, printed: Expr) -> Equation:
    """Of the loss with the least distance."""
    return gradient_of("L^tri", losses.triplet_meant(d), printed, space(MARGIN))


def _equations() -> Iterator[Claim]:
    infonce, arccon = effective.infonce_lines()[-1], effective.arccon_lines()[-1]
    yield claim("eq-1", "Eq. 1", "the gradient of InfoNCE", _of_infonce(infonce), left=_LEFT)
    yield claim("eq-2", "Eq. 2", "the gradient of ArcCon", _of_arccon(arccon), left=_LEFT)
    for (name, d), printed in zip(_METRICS, _equation_3(), strict=True):
        said = f"the gradient of {name.upper()}, the triplet with the least distance of App. D.1"
        yield claim(f"eq-3-{name}", "Eq. 3", said, _of_triplet(d, printed), left=_LEFT)


def _equation_3() -> tuple[Expr, Expr]:
    return effective.mpt_gradient(), effective.met_gradient()


def _selection() -> Iterator[Claim]:
    """What stands below Eq. 3: the indicator and j, for both metrics."""
    said = "the indicator is 1 only if d(h_i, h'_j) − d(h_i, h'_i) < m"
    test = Together({x: Later(partial(_indicator, x, d)) for x, d in _METRICS})
    formula = "1[d(h_i, h'_j) − d(h_i, h'_i) < m]"
    yield claim("eq-3-indicator", "Eq. 3", said, test, formula)
    said = "the j at which h_i·h'_k is largest is the one at which d(h_i, h'_k) is least"
    test = Together({name: _choice(d) for name, d in _METRICS})
    yield claim("eq-3-arg-max", "Eq. 3", said, test, "j = arg max_{k≠i} h_i·h'_k")


def _indicator(name: str, d: losses.Metric) -> Equation:
    j = hardest_index(lambda k: cosine(I, k), I)
    printed = Step(m - (d(H, I, H_PRIME, j) - d(H, I, H_PRIME, I)))
    return Equation(decompose(load(name)).dissipation, printed, space(MARGIN))


def _choice(d: losses.Metric) -> Equation:
    nearest = hardest_index(lambda k: -d(H, I, H_PRIME, k), I)
    printed = Delta(J, hardest_index(lambda k: cosine(I, k), I))
    return Equation(Delta(J, nearest), printed, space(MARGIN))


def _triplets() -> Iterator[Claim]:
    """L^tri with max_{j≠i} d(h_i, h'_j) has the gradient of Eq. 3."""
    for (name, d), printed in zip(_METRICS, _equation_3(), strict=True):
        test = gradient_of("L^tri", losses.triplet(d), printed, space(MARGIN))
        said = (
            f"L^tri as printed, with the largest d(h_i, h'_j), has the gradient of {name.upper()}"
        )
        yield claim(f"l-tri-{name}", "§2.2, L^tri", said, test, left=_LEFT)


def _paradigm() -> Iterator[Claim]:
    names = ("infonce", "arccon", "mpt", "met")
    tests = {x: Later(partial(_as_paradigm, x)) for x in names}
    said = "the four gradients are GD Σ W (h'_j − R h'_i), with scalars GD, W and R"
    formula = "∂L_i/∂h_i = GD Σ_{j≠i} W (h'_j − R h'_i)"
    yield claim("eq-4", "Eq. 4", said, Together(tests), formula)
    said = "with GD, W and R without gradient, the gradient of Eq. 5 is Eq. 4"
    formula = "L_i = GD Σ_{j≠i} W (h_i·h'_j − R h_i·h'_i)"
    yield claim("eq-5", "Eq. 5", said, Together(dict(_of_equation_5())), formula)


def _as_paradigm(name: str) -> Equation:
    return as_paradigm(decompose(load(name)))


def _of_equation_5() -> Iterator[tuple[str, Equation]]:
    """For the baseline's components, for ArcCon's with MET's weight."""
    softmax = exp_over_tau(cosine, I, J) / over_negatives(lambda k: exp_over_tau(cosine, I, k))
    scalar, printed = effective.paradigm(gate(), softmax, r)
    yield "the baseline", gradient_of("L_i", scalar, printed, space(MARGIN, TAU, RATIO))
    angle = Angle(cosine(I, I))
    own = Exp(Cos(angle + u) / tau)
    others = over_negatives(lambda k: exp_over_tau(cosine, I, k))
    nearest = Delta(J, hardest_index(lambda k: cosine(I, k), I)) / sqrt(2 - 2 * cosine(I, J))
    ratio = Sin(angle + u) / Sin(angle)
    scalar, printed = effective.paradigm(1 / (1 + own / others), nearest, ratio)
    yield "ArcCon's GD and R, MET's W", gradient_of("L_i", scalar, printed, space(TAU, U))


def _lines() -> Iterator[Claim]:
    for number, line in enumerate(effective.infonce_lines(), 1):
        said = f"line {number} of the gradient of InfoNCE{_definition(number)}"
        yield claim(f"d1-infonce-{number}", "App. D.1", said, _of_infonce(line), left=_LEFT)
    for number, line in enumerate(effective.arccon_lines(), 1):
        said = f"line {number} of the gradient of ArcCon{_definition(number)}"
        yield claim(f"d1-arccon-{number}", "App. D.1", said, _of_arccon(line), left=_LEFT)


def _definition(number: int) -> str:
    """Line 1 is what every other line is compared with."""
    return ", which is the definition and cannot fail" if number == 1 else ""


def _appendix_triplets() -> Iterator[Claim]:
    for name, d in _METRICS:
        said = f"the gradient of L^tri by those of d, for {name.upper()}"
        test = _of_triplet(d, effective.triplet_gradient(d))
        yield claim(f"d1-triplet-{name}", "App. D.1", said, test, left=_LEFT)
    j = hardest_index(lambda k: cosine(I, k), I)
    printed = Step(m - (cosine(I, I) - cosine(I, j))) * (h_prime(j) - h_prime(I))
    test = _of_triplet(losses.projected, printed)
    yield claim("d1-mpt", "App. D.1", "the gradient of MPT", test, left=_LEFT)
    test = _of_triplet(distance, effective.met_gradient(as_in_the_appendix=True))
    yield claim("d1-met", "App. D.1", "the gradient of MET", test, left=_LEFT)
