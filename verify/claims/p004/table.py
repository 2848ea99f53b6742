"""The φ/ψ table of α-CL: is each row the loss it is named after?

The named losses are written in cosines of unit vectors, or with d² = ½‖·‖² as everywhere in that
paper; the negatives are those of the anchor's own view.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from types import SimpleNamespace

from sympy import Expr, Integer, Rational

from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, Exp, H, Hinge, Log, N
from derive.notation import cosine, same_view, squared_distance, sum_samples
from derive.objectives import load
from derive.objectives._alpha import AlphaCL
from verify.claims.model import Claim, Judgement, Outcome
from verify.claims.p004.reductions import difference
from verify.claims.points import Space, gauss, unit
from verify.claims.steps import Step, corrected, decided, under, unequal
from verify.numbers import Rows, mp

SOURCE = "2201.12680"
ONE_NEGATIVE = "there is one negative (N = 2)"
Named = Callable[[SimpleNamespace, Callable[[Callable[[Expr], Expr]], Expr]], Expr]


def member_of(name: str) -> AlphaCL:
    """A row of the table, which has φ and ψ."""
    loss = load(name)
    assert isinstance(loss, AlphaCL)
    return loss


def closer() -> Expr:
    """d_i²."""
    return squared_distance(H, ANCHOR, H_PRIME, ANCHOR) / 2


def apart(k: Expr) -> Expr:
    """d_ik²."""
    return squared_distance(H, ANCHOR, H, k) / 2


def _sigmoid(x: Expr) -> Expr:
    return Exp(x) / (1 + Exp(x))


_POSITIVE = cosine(ANCHOR, ANCHOR)


@dataclass(frozen=True)
class Row:
    """named: the loss of that name, of the hyper-parameters and a sum over the negatives;
    formula: the same as text; values: hyper-parameters that the usual definition fixes."""

    key: str
    title: str
    formula: str
    named: Named
    values: Mapping[str, Expr] = field(default_factory=dict)
    suffix: str = ""


ROWS = (
    Row("alpha_infonce", "InfoNCE (ε = 1), with the factor τ of φ",
        "−τ log(e^{c_ii'/τ}/(e^{c_ii'/τ} + Σ_k e^{c_ik/τ}))",
        lambda x, total: -x.tau * Log(Exp(_POSITIVE / x.tau) / (
            Exp(_POSITIVE / x.tau) + total(lambda k: Exp(same_view(ANCHOR, k) / x.tau)))),
        {"eps": Integer(1)}),
    Row("alpha_mine", "MINE, −(T_ii' − log mean_k e^{T_ik}) with T = −d²",
        "d_i² + log((1/(N − 1)) Σ_k e^{−d_ik²})",
        lambda x, total: closer() + Log(total(lambda k: Exp(-apart(k))) / (N - 1))),
    Row("alpha_triplet", "the triplet loss", "Σ_k max(d_i² − d_ik² + ε, 0)",
        lambda x, total: total(lambda k: Hinge(closer() - apart(k) + x.eps))),
    Row("alpha_soft_triplet", "the soft triplet loss", "τ log(1 + Σ_k e^{(d_i² − d_ik²)/τ + ε})",
        lambda x, total: x.tau * Log(
            1 + total(lambda k: Exp((closer() - apart(k)) / x.tau + x.eps)))),
    Row("alpha_soft_triplet", "the soft-margin triplet loss, summed over the triplets",
        "Σ_k τ log(1 + e^{(d_i² − d_ik²)/τ + ε})",
        lambda x, total: total(
            lambda k: x.tau * Log(1 + Exp((closer() - apart(k)) / x.tau + x.eps))),
        suffix="-pairwise"),
    Row("alpha_n_plus_1_tuplet", "the (N + 1)-tuplet loss", "log(1 + Σ_k e^{c_ik − c_ii'})",
        lambda x, total: Log(1 + total(lambda k: Exp(same_view(ANCHOR, k) - _POSITIVE)))),
    Row("alpha_lifted", "the lifted structured loss, of an anchor's negatives",
        "max(0, log Σ_k e^{ε − d_ik²} + d_i²)²",
        lambda x, total: Hinge(Log(total(lambda k: Exp(x.eps - apart(k)))) + closer()) ** 2),
    Row("alpha_modified_triplet", "the modified triplet loss", "Σ_k sigmoid(c (c_ik − c_ii'))",
        lambda x, total: total(lambda k: _sigmoid(x.c * (same_view(ANCHOR, k) - _POSITIVE)))),
    Row("alpha_triplet_contrastive", "the triplet contrastive loss", "Σ_k (c_ik − c_ii')",
        lambda x, total: total(lambda k: same_view(ANCHOR, k) - _POSITIVE)),
)  # fmt: skip


def judge(seed: int, *, row: Row) -> Judgement:
    """φ(Σ ψ) = the named loss; if not, with one negative, or up to a factor or a shift."""
    found = under((ONE_NEGATIVE,), partial(_equal, row, seed))
    if found.outcome is not Outcome.FALSE:
        return found
    pairs = {f"{name}·(the named loss)": factor for name, factor in _factors(row).items()}
    tried = [(text, partial(_scaled, row, seed, factor)) for text, factor in pairs.items()]
    tried += [(f"(the named loss) {sign} log(N − 1)", partial(_scaled, row, seed, 1, shift))
              for sign, shift in (("+", Log(N - 1)), ("−", -Log(N - 1)))]  # fmt: skip
    return corrected(found, tried, "a factor τ, 1/τ, 2, ½, N − 1, 1/(N − 1), or ± log(N − 1)")


def _factors(row: Row) -> dict[str, Expr]:
    tau = {x.name: x.symbol for x in load(row.key).hyper}.get("tau")
    of_tau = {"τ": tau, "1/τ": 1 / tau} if tau is not None else {}
    return of_tau | {
        "2": Integer(2),
        "½": Rational(1, 2),
        "(N − 1)": N - 1,
        "1/(N − 1)": 1 / (N - 1),
    }


def _scaled(row: Row, seed: int, factor: Expr | int, shift: Expr | int = 0) -> Judgement:
    return _equal(row, seed, frozenset(), factor, shift)


def _equal(
    row: Row,
    seed: int,
    conditions: frozenset[str],
    factor: Expr | int = 1,
    shift: Expr | int = 0,
) -> Judgement:
    """φ(Σ ψ) = factor·(named) + shift."""
    loss = member_of(row.key)
    x = SimpleNamespace(**{h.name: row.values.get(h.name, h.symbol) for h in loss.hyper})
    alone = ONE_NEGATIVE in conditions

    def total(body: Callable[[Expr], Expr]) -> Expr:
        return body(NEGATIVE) if alone else sum_samples(body, other_than=ANCHOR)

    of_row = loss.phi(total(lambda k: loss.psi(closer() - apart(k), x)), x)
    named = factor * row.named(x, total) + shift
    fixed = {name: mp.mpf(int(v)) for name, v in row.values.items()}
    space = Space(loss.hyper, rows=_two if alone else None, values=fixed)
    step = Step(f"φ(Σ ψ) = {row.formula}, up to what is said", difference(of_row, named))
    return decided([step], unequal(named, of_row, space), seed)


def _two(random: Random) -> tuple[Rows, Rows]:
    """Two pairs of unit vectors."""
    a, b, c, d = (unit([gauss(random) for _ in range(3)]) for _ in range(4))
    return (a, b), (c, d)


def claims() -> list[Claim]:
    return [
        Claim(
            f"004-table-{row.key.removeprefix('alpha_').replace('_', '-')}{row.suffix}",
            SOURCE,
            "the φ/ψ table",
            f"φ(Σ_k ψ(d_i² − d_ik²)) of this row is {row.title}.",
            f"φ(Σ ψ) = {row.formula}",
            partial(judge, row=row),
        )
        for row in ROWS
    ]
