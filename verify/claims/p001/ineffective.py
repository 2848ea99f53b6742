"""§4 and App. D.2: definitions of the non-contrastive losses, their gradients, Eq. 7 to 12."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

from sympy import Add, Expr, S, sqrt

from derive.nodes import H_PRIME, D, Exp, FeatureIndex, H, N
from derive.notation import cosine, distance, hardest_index, same_view
from derive.objective import definitions_in
from derive.objectives.barlow_twins import BarlowTwins
from derive.objectives.vicreg import VICReg
from verify.claims.conditions import COINCIDENT
from verify.claims.equalities import Equation, Scalar, gradient_in_parts, gradient_of
from verify.claims.model import Claim, empirical
from verify.claims.p001 import losses, tables
from verify.claims.p001.mapped import Column, as_paradigm, in_paradigm
from verify.claims.p001.notation import (
    GAMMA,
    NU,
    NU_1,
    NU_2,
    A,
    I,
    claim,
    gamma,
    h,
    h_prime,
    nu,
    nu_1,
    nu_2,
    over_negatives,
    over_pairs,
    space,
)
from verify.claims.points import Space
from verify.claims.text import formula_text
from verify.claims.together import Later, Together

_LEFT = "∂L/∂h_i = "
_b = FeatureIndex("b")


def claims() -> list[Claim]:
    """Eq. 7 to 12, C^B, v and c of §4, and what is said of them."""
    return [
        *_alignment_and_uniformity(),
        *_barlow_twins(),
        *_definitions_of_vicreg(),
        *_vicreg(),
        *_mapped(),
    ]


def _alignment_and_uniformity() -> Iterator[Claim]:
    printed = -2 / N * h_prime(I)
    test = gradient_of("L^a", losses.alignment(), printed, space())
    yield claim("eq-7", "Eq. 7", "the gradient of the alignment", test, left=_LEFT)
    pairs = over_pairs(lambda k, n: Exp(2 * same_view(k, n))) / 2
    printed = over_negatives(lambda k: 2 * Exp(2 * same_view(I, k)) * h(k)) / pairs
    test = gradient_of("L^{u,MHE}", losses.energy(S.One), printed, space())
    yield claim("eq-8", "Eq. 8", "the gradient of MHE", test, left=_LEFT)
    j = hardest_index(lambda k: -distance(H, I, H, k), I)
    test = gradient_of("L_i^{u,MHS}", losses.separation(), h(j) / distance(H, I, H, j), space())
    said = "the gradient of MHS, j = arg min_{j≠i} ‖h_i − h_j‖"
    yield claim("eq-9", "Eq. 9", said, test, left=_LEFT)


def equation_10() -> Expr:
    """(2/N)(−A h'_i + ν Σ_{j≠i} (h_iᵀh'_j/N) h_j), A = I − (1 − ν) C_diag."""
    diagonal = 1 - (1 - nu) * losses.correlation(H_PRIME)(A, A)
    pushed = over_negatives(lambda k: cosine(I, k) / N * h(k))
    return 2 / N * (-diagonal * h_prime(I) + nu * pushed)


def equation_11(weight: Expr) -> Expr:
    """(2/N)(−h'_i + ν^V Σ_{j≠i} (h_iᵀh_j/N) h_j)."""
    pushed = over_negatives(lambda k: same_view(I, k) / N * h(k))
    return 2 / N * (-h_prime(I) + weight * pushed)


def nu_v() -> Expr:
    """ν^V = 2ν^{V,1}N²/(D(N−1)²)."""
    return 2 * nu_1 * N**2 / (D * (N - 1) ** 2)


def _barlow_twins() -> Iterator[Claim]:
    [correlation] = definitions_in(BarlowTwins().formula())
    printed = losses.correlation(H)(A, _b).value
    equal = Equation(correlation(A, _b).value, printed, space(), entries=True)
    said = "C^B is the cross-correlation of the two views, the matrix of Barlow Twins"
    yield claim("c-b", "§4, C^B", said, equal, left="C_ab = ")
    both, one = (losses.barlow_twins(losses.correlation(v)) for v in (H_PRIME, H))
    test, text = in_parts("L^B", both, equation_10(), space(NU))
    said = "the gradient of Barlow Twins, C^B with both views"
    yield claim("eq-10", "Eq. 10", said, test, text, left=_LEFT)
    test, text = in_parts("L^B", one, equation_10(), space(NU))
    said = "the gradient of L^B with C^B as printed, of one view"
    yield claim("eq-10-of-c-b-as-printed", "§4 and Eq. 10", said, test, text, left=_LEFT)


def in_parts(name: str, formula: Expr, printed: Expr, where: Space) -> tuple[Later, str]:
    """∂name/∂h_i = printed for a loss of the features, and the printed side as text."""

    def build() -> Equation:
        scalar = Scalar(name, formula, derive=gradient_in_parts)
        return Equation(gradient_in_parts(formula), printed, where, scalar=scalar)

    return Later(build), formula_text(printed, where.hyper)


def _vicreg() -> Iterator[Claim]:
    terms, where = _terms_of_vicreg(), space(NU_1, NU_2, GAMMA)
    v, c = ((f(H) + f(H_PRIME)) for f in (losses.v_printed, losses.c_printed))
    said = "v is VICReg's variance term, for which that paper writes v"
    test = Equation(terms["variance"] / nu_2, v, where, elsewhere={"c": c})
    yield claim("vicreg-v", "§4, v", said, test, left="v(h) + v(h') = ")
    said = "c is VICReg's covariance term, for which that paper writes c"
    test = Equation(terms["covariance"] / nu_1, c, where, elsewhere={"v": v})
    yield claim("vicreg-c", "§4, c", said, test, left="c(h) + c(h') = ")
    said = "L^V is VICReg, ν^{V,1} the weight of the covariance and ν^{V,2} of the variance"
    yield claim("l-v", "§4, L^V", said, Equation(Add(*terms.values()), losses.vicreg(), where),
                left="L^V = ")  # fmt: skip
    later, text = in_parts("L^V", losses.vicreg(), equation_11(nu_v()), where)
    said = "the gradient of VICReg, ν^V = 2ν^{V,1}N²/(D(N−1)²)"
    yield claim("eq-11", "Eq. 11", said, later, text, left=_LEFT)


def _definitions_of_vicreg() -> Iterator[Claim]:
    """C^V, printed with the mean h̄_i for h̄, and σ."""
    found = {str(x): x for x in definitions_in(VICReg().formula())}
    eps = {x.symbol: S.Zero for x in VICReg().hyper if x.name == "eps"}
    printed = losses.covariance(H)(A, _b).value
    said = "C^V is VICReg's covariance of the batch (its mean is printed h̄_i, read as h̄)"
    yield claim(
        "c-v",
        "§4, C^V",
        said,
        Equation(found[f"C[{H}]"](A, _b).value, printed, space(), entries=True),
        left="C_ab = ",
    )
    printed = sqrt(losses.covariance(H)(A, A).value)
    said = "σ is VICReg's deviation of a feature, with no ε"
    test = Equation(found[f"σ[{H}]"](A).value.xreplace(eps), printed, space(), entries=True)
    yield claim("sigma", "§4, σ", said, test, left="σ_a = ")


def _terms_of_vicreg() -> dict[str, Expr]:
    """The terms of Bardes et al., with this paper's weights and no ε."""
    x = SimpleNamespace(nu_inv=S.One, nu_cov=nu_1, nu_var=nu_2, gamma=gamma, eps=S.Zero)
    return dict(VICReg().terms(I, x))


def _mapped() -> Iterator[Claim]:
    columns = dict(tables.before())
    tests = {x.name: Later(partial(_mapping, x)) for x in columns.values()}
    said = "the four gradients are GD Σ W (h_j − R h'_i), R a scalar or a diagonal matrix"
    formula = "∂L_i/∂h_i = GD Σ_{j≠i} W (h_j − R h'_i)"
    yield claim("eq-12", "Eq. 12", said, Together(tests), formula)
    consistent = {x.name: Later(partial(_across, x)) for x in columns.values()}
    said = "Eq. 12 and Eq. 4 are consistent: the rows hold with h'_j for h_j as well"
    formula = "∂L_i/∂h_i = GD Σ_{j≠i} W (h'_j − R h'_i)"
    yield claim("d2-eq-12-is-eq-4", "App. D.2", said, Together(consistent), formula)
    said = (
        "batch normalisation and centring have an effect in training like that of l2 (Tao et al.)"
    )
    test = empirical("it is about what training makes of them")
    yield claim("d2-normalisation", "App. D.2", said, test, "l2 for batch normalisation")


def _mapping(x: Column) -> Equation:
    return replace(as_paradigm(x.split()), mending=())


def _across(x: Column) -> Equation:
    """The row of Table 2 with the negatives of the other view."""
    printed = in_paradigm(x.dissipation, x.weight, x.ratio, H_PRIME)
    return replace(x.row(), printed=printed, extra=(COINCIDENT,), mending=())
