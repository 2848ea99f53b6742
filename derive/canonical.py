"""The normal form: two expressions that the rules below can make equal become identical.

A term is a coefficient, a bag of factors and a list of bound indices. Deltas are contracted; a
feature index in exactly two components becomes an inner product; unit norms become 1; a centred
view sums to zero; what is left falls into connected components by shared bound index, each an
atom named by the least of its renamings. Bound indices are numbered above the highest inside the
body, so that no renaming can capture one.

Two forms: `for_print` keeps Σ_{k≠i}, `for_proof` writes it Σ_k f(k) − f(i), so that both ways of
writing a sum meet. Both keep the value; tests hold them to that, and to idempotence.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations
from typing import NamedTuple

from sympy import Add, Expr, Mul, Pow, Rational, S, Symbol
from sympy.core.numbers import Number

from derive.nodes import (
    Angle,
    Component,
    D,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    Log,
    N,
    Named,
    Node,
    SampleIndex,
    Step,
    Stop,
    View,
    label,
)
from derive.notation import fresh

_INDICES = (SampleIndex, FeatureIndex)
_IDEMPOTENT = (Step, Delta, Distinct)
_ZERO_SUM = ("centred", "balanced")
_NONE: frozenset[Index] = frozenset()


class _Term(NamedTuple):
    coefficient: Expr
    factors: tuple[Expr, ...]
    bound: tuple[Index, ...]


_UNIT_TERM = _Term(S.One, (), ())


@lru_cache(maxsize=100_000)
def free_indices(e: Expr) -> frozenset[Index]:
    """The indices an expression depends on (bound ones excluded)."""
    if isinstance(e, _INDICES):
        return frozenset((e,))
    if not e.args:
        return _NONE
    inside = frozenset().union(*map(free_indices, e.args))
    if isinstance(e, IndexSum):
        return inside - {e.args[1]}
    if isinstance(e, Hardest | HardestIndex):
        return free_indices(e.args[2]) | (inside - {e.args[1]})
    return inside


class Canonicaliser:
    """One of the two normal forms; call it on an expression."""

    def __init__(self, *, split_sums: bool):
        self.split_sums = split_sums
        self._known: dict[Expr, Expr] = {}

    def __call__(self, e: Expr) -> Expr:
        result = self._known.get(e)
        if result is None:
            result = Add(*[self._assemble(term) for term in self._terms(e)])
            self._known[e] = self._known[result] = result  # the form of a form is itself
        return result

    # ---- an expression as a list of terms ----

    def _terms(self, e: Expr) -> list[_Term]:
        if isinstance(e, Number):
            return [_Term(e, (), ())] if e != 0 else []
        if isinstance(e, Add):
            return [term for x in e.args for term in self._terms(x)]
        if isinstance(e, Mul):
            return self._product(e.args)
        if isinstance(e, Pow):
            return self._power(e)
        if isinstance(e, IndexSum):
            body, k = e.args
            new = fresh(type(k))
            terms = self._terms(body.xreplace({k: new}))
            return [_Term(c, f, (*bound, new)) for c, f, bound in terms]
        if isinstance(e, Stop):
            return self._terms(e.args[0])
        if isinstance(e, Distinct):
            return self._distinct(e)
        if isinstance(e, Named) and (self.split_sums or not e.definition.opaque):
            return self._terms(e.value)
        return [_Term(S.One, tuple(Mul.make_args(self._node(e))), ())]

    def _product(self, factors: tuple[Expr, ...]) -> list[_Term]:
        out = [_UNIT_TERM]
        for factor in factors:
            terms = [_Term(S.One, (factor,), ())] if self._keeps(factor) else self._terms(factor)
            out = [_Term(c1 * c2, f1 + f2, b1 + b2) for c1, f1, b1 in out for c2, f2, b2 in terms]
            if not out:
                break
        return out

    def _keeps(self, factor: Expr) -> bool:
        """A sum of constants such as N − 1 stays whole in print."""
        return not self.split_sums and isinstance(factor, Add) and not factor.has(Node)

    def _power(self, e: Expr) -> list[_Term]:
        base, exponent = e.args
        if self._keeps(base):
            return [_Term(S.One, (e,), ())]
        if exponent.is_Integer and exponent > 0:
            if isinstance(base, Inner | Component | Symbol):
                return [_Term(S.One, (Pow(self._node(base), exponent),), ())]
            return self._product((base,) * int(exponent))
        base = self(base)
        if isinstance(base, Mul) and exponent.is_Integer:
            return [_Term(S.One, tuple(Pow(x, exponent) for x in base.args), ())]
        if self.split_sums and not exponent.is_Integer and isinstance(base, Add):
            content, base = base.primitive()
            return [_Term(S.One, (Pow(content, exponent), Pow(base, exponent)), ())]
        return [_Term(S.One, (Pow(base, exponent),), ())]

    def _distinct(self, e: Expr) -> list[_Term]:
        if self.split_sums or any(isinstance(x, FeatureIndex) for x in e.args):
            return [_UNIT_TERM, _Term(S.NegativeOne, (Delta(*e.args),), ())]
        return [_Term(S.One, (e,), ())]

    def _node(self, e: Expr) -> Expr:
        """A factor that stays whole, its arguments in normal form."""
        if isinstance(e, Exp):
            return _split_exp(self(e.args[0]))
        if isinstance(e, Hardest):
            body, k, i = e.args
            if self.split_sums:
                return self(body.xreplace({k: HardestIndex(body, k, i)}))
            return Hardest(self(body), k, i)
        if isinstance(e, HardestIndex):
            body, k, i = e.args
            return HardestIndex(_ranking(self(body), k), k, i)
        if isinstance(e, Inner | Component | Delta | Named):
            return e.func(*[x if isinstance(x, View) else self.index(x) for x in e.args])
        if e.is_Symbol or not e.args:
            return e
        return e.func(*[self(x) for x in e.args])

    def index(self, x: Expr) -> Expr:
        """A hardest index by the simplest expression that ranks as its own does."""
        return self._node(x) if isinstance(x, HardestIndex) else x

    # ---- a term back to an expression ----

    def _assemble(self, term: _Term) -> Expr:
        factors, bound, nested = _contract_deltas(list(term.factors), list(term.bound))
        if factors is None:
            return S.Zero
        if nested:  # a substitution reached inside a node: its arguments need the normal form anew
            e = Mul(term.coefficient, *factors)
            for k in bound:
                e = IndexSum(e, k)
            return self(e)
        factors, bound = _contract_features(factors, bound)
        if self.split_sums and any(_centred_part(x, bound) for x in factors):
            parts = [_less_mean(x) if _centred_part(x, bound) else x for x in factors]
            return self(_resum(Mul(term.coefficient, *parts), bound))
        factors = [_unit(x) for x in _drop_repeats(factors)]
        for k in bound:
            left, sign = _sum_to_zero(factors, k)
            if sign == 0:
                return S.Zero
            if sign == -1:
                rest = [x for x in bound if x != k]
                return self(_resum(Mul(-term.coefficient, *left), rest))
        return Mul(term.coefficient, *_components(factors, bound))


def _resum(e: Expr, bound: list[Index]) -> Expr:
    for k in bound:
        e = IndexSum(e, k)
    return e


def _contract_deltas(
    factors: list[Expr], bound: list[Index]
) -> tuple[list[Expr] | None, list[Index], bool]:
    """Σ_k δ_ki f(k) = f(i). Returns None for factors if one of them vanishes."""
    nested = False
    while True:
        if any(x == 0 for x in factors):
            return None, bound, nested
        at = _contractible(factors, bound)
        if at is None:
            return factors, bound, nested
        a, b = factors.pop(at).args
        old, new = (a, b) if a in bound else (b, a)
        bound.remove(old)
        for n, x in enumerate(factors):
            if old in free_indices(x):
                nested = nested or not isinstance(x, Inner | Component | Delta | Distinct)
                factors[n] = x.xreplace({old: new})


def _contractible(factors: list[Expr], bound: list[Index]) -> int | None:
    for at, x in enumerate(factors):
        if isinstance(x, Delta) and (x.args[0] in bound or x.args[1] in bound):
            return at
    return None


def _contract_features(factors: list[Expr], bound: list[Index]) -> tuple[list[Expr], list[Index]]:
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


def _drop_repeats(factors: list[Expr]) -> Iterator[Expr]:
    """x² = x for indicators."""
    seen = set()
    for x in factors:
        if isinstance(x, _IDEMPOTENT):
            if x in seen:
                continue
            seen.add(x)
        yield x


def _unit(x: Expr) -> Expr:
    """⟨v_i, v_i⟩ = 1 for a unit view."""
    if isinstance(x, Inner):
        v, i, w, j = x.args
        return S.One if v == w and i == j and v.unit and v.role != "centred" else x
    if isinstance(x, Pow) and isinstance(x.base, Inner):
        return Pow(_unit(x.base), x.exp)
    return x


def _sum_to_zero(factors: list[Expr], k: Index) -> tuple[list[Expr], Expr]:
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


def _centred_part(x: Expr, bound: list[Index]) -> bool:
    """A component (or a power of one) of a centred view at a free feature."""
    part = x.base if isinstance(x, Pow) else x
    return (
        isinstance(part, Component) and part.args[0].role == "centred" and part.args[2] not in bound
    )


def _less_mean(x: Expr) -> Expr:
    """ĥ_ia = h_ia − (1/N) Σ_k h_ka."""
    if isinstance(x, Pow):
        return Pow(_less_mean(x.base), x.exp)
    v, i, a = x.args
    k = fresh(SampleIndex)
    return Component(v.base, i, a) - IndexSum(Component(v.base, k, a), k) / N


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


def _components(factors: list[Expr], bound: list[Index]) -> list[Expr]:
    """Factors that share no bound index stand apart; each connected rest is one nested sum."""
    local = {x: free_indices(x).intersection(bound) for x in factors}
    used = frozenset().union(*local.values()) if local else _NONE
    out: list[Expr] = [_size(k) for k in bound if k not in used]
    groups: list[tuple[set[Index], list[Expr]]] = []
    for x in factors:
        if not local[x]:
            out.append(x)
            continue
        indices, members = set(local[x]), [x]
        for group in [g for g in groups if g[0] & indices]:
            groups.remove(group)
            indices |= group[0]
            members = group[1] + members
        groups.append((indices, members))
    out += [_named_sum(indices, Mul(*members)) for indices, members in groups]
    return out


def _size(k: Index) -> Expr:
    return N if isinstance(k, SampleIndex) else D


def _named_sum(indices: set[Index], body: Expr) -> Expr:
    """Σ over the indices, under the least of all ways to number them."""
    if len(indices) == 1:
        orders: Iterator[tuple[Index, ...]] = iter([tuple(indices)])
    else:
        orders = permutations(sorted(indices, key=label))
    level = _highest_bound(body)
    best: tuple[str, Expr, list[Index]] | None = None
    for order in orders:
        names = _numbered(order, level)
        renamed = body.xreplace(names)
        name = key(renamed)
        if best is None or name < best[0]:
            best = (name, renamed, sorted(names.values(), key=label))
    assert best is not None
    return _resum(best[1], best[2])


def _numbered(order: tuple[Index, ...], level: int) -> dict[Expr, Index]:
    count = {SampleIndex: level, FeatureIndex: level}
    names: dict[Expr, Index] = {}
    for k in order:
        count[type(k)] += 1
        names[k] = type(k)(f"{'k' if isinstance(k, SampleIndex) else 'a'}{count[type(k)]}")
    return names


@lru_cache(maxsize=100_000)
def _highest_bound(e: Expr) -> int:
    """The highest number among the bound indices inside an expression."""
    inside = max(map(_highest_bound, e.args), default=0)
    if isinstance(e, IndexSum):
        return max(inside, int(e.args[1].name[1:]))
    return inside


@lru_cache(maxsize=100_000)
def key(e: Expr) -> str:
    """A structural name to order by: cheaper than SymPy's printer."""
    if not e.args:
        return label(e)
    parts = [key(x) for x in e.args]
    if isinstance(e, Add | Mul):
        parts.sort()
    return f"{type(e).__name__}({','.join(parts)})"


