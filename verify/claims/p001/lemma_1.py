"""Lemma 1 of 001 (Section 3.1.3), on the tangent plane at the anchor, where Appendix C proves it.

There the anchor is the origin, the positive P = s·(1, 0), the negative Q = t·(cos α, sin α) with
s = sin θ_ii', t = sin θ_ij', and the anchor moves to λ(rP − Q). Whether it comes closer to P is
the sign of a quadratic in r that opens upwards.
"""

from collections.abc import Mapping
from functools import partial
from random import Random

from sympy import Expr, Matrix, Poly, cos, discriminant, lambdify, sin, sqrt, symbols

from verify.claims.model import Claim, Judgement
from verify.claims.p001 import lemma_1_proof, lemma_1_sphere
from verify.claims.steps import Fact, Step, corrected, decided, under
from verify.numbers import Number, mp

LAM, S, T = symbols("lambda s t", positive=True)  # step size, sin θ_ii', sin θ_ij'
ALPHA, R = symbols("alpha r", real=True)
ROOT = sqrt(1 / LAM**2 - T**2 * sin(ALPHA) ** 2 / S**2)
PRINTED = 1 / LAM + T * cos(ALPHA) / S - ROOT
TEXT = "r > 1/λ + sin θ_ij' cos α/sin θ_ii' − √(1/λ² − sin²θ_ij' sin²α/sin²θ_ii')"
DOMAIN = "the root is real: λ sin θ_ij' |sin α| ≤ sin θ_ii'"
_DRAWS = 300
_SIGNS = {  # the upper bounds that are tried: the printed bound with one sign turned
    "1/λ": -1 / LAM + T * cos(ALPHA) / S - ROOT,
    "sin θ_ij' cos α/sin θ_ii'": 1 / LAM - T * cos(ALPHA) / S - ROOT,
    "√": 1 / LAM + T * cos(ALPHA) / S + ROOT,
}


def change() -> Poly:
    """New squared distance less the old one, as a polynomial in r."""
    positive, negative = Matrix([S, 0]), T * Matrix([cos(ALPHA), sin(ALPHA)])
    moved = LAM * (R * positive - negative)
    before, after = positive, moved - positive
    return Poly((after.dot(after) - before.dot(before)).expand(), R)


def roots() -> tuple[Expr, Expr]:
    """The smaller and the larger root in r: between them, and only there, it comes closer."""
    a, b, _ = change().all_coeffs()
    half = sqrt(discriminant(change())) / (2 * a)
    return -b / (2 * a) - half, -b / (2 * a) + half


_change = lambdify((LAM, S, T, ALPHA, R), change().as_expr(), modules=mp)
_under_root = lambdify((LAM, S, T, ALPHA), ROOT.args[0], modules=mp)


def configurations(seed: int) -> list[dict[str, Number]]:
    """Step sizes of 0.1 to 10, angles of the paper's region, r around the two roots; near: how far
    from the bound that is judged r is put instead (0: it stays)."""
    random = Random(seed)
    found = []
    for _ in range(_DRAWS):
        theta, phi = random.uniform(0.16, 1.57), random.uniform(0.16, 3.14)
        lam = 10 ** random.uniform(-1, 1)
        x = {"lambda": lam, "s": mp.sin(theta), "t": mp.sin(phi), "alpha": random.uniform(0, 3.14)}
        x = {key: mp.mpf(value) for key, value in x.items()}
        middle = 1 / x["lambda"] + x["t"] * mp.cos(x["alpha"]) / x["s"]
        x["r"] = middle + mp.mpf(random.uniform(-2, 2)) / x["lambda"]
        near = random.choice([0, mp.mpf(10) ** random.uniform(-6, -1)])
        found.append({**x, "near": near})
    return found


def _counterexample(
    low: Expr, seed: int, *, high: Expr | None = None, sufficient: bool = False
) -> str | None:
    """Where "closer" and the condition part: by default, closer although r ≤ low."""
    bounds = [lambdify((LAM, S, T, ALPHA), x, modules=mp) for x in (low, high) if x is not None]
    for x in configurations(seed):
        at = [x[k] for k in ("lambda", "s", "t", "alpha")]
        values = [f(*at) for f in bounds]
        if x["near"] and mp.im(values[0]) == 0:
            x["r"] = values[0] + (x["near"] if sufficient else -x["near"])
        closer = _change(*at, x["r"]) < 0
        # Where the root is not real the condition says nothing, so that no r meets it.
        real = all(mp.im(v) == 0 for v in values)
        met = real and x["r"] > values[0] and all(x["r"] < v for v in values[1:])
        if (met and not closer) if sufficient else (closer and not met):
            moved = "comes closer" if closer else "does not come closer"
            return f"{_told(x)}: the condition is {'' if met else 'not '}met, and it {moved}"
    return None


def _told(x: Mapping[str, Number]) -> str:
    names = {"lambda": "λ", "s": "sin θ_ii'", "t": "sin θ_ij'", "alpha": "α", "r": "r"}
    return ", ".join(f"{names[key]}={mp.nstr(x[key], 6)}" for key in names)


