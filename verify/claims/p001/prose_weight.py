"""What 001 says of W in words: which negative it favours, and how sharply."""

from functools import partial

from sympy import Dummy, Expr, Rational, S, exp, limit

from derive.nodes import ANCHOR, NEGATIVE, Delta, Exp, H, HardestIndex, Inner
from derive.notation import cosine, sum_samples
from derive.objectives import load
from derive.paradigm import decompose
from verify.claims.model import Claim, Judgement
from verify.claims.p002.entropy import SHARE, focus
from verify.claims.p002.notation import HARDEST, TAU, C
from verify.claims.points import TOLERANCE, Space
from verify.claims.steps import Fact, Step, decided, first, under
from verify.evaluation import Evaluator
from verify.numbers import Point, mp

SOURCE = "2402.18281"
UNIQUE = "one negative is the hardest (no tie)"


def weight(loss: str) -> Expr:
    """W_ij of a loss with one pool."""
    (found,) = decompose(load(loss), {}).weight.values()
    return found


def piecewise(seed: int, *, losses: tuple[str, ...] = ("mpt", "met")) -> Judgement:
    """W_ij is not 0 exactly where j is the hardest negative."""
    steps, searches = [], []
    for loss in losses:
        w = weight(loss)
        picks = w.atoms(HardestIndex)
        chosen = Delta(next(iter(picks)), NEGATIVE) if picks else S.Zero
        steps.append(Step(f"{loss}: W_ij (1 − 1[j is the hardest]) = 0", w * (1 - chosen)))
        searches.append(partial(_elsewhere, w, load(loss).hyper))
    return decided(steps, first(*searches), seed)


def _elsewhere(w: Expr, hyper, seed: int) -> str | None:  # type: ignore[no-untyped-def]
    """A weight of a negative that is not the hardest, or none on the hardest."""
    for drawn in Space(hyper, least=3).draws(seed):
        exact, n = Evaluator(drawn.point), drawn.point.n
        for i in range(n):
            others = [k for k in range(n) if k != i]
            near = max(others, key=lambda k: exact(C, {ANCHOR: i, NEGATIVE: k}))
            for j in others:
                value = exact(w, {ANCHOR: i, NEGATIVE: j})
                if (abs(value) > TOLERANCE) != (j == near):
                    return f"W = {mp.nstr(value, 6)} at {drawn.text}, i={i}, j={j}, hardest {near}"
    return None


def cold(seed: int) -> Judgement:
    """The hardest negative's share of the exponential weight goes to 1 as τ → 0."""
    delta, tau = Dummy(positive=True), Dummy(positive=True)
    inverse = sum_samples(lambda k: Exp((cosine(ANCHOR, k) - HARDEST) / TAU), other_than=ANCHOR)
    share = Exp(HARDEST / TAU) / sum_samples(
        lambda k: weight("infonce").xreplace({NEGATIVE: k}) * _scale(), other_than=ANCHOR
    )

    def test(conditions: frozenset[str]) -> Judgement:
        steps = [
            Step("the share is e^{c_max/τ}/Σ_k e^{c_k/τ}", share - SHARE),
            Step("that is 1 over Σ_k e^{(c_k − c_max)/τ}", SHARE * inverse - 1),
            Fact("a term with c_k < c_max goes to 0", limit(exp(-delta / tau), tau, 0, "+") == 0),
            Fact("and there is one term with c_k = c_max", UNIQUE in conditions),
        ]
        return decided(steps, None if UNIQUE in conditions else lambda seed: _tied(), seed)

    return under((UNIQUE,), test)


def _scale() -> Expr:
    """τ Σ_k e^{c_k/τ}, which W of InfoNCE is divided by."""
    return TAU * sum_samples(lambda k: Exp(cosine(ANCHOR, k) / TAU), other_than=ANCHOR)


def _tied() -> str | None:
    """Two negatives that are the same vector: a half each, at every τ."""
    zero, one = mp.zero, mp.one
    same = ((one, zero), (zero, one), (zero, one))
    shares = [Evaluator(Point(same, same, {"tau": mp.mpf(t)}))(SHARE, {ANCHOR: 0})
              for t in ("0.1", "0.001")]  # fmt: skip
    if all(abs(x - Rational(1, 2)) < TOLERANCE for x in shares):
        return "h'_2 = h'_3: the share is ½ at τ = 0.1 and at τ = 0.001"
    return None


def not_ensured(
    seed: int,
    *,
    losses: tuple[str, ...] = ("mhe", "barlow_twins", "vicreg"),
    ensured: tuple[str, ...] = ("mhs_anchor",),
) -> Judgement:
    """But for MHS, the weights do not ensure that the hardest negative dominates."""
    facts: list[Step | Fact] = []
    for loss in losses:
        found = _minor(loss, seed)
        facts.append(Fact(f"{loss}: {found or 'no batch found'}", found is not None))
    for loss in ensured:
        (pick,) = weight(loss).atoms(HardestIndex)
        zero = weight(loss) * (1 - Delta(pick, NEGATIVE))
        facts.append(Step(f"{loss}: W_ij = 0 unless j is the hardest", zero))
    refuted = [x for x in ensured if _minor(x, seed)]
    said = f"{refuted[0]}: {_minor(refuted[0], seed)}" if refuted else None
    return decided(facts, lambda seed: said, seed)


def _minor(loss: str, seed: int) -> str | None:
    """A batch in which the hardest negative has at most half of all |W_ij| of an anchor."""
    w = weight(loss)
    near = Inner(H, ANCHOR, next(iter(decompose(load(loss), {}).weight)), NEGATIVE)
    for drawn in Space(load(loss).hyper, least=4).draws(seed):
        exact, others = Evaluator(drawn.point), range(1, drawn.point.n)
        at = {k: {ANCHOR: 0, NEGATIVE: k} for k in others}
        top = max(others, key=lambda k: exact(near, at[k]))
        sizes = {k: abs(exact(w, at[k])) for k in others}
        share = sizes[top] / mp.fsum(sizes.values())
        if share <= mp.mpf(1) / 2:
            return f"the hardest has {mp.nstr(share, 3)} of the weight at {drawn.text}, i=0"
    return None


def claims() -> list[Claim]:
    return [
        Claim("001-prose-w-piecewise", SOURCE, "Section 3.1.2",
              "The weights of MPT and MET are not 0 if and only if the negative is the hardest.",
              "W_ij ≠ 0 ⟺ j = argmax_{k≠i} c_ik'", piecewise),
        Claim("001-prose-w-cold", SOURCE, "Section 3.1.2",
              "The exponential weight is that of the hardest negative alone as τ → 0.",
              "lim W_ij*/Σ_k W_ik = 1", cold),
        Claim("001-prose-w-temperature", SOURCE, "Section 3.2.2",
              "The share of the hardest negative falls as τ grows.", "∂share/∂τ ≤ 0", focus),
        Claim("001-prose-w-ineffective", SOURCE, "Section 4",
              "But for MHS, the ineffective losses cannot ensure that the hardest dominates.",
              "some batch: |W_ij*| ≤ ½ Σ_k |W_ik|", not_ensured),
    ]  # fmt: skip
