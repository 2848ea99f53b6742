"""The temperature spreads the penalties of InfoNCE: their entropy, and the share of the hardest."""

from sympy import Expr, Symbol, exp, log

from derive.nodes import ANCHOR, Exp
from derive.notation import cosine, sum_samples
from verify.claims.model import Claim, Judgement
from verify.claims.p002.notation import CROWD, HARDEST, TAU, Z, by_tau, entropy, mean, penalty
from verify.claims.points import TOLERANCE
from verify.claims.steps import Search, Step, decided
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, mp

SOURCE = "2012.09740"
SHARE = Exp(HARDEST / TAU) / Z  # of the hardest negative


def variance() -> Expr:
    """Σ_k r_ik (c_ik − mean)², a sum of squares with positive weights."""
    centre = mean()
    return sum_samples(lambda k: penalty(k) * (cosine(ANCHOR, k) - centre) ** 2, other_than=ANCHOR)


def grows(seed: int, sign: int = 1) -> Judgement:
    """The entropy of r grows with τ. sign: −1 asks whether it falls."""
    total, c = Symbol("Z", positive=True), Symbol("c", real=True)
    steps = [
        Step("log r = c/τ − log Σ e^{c/τ}", log(exp(c / TAU) / total) - (c / TAU - log(total))),
        Step("its derivative by τ is variance/τ³ (variance of c under r: ≥ 0, and 0 only where all "
             "negatives are equally hard)", by_tau(entropy()) - sign * variance() / TAU**3),
    ]  # fmt: skip
    return decided(steps, _against(entropy(), sign), seed)


def focus(seed: int, sign: int = 1) -> Judgement:
    """A lower temperature gives the hardest negative a larger share."""
    steps = [
        Step("the derivative of its share by τ is −share·(c_max − mean)/τ², and a mean is at most "
             "the maximum", by_tau(SHARE) + sign * SHARE * (HARDEST - mean()) / TAU**2),
    ]  # fmt: skip
    return decided(steps, _against(-SHARE, sign), seed)


def _against(e: Expr, sign: int) -> Search:
    """Where sign·e falls as τ becomes half as large again."""

    def search(seed: int) -> str | None:
        for drawn in CROWD.draws(seed):
            tau = drawn.point.values["tau"]
            cold, warm = (_at(e, drawn.point, tau * x) for x in (1, mp.mpf("1.5")))
            if sign * (warm - cold) < -TOLERANCE:
                said = f"{mp.nstr(cold, 6)} at τ, {mp.nstr(warm, 6)} at 1.5 τ"
                return f"{said}: {drawn.text}, i=0"
        return None

    return search


def _at(e: Expr, point: Point, tau: Number) -> Number:
    return Evaluator(Point(point.h, point.h_prime, {"tau": tau}))(e, {ANCHOR: 0})


def claims() -> list[Claim]:
    return [
        Claim("002-entropy-grows", SOURCE, "notes, contribution 2",
              "The entropy of the relative penalties grows with the temperature.",
              "dH(r_i)/dτ ≥ 0", grows),
        Claim("002-lower-temperature-focuses", SOURCE, "notes, contribution 2",
              "Lower temperatures put more of the penalty on the hardest negative.",
              "d max_j r_ij/dτ ≤ 0", focus),
    ]  # fmt: skip
