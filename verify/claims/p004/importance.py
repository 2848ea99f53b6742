"""What the min player does: does α_ij grow with c_ij, the similarity of the two samples?"""

from functools import partial
from itertools import permutations

from sympy import Expr

from derive.nodes import ANCHOR, NEGATIVE, Exp, SampleIndex
from derive.notation import same_view
from derive.objectives import load
from derive.objectives._alpha import AlphaCL
from verify.claims.model import Claim, Judgement, Outcome
from verify.claims.p004.gradient import MEMBERS, alpha
from verify.claims.points import TOLERANCE, Space
from verify.claims.steps import Step, decided, under
from verify.evaluation import Evaluator
from verify.numbers import mp

SOURCE = "2201.12680"
_OTHER = SampleIndex("m")


def grows(seed: int, *, name: str) -> Judgement:
    """Of two negatives of one anchor the more similar one has the larger α, or both have none."""
    loss = load(name)
    assert isinstance(loss, AlphaCL)
    weights = [alpha(loss, k) for k in (NEGATIVE, _OTHER)]
    cosines = [same_view(ANCHOR, k) for k in (NEGATIVE, _OTHER)]
    scale = next((x.symbol for x in loss.hyper if x.name == "tau"), 1)
    ratio = Exp(cosines[0] / scale) / Exp(cosines[1] / scale)
    step = Step("α_ij/α_im = e^{(c_ij − c_im)/τ} > 1 where c_ij > c_im (τ = 1 where there is none)",
                weights[0] - ratio * weights[1])  # fmt: skip
    return decided([step], partial(_not_larger, weights[0], Space(loss.hyper, least=3)), seed)


def _not_larger(a: Expr, space: Space, seed: int) -> str | None:
    near = same_view(ANCHOR, NEGATIVE)
    for drawn in space.draws(seed):
        exact = Evaluator(drawn.point)
        for i, j, m in permutations(range(drawn.point.n), 3):
            (c, other), (large, small) = (
                [exact(e, {ANCHOR: i, NEGATIVE: k}) for k in (j, m)] for e in (near, a)
            )
            if c > other + TOLERANCE and large <= small != 0:
                pairs = f"α={mp.nstr(large, 5)} at c={mp.nstr(c, 4)}, "
                pairs += f"α={mp.nstr(small, 5)} at c={mp.nstr(other, 4)}"
                return f"{pairs}: {drawn.text}, i={i}, negatives {j} and {m}"
    return None


def every_member(seed: int, members: tuple[str, ...] = MEMBERS) -> Judgement:
    """Of every row of the table, or of those for which it holds: these are the condition."""
    found = {name: grows(seed, name=name) for name in members}
    held = [name for name, x in found.items() if x.outcome is Outcome.EXACT]
    condition = f"the loss is one of {', '.join(held)}"

    def test(conditions: frozenset[str]) -> Judgement:
        asked = held if condition in conditions else members
        failed = [x for x in asked if found[x].outcome is not Outcome.EXACT]
        if not failed:
            return found[asked[0]]
        said = tuple(f"{x}: {'; '.join(found[x].evidence)}" for x in failed)
        refuted = any(found[x].outcome is Outcome.FALSE for x in failed)
        return Judgement(Outcome.FALSE if refuted else Outcome.UNDECIDED, evidence=said)

    return under((condition,), test) if held else test(frozenset())


def claims() -> list[Claim]:
    return [
        Claim("004-min-player", SOURCE, "abstract",
              "The min player puts more weight on pairs of distinct samples that are more "
              "similar, in every loss of the table.",
              "c_ij > c_im ⟹ α_ij > α_im or both are 0", every_member),
    ]  # fmt: skip
