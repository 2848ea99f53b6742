"""The rewritings of one term of the normal form: deltas, features, unit norms, zero sums."""

from collections.abc import Iterator

from sympy import Expr, Pow, S

from derive.indices import fresh
from derive.nodes import (
    Component,
    Delta,
    Distinct,
    FeatureIndex,
    Given,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    Kept,
    Match,
    Mismatch,
    N,
    SampleIndex,
    Step,
    Top,
    free_indices,
)

_IDEMPOTENT = (Step, Delta, Distinct, Kept, Match, Mismatch, Top)
_INDEXED = (Inner, Component, Delta, Distinct, Kept, Match, Mismatch)  # hold nothing but indices
_ZERO_SUM = ("centred", "balanced")


def contract_deltas(
    factors: list[Expr], bound: list[Index]
) -> tuple[list[Expr] | None, list[Index], bool]:
    """Σ_k δ_ki f(k) = f(i). Returns None for factors if one of them vanishes."""
    nested = False
    while True:
        if any(x == 0 for x in factors):
            return None, bound, nested
        at = _contractible(factors, bound)
        if at is None:
            return factors, bound, _identify_picked(factors) or nested
        a, b = factors.pop(at).args
        old, new = (a, b) if a in bound and a not in free_indices(b) else (b, a)
        bound.remove(old)
        for n, x in enumerate(factors):
            if old in free_indices(x):
                nested = nested or not isinstance(x, _INDEXED)
                factors[n] = x.xreplace({old: new})


def _contractible(factors: list[Expr], bound: list[Index]) -> int | None:
    for at, x in enumerate(factors):
        if isinstance(x, Delta):
            a, b = x.args
            if (a in bound and a not in free_indices(b)) or (
                a not in bound and b in bound and b not in free_indices(a)
            ):
                return at
    return None


def _identify_picked(factors: list[Expr]) -> bool:
    """δ_pj f(p) = δ_pj f(j) for a picked sample p; whether a factor needs the normal form anew."""
    nested = False
    for delta in [x for x in factors if isinstance(x, Delta)]:
        picked = next((x for x in delta.args if isinstance(x, HardestIndex | Given)), None)
        if picked is None or delta not in factors:
            continue
        name = next(x for x in delta.args if x != picked)
        for n, x in enumerate(factors):
            if x != delta and x.has(picked):
                nested = True
                factors[n] = x.xreplace({picked: name})
    return nested


def contract_features(factors: list[Expr], bound: list[Index]) -> tuple[list[Expr], list[Index]]:
    """Σ_a v_ia w_ja = ⟨v_i, w_j⟩, for every feature index that is in exactly two components."""
    factors = [x for f in factors for x in _repeated_components(f)]
    left = []
    for a in bound:
        holders = [x for x in factors if a in free_indices(x)]
        if (
            isinstance(a, FeatureIndex)
            and len(holders) == 2
            and all(isinstance(x, Component) for x in holders)
        ):
            for x in holders:
                factors.remove(x)
            (v, i, _), (w, j, _) = holders[0].args, holders[1].args
            factors.append(Inner(v, i, w, j))
        else:
            left.append(a)
    return factors, left


def _repeated_components(f: Expr) -> list[Expr]:
    if isinstance(f, Pow) and isinstance(f.base, Component) and f.exp.is_Integer and f.exp > 0:
        return [f.base] * int(f.exp)
    return [f]


def drop_repeats(factors: list[Expr]) -> Iterator[Expr]:
    """x² = x for indicators; samples with other labels are other samples."""
    seen = {Distinct(*x.args) for x in factors if isinstance(x, Mismatch)}
    for x in factors:
        if isinstance(x, _IDEMPOTENT):
            if x in seen:
                continue
            seen.add(x)
        yield x


def unit(x: Expr) -> Expr:
    """⟨v_i, v_i⟩ = 1 for a unit view."""
    if isinstance(x, Inner):
        v, i, w, j = x.args
        return S.One if v == w and i == j and v.unit and v.role != "centred" else x
    if isinstance(x, Pow) and isinstance(x.base, Inner):
        return Pow(unit(x.base), x.exp)
    return x


def sum_to_zero(factors: list[Expr], k: Index) -> tuple[list[Expr], Expr]:
    """Σ_k ĥ_k = 0, and so Σ_{k≠i} ĥ_k = −ĥ_i: new factors, and 0, −1 or (no change) 1."""
    if not isinstance(k, SampleIndex):
        return factors, S.One
    holders = [x for x in factors if k in free_indices(x)]
    guards = [x for x in holders if isinstance(x, Distinct)]
    rest = [x for x in holders if not isinstance(x, Distinct)]
    if len(rest) != 1 or len(guards) > 1 or not _linear_and_centred(rest[0], k):
        return factors, S.One
    if not guards:
        return [], S.Zero
    other = next(x for x in guards[0].args if x != k)
    kept = [x for x in factors if x not in guards and x is not rest[0]]
    return [*kept, rest[0].xreplace({k: other})], S.NegativeOne


def _linear_and_centred(x: Expr, k: Index) -> bool:
    if isinstance(x, Component):
        return bool(x.args[0].role in _ZERO_SUM and x.args[1] == k)
    if isinstance(x, Inner):
        v, i, w, j = x.args
        return bool(
            (i == k and v.role in _ZERO_SUM and k not in free_indices(j))
            or (j == k and w.role in _ZERO_SUM and k not in free_indices(i))
        )
    return False


def centred_part(x: Expr, bound: list[Index]) -> bool:
    """A component (or a power of one) of a centred view at a free feature."""
    part = x.base if isinstance(x, Pow) else x
    return (
        isinstance(part, Component) and part.args[0].role == "centred" and part.args[2] not in bound
    )


def less_mean(x: Expr) -> Expr:
    """ĥ_ia = h_ia − (1/N) Σ_k h_ka."""
    if isinstance(x, Pow):
        return Pow(less_mean(x.base), x.exp)
    v, i, a = x.args
    k = fresh(SampleIndex)
    return Component(v.base, i, a) - IndexSum(Component(v.base, k, a), k) / N
