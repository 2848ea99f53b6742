"""What 001 says of its simulation (Section 3.1), run again: GD, the hardest's share, R.

A verdict here is of averages over seeded samples (`verify.claims.p001.spreads`): that reading is a
condition of its own. Without it the formula itself is asked, for any N and hyper-parameters.
"""

from functools import partial

import numpy as np
from sympy import Expr, S, Symbol

from derive.canonical import for_proof
from derive.nodes import ANCHOR, Inner
from derive.nodes import Step as Gate
from derive.objectives import load
from derive.paradigm import decompose
from verify.claims.model import Claim, Judgement, Outcome
from verify.claims.p001 import spreads
from verify.claims.p001.spreads import LOSSES, MU_NEG, MU_POS
from verify.claims.points import Space
from verify.claims.steps import Step, decided, under
from verify.evaluation import Evaluator
from verify.numbers import Number, Point, mp

SOURCE = "2402.18281"
ONE, ZERO = 0.95, 0.05  # an average that is read as 1, as 0
NEAR = 0.05  # means that are read as close: half of σ_neg
MARGIN = "m > 0"
ACTIVE, ORDERED = "the average GD is at least ½", "μ_pos < μ_neg"
_GAPS = MU_NEG[None, :] - MU_POS[:, None]
_TAUS = (1.0, 0.3, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005)


def simulated(reading: str, loss: str | None = None) -> str:
    hyper = "" if loss is None else f", {spreads.hyper(loss)}"
    return f"read of the simulation ({spreads.WHAT}{hyper}): {reading}"


def _dissipation(loss: str) -> Expr:
    return decompose(load(loss), {}).dissipation


def close(seed: int, *, loss: str) -> Judgement:
    """GD is 1 where the means are close."""
    reading = simulated(f"averages of at least {ONE} where |μ_neg − μ_pos| ≤ {NEAR}", loss)

    def test(conditions: frozenset[str]) -> Judgement:
        if reading not in conditions:
            step = Step("GD_i = 1 where all cosines of the anchor are equal",
                        _even(loss, margin=MARGIN in conditions) - 1)  # fmt: skip
            search = partial(_off, loss, 0.5, 0.5, 1)
            return decided([step], partial(search, margin=MARGIN in conditions), seed)
        found = spreads.dissipation(loss, seed)
        least = float(found[np.abs(_GAPS) <= NEAR].min())
        return _sampled(least >= ONE, f"the least average GD there is {least:.4f}", seed)

    gated = any(x.name == "m" for x in load(loss).hyper)
    return under((MARGIN, reading) if gated else (reading,), test)


def _even(loss: str, *, margin: bool) -> Expr:
    """GD where all cosines of the anchor are c. margin: m > 0."""
    c, m = Symbol("c", real=True), Symbol("m", real=True)
    gd = _dissipation(loss)
    even = for_proof(gd.xreplace(dict.fromkeys(gd.atoms(Inner), c)))
    if margin:
        even = even.xreplace({x: S.One for x in even.atoms(Gate) if x.args[0].free_symbols == {m}})
    return even


def far(seed: int, *, loss: str) -> Judgement:
    """GD goes to 0 where μ_neg is larger to some extent."""
    reading = simulated(f"averages of at most {ZERO} from some μ_neg − μ_pos on", loss)

    def test(conditions: frozenset[str]) -> Judgement:
        if not conditions:
            zero = Step("GD_i = 0 at c_ii' = 1, c_ij' = −1", _dissipation(loss))
            return decided([zero], partial(_off, loss, 1, -1, 0), seed)
        found = spreads.dissipation(loss, seed)
        from_ = float(_GAPS[found > ZERO].max())
        until = float(_GAPS[found < ONE].min())
        said = (
            f"at least {ONE} up to μ_neg − μ_pos = {until:.2f}, at most {ZERO} from {from_:.2f} on"
        )
        return _sampled(from_ < _GAPS.max(), said, seed)

    return under((reading,), test)


def _off(
    loss: str, positive: float, negative: float, wanted: int, seed: int, *, margin: bool = False
) -> str | None:
    """Where GD at c_ii' = positive and c_ij' = negative is not the wanted number, to 0.05."""
    zero = mp.mpf(0)
    for drawn in Space(load(loss).hyper).draws(seed):
        n, values = drawn.point.n, drawn.point.values
        if margin and values["m"] <= 0:
            continue
        ends = [_at(c) for c in (positive, *[negative] * (n - 1))]
        value = Evaluator(Point(((mp.one, zero),) * n, tuple(ends), values))(
            _dissipation(loss), {ANCHOR: 0}
        )
        if abs(value - wanted) > ZERO:
            said = "".join(f", {k}={mp.nstr(v, 4)}" for k, v in values.items())
            at = f"c_ii' = {positive}, c_ij' = {negative}, N={n}"
            return f"GD_i = {mp.nstr(value, 5)} at {at}{said}"
    return None


