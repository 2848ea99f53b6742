"""The entries of Table 1 and Table 2: dissipation, weight, ratio, and the row as a whole."""

from collections.abc import Iterator

from sympy import Expr, S, sqrt

from derive.nodes import (
    H_PRIME,
    Angle,
    Cos,
    D,
    Delta,
    Exp,
    H,
    HardestIndex,
    N,
    Sin,
    Step,
)
from derive.notation import cosine, distance, hardest, hardest_index, same_view, score
from derive.objectives import load
from verify.claims.model import Claim
from verify.claims.p001 import losses
from verify.claims.p001.mapped import Column
from verify.claims.p001.notation import (
    GAMMA,
    MARGIN,
    NU,
    NU_1,
    NU_2,
    RATIO,
    TAU,
    A,
    I,
    J,
    Pair,
    U,
    claim,
    exp_over_tau,
    gate,
    m,
    nu,
    nu_1,
    over_negatives,
    over_pairs,
    r,
    tau,
    u,
)
from verify.claims.text import formula_text
from verify.claims.together import Later

_ENTRIES = (("gd", "Gradient Dissipation"), ("w", "Weight"), ("r", "Ratio"))


_READ_AS = {("barlow", "r"): " (its W_diag is read as C_diag, as in w_p^B)"}
_NEAREST = (
    "the loss is the triplet of App. D.1, with the least distance among the negatives, where §2.2 "
    "prints the largest (claim 001-l-tri-{})"
)
_BOTH_VIEWS = (
    "the loss has C^B of both views, where §4 prints it of one (claims 001-c-b, "
    "001-eq-10-of-c-b-as-printed); the W_diag that is printed in R is read as C_diag, as in w_p^B"
)


def claims() -> list[Claim]:
    """Four claims a column (a row of Table 1): its three entries, and all of it as a vector."""
    found = [x for key, column in table_1() for x in _of("table-1", "Table 1", key, column)]
    return found + [x for key, column in table_2() for x in _of("table-2", "Table 2", key, column)]


def _of(table: str, where: str, key: str, column: Column) -> Iterator[Claim]:
    tests = (column.dissipation_entry, column.weight_entry, column.ratio_entry)
    printed = (column.dissipation, column.weight, column.ratio)
    for (short, name), test, entry in zip(_ENTRIES, tests, printed, strict=True):
        name += _READ_AS.get((key, short), "")
        text = formula_text(entry, column.hyper)
        yield claim(f"{table}-{key}-{short}", where, f"{name} of {column.name}", Later(test), text)
    said = f"GD Σ W (n_j − R h'_i) of {column.name} is its gradient"
    text = f"∂L_i/∂h_i = {formula_text(column.as_printed(), column.hyper)}"
    yield claim(f"{table}-{key}-row", where, said, Later(column.row), text)


def _least_angle() -> HardestIndex:
    """arg min_{k≠i} θ_ik'."""
    return hardest_index(lambda k: -Angle(cosine(I, k)), I)


def _chord(c: Expr) -> Expr:
    return sqrt(2 - 2 * c)


def _column(
    key: str, gd: Expr, w: Expr, r: Expr, picked: HardestIndex | None = None, reading: str = ""
) -> Column:
    """A loss of the catalogue."""
    loss = load(key)
    hyper = {"infonce": (TAU,), "arccon": (TAU, U)}.get(key, (MARGIN,))
    return Column(loss.title, loss.formula(), hyper, H_PRIME, gd, w, r, picked, reading=reading)


