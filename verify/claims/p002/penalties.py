"""How hard InfoNCE pushes its negatives: the penalties, their balance, hardness-awareness."""

from functools import partial
from itertools import permutations

from sympy import Expr, Symbol

from derive.calculus import Derivative
from derive.hyper import Hyper
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Delta, Distinct, Exp, H, Inner, SampleIndex
from derive.notation import cosine, sum_samples
from derive.objectives import load
from verify.claims.equalities import Equation
from verify.claims.model import Claim, Judgement
from verify.claims.p002.notation import SPACE, TAU, C, Z, penalty, pull, push
from verify.claims.points import TOLERANCE, Space
from verify.claims.steps import Step, decided, unequal
from verify.evaluation import Evaluator
from verify.numbers import mp

SOURCE = "2012.09740"
_OTHER = SampleIndex("m")  # a second negative


def relative(seed: int, printed: Expr | None = None) -> Judgement:
    """|∂L/∂c_ij'| / |∂L/∂c_ii'| is the printed share."""
    printed = penalty(NEGATIVE) if printed is None else printed
    return Equation(push() / pull(), printed, SPACE)(seed)


def _over_all() -> Expr:
    """With the positive among the candidates of the sum."""
    return Exp(C / TAU) / sum_samples(lambda k: Exp(cosine(ANCHOR, k) / TAU))


def total(printed: Expr | int = 1) -> Expr:
    """Σ_j |∂L/∂c_ij'| less that many times |∂L/∂c_ii'|; both derivatives keep their signs."""
    pushes = sum_samples(lambda k: push().xreplace({NEGATIVE: k}), other_than=ANCHOR)
    return pushes - printed * pull()


def balance(seed: int, times: int = 1) -> Judgement:
    """Σ_j |∂L/∂c_ij'| = |∂L/∂c_ii'|."""
    share = Exp(C / TAU) / (Exp(cosine(ANCHOR, ANCHOR) / TAU) + Z)
    steps = [
        Step("∂L/∂c_ij' is a softmax over τ, so it is positive", push() - share / TAU),
        Step("the sum over j of ∂L/∂c_ij' is −∂L/∂c_ii'", total(times)),
    ]
    return decided(steps, unequal(total(times), 0 * TAU, SPACE), seed)


def slope(e: Expr) -> Expr:
    """∂e/∂c_ij'."""

    def leaf(x: Expr) -> Expr:
        view, i, other, k = x.args
        matches = isinstance(x, Inner) and view == H and other == H_PRIME
        return Delta(i, ANCHOR) * Delta(k, NEGATIVE) if matches else 0 * TAU

    return Derivative(leaf)(e)


def hardness(seed: int, loss: str = "infonce") -> Judgement:
    """A negative with a larger cosine is pushed harder."""
    a, share = push(loss), TAU * push()
    other = a.xreplace({NEGATIVE: _OTHER})
    ratio = Exp(C / TAU) / Exp(cosine(ANCHOR, _OTHER) / TAU)
    steps = [
        Step("a_ij/a_im = e^{(c_ij' − c_im')/τ}, above 1 where c_ij' is larger", a - ratio * other),
        Step("∂a_ij/∂c_ij' = p(1 − p)/τ² > 0, p = τ a_ij between 0 and 1",
             (slope(a) - share * (1 - share) / TAU**2) * Distinct(ANCHOR, NEGATIVE)),
    ]  # fmt: skip
    return decided(steps, partial(_not_harder, a, load(loss).hyper), seed)


def _not_harder(a: Expr, hyper: tuple[Hyper, ...], seed: int) -> str | None:
    """Two negatives of one anchor, the closer of which is not pushed harder."""
    for drawn in Space(hyper, least=3).draws(seed):
        exact = Evaluator(drawn.point)
        for i, j, m in permutations(range(drawn.point.n), 3):
            at = [{ANCHOR: i, NEGATIVE: k} for k in (j, m)]
            (near, far), (hard, soft) = ([exact(e, x) for x in at] for e in (C, a))
            if near > far + TOLERANCE and hard <= soft:
                return f"push {mp.nstr(hard, 6)} at c={mp.nstr(near, 4)}, {mp.nstr(soft, 6)} at " \
                    f"c={mp.nstr(far, 4)}: {drawn.text}, i={i}, negatives {j} and {m}"  # fmt: skip
    return None


def equally(seed: int) -> Judgement:
    """The simple loss pushes all negatives alike."""
    lam: Symbol = load("simple").hyper[0].symbol
    space = Space(load("simple").hyper)
    return decided(
        [Step("∂L/∂c_ij' = λ for every negative", push("simple") - lam)],
        unequal(push("simple"), lam, space),
        seed,
    )


def claims() -> list[Claim]:
    at = "notes, contributions 1 and 2"
    return [
        Claim("002-relative-penalty", SOURCE, at,
              "The relative penalty of a negative is a softmax of the cosines over τ, among the "
              "negatives.",
              "r_ij = |∂L/∂c_ij|/|∂L/∂c_ii| = e^{c_ij/τ}/Σ_{k≠i} e^{c_ik/τ}", relative),
        Claim("002-relative-penalty-all", SOURCE, at,
              "The same, read with the positive in the sum (k over all samples).",
              "r_ij = e^{c_ij/τ}/Σ_k e^{c_ik/τ}", partial(relative, printed=_over_all())),
        Claim("002-balance", SOURCE, at,
              "The pushes on the negatives add up to the pull to the positive.",
              "Σ_{j≠i} |∂L/∂c_ij| = |∂L/∂c_ii|", balance),
        Claim("002-hardness-aware", SOURCE, at,
              "The contrastive loss is hardness-aware: the larger c_ij, the larger its gradient.",
              "c_ij > c_im ⟹ |∂L/∂c_ij| > |∂L/∂c_im|", hardness),
        Claim("002-simple-loss-not-aware", SOURCE, at,
              "The simple loss penalises all negatives alike.", "|∂L_simple/∂c_ij| = λ", equally),
    ]  # fmt: skip