def _at(c: float) -> tuple[Number, Number]:
    return mp.mpf(c), mp.sqrt(1 - mp.mpf(c) ** 2)


def _sampled(held: bool, said: str, seed: int) -> Judgement:
    """A verdict from the averages alone."""
    outcome = Outcome.EXACT if held else Outcome.FALSE
    return Judgement(outcome, evidence=(f"{said} (sampled, seed {seed})",))


def focused(seed: int) -> Judgement:
    """The exponential weight becomes focused on the hardest negative."""

    def test(conditions: frozenset[str]) -> Judgement:
        (tau,) = [t for t in _TAUS if _below(t) in conditions] or _TAUS[:1]
        shares = spreads.share(tau, seed)
        at = int(shares.argmax())
        said = f"τ={tau}: the largest average share is {shares[at]:.3f}, at μ_neg={MU_NEG[at]:.2f}"
        return _sampled(bool(shares[at] > 0.5), said, seed)

    def of_one(conditions: frozenset[str]) -> Judgement:
        return test(conditions if len(conditions) < 2 else frozenset())

    found = under([_below(t) for t in _TAUS], of_one)
    at_default = test(frozenset([_below(0.05)])).evidence
    kept = tuple(x for x in found.evidence if not x.startswith("it also"))
    reading = simulated("an average share above ½ at some μ_neg, μ_pos = π/6")
    conditions = (*found.conditions, reading)
    return Judgement(found.outcome, conditions, evidence=(*kept, *at_default))


def _below(tau: float) -> str:
    return f"τ is at most {tau}"


def mostly(seed: int, *, loss: str) -> Judgement:
    """R lies mostly between 1 and 2, with dissipation and the order of the means considered."""
    found, open_ = spreads.ratio(loss, seed), spreads.dissipation(loss, seed)
    within = (found >= 1) & (found <= 2)

    def test(conditions: frozenset[str]) -> Judgement:
        counted = np.ones_like(within)
        if ACTIVE in conditions:
            counted &= open_ >= 0.5
        if ORDERED in conditions:
            counted &= _GAPS > 0
        part = float(within[counted].mean())
        below, above = ((x[counted]).mean() for x in (found < 1, found > 2))
        said = f"{part:.0%} of {counted.sum()} pairs; below 1 {below:.0%}, above 2 {above:.0%}"
        return _sampled(part > 0.5, said, seed)

    judged = under((ACTIVE, ORDERED), test)
    both = test(frozenset((ACTIVE, ORDERED))).evidence
    outcome = Outcome.CONDITIONAL if judged.outcome is Outcome.EXACT else judged.outcome
    reading = simulated("the average R between 1 and 2 at more than half of the pairs", loss)
    evidence = (*judged.evidence, *(f"under both: {x}" for x in both))
    return Judgement(outcome, (*judged.conditions, reading), evidence=evidence)


def claims() -> list[Claim]:
    found = []
    for loss in LOSSES:
        found += [
            Claim(f"001-prose-gd-close-{loss}", SOURCE, "Section 3.1.1, Fig. 2 and 10",
                  f"GD of {loss} is 1 where μ_pos and μ_neg are close.",
                  "μ_pos ≈ μ_neg ⟹ GD ≈ 1", partial(close, loss=loss)),
            Claim(f"001-prose-gd-far-{loss}", SOURCE, "Section 3.1.1, Fig. 2 and 10",
                  f"GD of {loss} falls to 0 where μ_neg is larger than μ_pos to some extent.",
                  "μ_neg − μ_pos ≥ δ ⟹ GD ≈ 0", partial(far, loss=loss)),
        ]  # fmt: skip
    found.append(
        Claim("001-prose-w-focused", SOURCE, "Section 3.1.2, Fig. 3",
              "The exponential weight becomes focused solely on the hardest negative.",
              "W_ij*/Σ_k W_ik → 1", focused))  # fmt: skip
    found += [
        Claim(f"001-prose-r-mostly-{loss}", SOURCE, "Section 3.1.3, Fig. 4",
              f"The ratio of {loss} mostly falls between 1 and 2.", "1 ≤ R ≤ 2",
              partial(mostly, loss=loss))
        for loss in ("arccon", "met")
    ]  # fmt: skip
    return found