def necessity(seed: int, bound: Expr = PRINTED) -> Judgement:
    """Closer only if r > bound."""
    step = Step("the bound is the smaller root in r of (new² − old²)", bound - roots()[0])
    return decided([step, _OPENS], lambda seed: _counterexample(bound, seed), seed)


def sufficiency(seed: int, bound: Expr = PRINTED) -> Judgement:
    """Closer if r > bound: refuted by an r beyond the larger root."""
    beyond = Step("no second root: r² has the coefficient 0", change().LC())
    found = decided([beyond], lambda seed: _counterexample(bound, seed, sufficient=True), seed)
    tried = [
        (
            f"bound < r < the bound with the sign of {name} turned",
            partial(_interval, bound, x, seed),
        )
        for name, x in _SIGNS.items()
    ]
    return corrected(found, tried, "the upper bounds that differ from the printed one in one sign")


def _interval(low: Expr, high: Expr, seed: int) -> Judgement:
    steps = [
        Step("the lower bound is the smaller root", low - roots()[0]),
        Step("the upper bound is the larger root", high - roots()[1]),
        _OPENS,
    ]

    def search(seed: int) -> str | None:
        either = (_counterexample(low, seed, high=high, sufficient=x) for x in (True, False))
        return next((x for x in either if x), None)

    return decided(steps, search, seed)


_OPENS = Step("r² has the positive coefficient λ² sin²θ_ii'", change().LC() - LAM**2 * S**2)


def domain(seed: int) -> Judgement:
    """Is the bound a real number, and what holds where it is none?"""

    def imaginary(conditions: frozenset[str], seed: int) -> str | None:
        for x in configurations(seed):
            at = [x[k] for k in ("lambda", "s", "t", "alpha")]
            inside = x["lambda"] * x["t"] * abs(mp.sin(x["alpha"])) <= x["s"]
            if (inside or DOMAIN not in conditions) and _under_root(*at) < 0:
                return f"{_told(x)}: √ of a negative number"
        return None

    def test(conditions: frozenset[str]) -> Judgement:
        least = change().as_expr().subs(R, -change().nth(1) / (2 * change().LC()))
        steps = [
            Step("the radicand is (s² − λ²t² sin²α)/(λs)²",
                 ROOT.args[0] - (S**2 - LAM**2 * T**2 * sin(ALPHA) ** 2) / (LAM * S) ** 2),
            Step("the least of (new² − old²) over r is λ²t² sin²α − s²: where the root is not "
                 "real, no r comes closer", least - (LAM**2 * T**2 * sin(ALPHA) ** 2 - S**2)),
            Fact("the radicand is not negative where λt|sin α| ≤ s", DOMAIN in conditions),
        ]  # fmt: skip
        return decided(steps, partial(imaginary, conditions), seed)

    return under((DOMAIN,), test)


def larger(seed: int, bound: Expr = PRINTED) -> Judgement:
    """A larger r meets the printed condition wherever a smaller one does."""
    step = Step("the bound does not depend on r", bound.diff(R))
    return decided([step], partial(_no_longer_met, bound), seed)


def _no_longer_met(bound: Expr, seed: int) -> str | None:
    """A configuration whose r meets the condition, and 1.1 r or 10 r does not."""
    above = lambdify((LAM, S, T, ALPHA, R), R - bound, modules=mp)
    for x in configurations(seed):
        at = [x[k] for k in ("lambda", "s", "t", "alpha")]
        for times in (mp.mpf("1.1"), mp.mpf(10)):
            before, after = above(*at, x["r"]), above(*at, times * x["r"])
            if x["r"] > 0 and mp.im(before) == 0 and before > 0 and not after > 0:
                return f"{_told(x)} meets it, and {mp.nstr(times, 3)} times that r does not"
    return None


def claims() -> list[Claim]:
    at = "Lemma 1"
    return [
        Claim("001-lemma-1-necessity", "2402.18281", at,
              "On the tangent plane the anchor comes closer only if r exceeds the bound.",
              f"closer ⟹ {TEXT}", necessity),
        Claim("001-lemma-1-sufficiency", "2402.18281", at,
              "The condition ensures, on the tangent plane, that the anchor comes closer.",
              f"{TEXT} ⟹ closer", sufficiency),
        Claim("001-lemma-1-domain", "2402.18281", at,
              "The bound is a real number for every λ and all angles.",
              "1/λ² ≥ sin²θ_ij' sin²α/sin²θ_ii'", domain),
        Claim("001-lemma-1-larger-ratio", "2402.18281", "Section 3.1.3, after Lemma 1",
              "A larger ratio meets the condition of the lemma in more situations.",
              "r₁ ≤ r₂, r₁ > bound ⟹ r₂ > bound", larger),
        *lemma_1_proof.claims(),
        *lemma_1_sphere.claims(),
    ]  # fmt: skip