def table_1() -> Iterator[tuple[str, Column]]:
    """InfoNCE, ArcCon, MPT, MET."""
    others = over_negatives(lambda k: exp_over_tau(cosine, I, k))
    softmax = exp_over_tau(cosine, I, J) / (tau * others)
    angle = Angle(cosine(I, I))
    moved = Cos(angle + u)

    gd = 1 / (1 + exp_over_tau(cosine, I, I) / others)
    yield "infonce", _column("infonce", gd, softmax, S.One)
    gd = 1 / (1 + Exp(moved / tau) / others)
    yield "arccon", _column("arccon", gd, softmax, Sin(angle + u) / Sin(angle))
    j = _least_angle()
    nearest_read = [_NEAREST.format(name) for name in ("mpt", "met")]
    yield "mpt", _column("mpt", gate(), Delta(J, j), S.One, j, nearest_read[0])
    nearest = -hardest(lambda k: -_chord(cosine(I, k)), I)
    gd = Step(m - (nearest - _chord(cosine(I, I))))
    ratio = sqrt(1 - cosine(I, J)) / sqrt(1 - cosine(I, I))  # printed as one root: neither is < 0
    weight = Delta(J, j) / _chord(cosine(I, J))
    yield "met", _column("met", gd, weight, ratio, j, nearest_read[1])


def table_2() -> Iterator[tuple[str, Column]]:
    """The four losses before and after their modification."""
    yield from before()
    yield from after()


def before() -> Iterator[tuple[str, Column]]:
    pairs = over_pairs(lambda k, n: Exp(2 * same_view(k, n))) / 2
    weight = 2 * nu * Exp(2 * same_view(I, J)) / pairs
    ratio = pairs / (nu * N * over_negatives(lambda k: Exp(2 * same_view(I, k))))
    formula = losses.alignment() + nu * losses.energy(S.One)
    yield "mhe", Column("L^a + ν L^{u,MHE}", formula, (NU,), H, S.One, weight, ratio)
    j = hardest_index(lambda k: same_view(I, k), I)
    away = distance(H, I, H, J)
    formula = losses.alignment() + nu * losses.separation()
    yield "mhs", Column("L^a + ν L_i^{u,MHS}", formula, (NU,), H, S.One, nu * Delta(J, j) / away,
                        2 * away / (nu * N), picked=j)  # fmt: skip
    correlation = losses.correlation(H_PRIME)
    weight = 2 * nu * cosine(I, J) / N**2
    pulled = 1 - (1 - nu) * correlation(A, A)
    ratio = N * pulled / (nu * over_negatives(lambda k: cosine(I, k)))
    formula = losses.barlow_twins(correlation)
    yield "barlow", Column("L^B", formula, (NU,), H, S.One, weight, ratio, reading=_BOTH_VIEWS)
    weight = 4 * nu_1 * same_view(I, J) / (D * (N - 1) ** 2)
    ratio = D * (N - 1) ** 2 / N / (2 * nu_1 * over_negatives(lambda k: same_view(I, k)))
    hyper = (NU_1, NU_2, GAMMA)
    yield "vicreg", Column("L^V", losses.vicreg(), hyper, H, S.One, weight, ratio)


def after() -> Iterator[tuple[str, Column]]:
    hyper = (MARGIN, TAU, RATIO)
    opened = gate(score(lambda k: cosine(k, k))(I))

    def softmax(pair: Pair, pairs: Expr) -> Expr:
        return exp_over_tau(pair, I, J) / pairs

    pairs = over_pairs(lambda k, n: exp_over_tau(same_view, k, n))
    weight = exp_over_tau(same_view, I, J) / (tau * pairs / 2)
    yield "mmhe", Column("L^mMHE", losses.mmhe(opened), hyper, H, gate(), weight, r)
    j = hardest_index(lambda k: same_view(I, k), I)
    weight = Delta(J, j) / distance(H, I, H, J)
    yield (
        "mmhs",
        Column("L^mMHS", losses.mmhs(opened), (MARGIN, RATIO), H, gate(), weight, r, picked=j),
    )
    across = over_pairs(lambda k, n: exp_over_tau(cosine, k, n))
    yield "mb", Column("L^mB", losses.weighted(cosine, opened), hyper, H, gate(),
                       softmax(cosine, across), r)  # fmt: skip
    yield "mv", Column("L^mV", losses.weighted(same_view, opened), hyper, H, gate(),
                       softmax(same_view, pairs), r)  # fmt: skip