def _split_exp(x: Expr) -> Expr:
    """e^(x+y) = e^x·e^y, whole multiples as powers: e^(2c) = (e^c)²."""
    factors = []
    for part in Add.make_args(x):
        number, rest = part.as_coeff_Mul()
        if rest == 1 or not number.is_Rational:
            factors.append(Exp(part))
        else:
            factors.append(Pow(Exp(rest / number.q), number.p))
    return Mul(*factors)


def _ranking(body: Expr, k: Index) -> Expr:
    """The simplest expression that orders the k as the body does: strictly increasing wrappers
    are taken off, so that argmax of −√(2 − 2c) and of c are one index."""
    sign = S.One
    while True:
        if isinstance(body, Add):
            rest = [x for x in body.args if k in free_indices(x)]
            if len(rest) > 1:
                return sign * body
            body = rest[0]
        if isinstance(body, Mul):
            number, rest_of_body = body.as_independent(k)
            if number.is_positive or number.is_negative:
                sign = sign if number.is_positive else -sign
                body = rest_of_body
                continue
        inner, turn = _increasing(body)
        if inner is None:
            return sign * body
        body, sign = inner, sign * turn


def _increasing(body: Expr) -> tuple[Expr | None, Expr]:
    """The argument of a strictly monotone node, and +1 or −1 as it increases or decreases."""
    if isinstance(body, Exp | Log):
        return body.args[0], S.One
    if isinstance(body, Angle):
        return body.args[0], S.NegativeOne
    if isinstance(body, Pow) and isinstance(body.exp, Rational) and not body.exp.is_Integer:
        return body.base, S.One if body.exp > 0 else S.NegativeOne
    return None, S.One


for_print = Canonicaliser(split_sums=False)
for_proof = Canonicaliser(split_sums=True)
