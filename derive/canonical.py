"""The normal form: two expressions that the rules below can make equal become identical.

A term is a coefficient, a bag of factors and a list of bound indices. Deltas are contracted; a
feature index in exactly two components becomes an inner product; unit norms become 1; a centred
view sums to zero; what is left falls into connected components by shared bound index, each an
atom named by the least of its renamings. Bound indices are numbered above the highest inside the
body, so that no renaming can capture one.

Two forms: `for_print` keeps Σ_{k≠i}, `for_proof` writes it Σ_k f(k) − f(i), so that both ways of
writing a sum meet. Both keep the value; tests hold them to that, and to idempotence.
"""

from typing import NamedTuple

from sympy import Add, Expr, Mul, Pow, S, Symbol
from sympy.core.numbers import Number

from derive.atoms import components
from derive.contraction import (
    centred_part,
    contract_deltas,
    contract_features,
    drop_repeats,
    less_mean,
    sum_to_zero,
    unit,
)
from derive.indices import fresh, highest_bound, resum
from derive.nodes import (
    Component,
    Delta,
    Distinct,
    Exp,
    FeatureIndex,
    Hardest,
    HardestIndex,
    Index,
    IndexSum,
    Inner,
    Kept,
    Match,
    Mismatch,
    Named,
    Node,
    SampleIndex,
    Stop,
    Top,
    View,
)
from derive.ranking import divisible, ranking, split_exp, symbolic_content

_WRITTEN_OUT = 3  # the highest power that is multiplied out at once
_REMEMBERED = 50_000  # forms kept; indices are fresh, so an old one seldom comes back


class _Term(NamedTuple):
    coefficient: Expr
    factors: tuple[Expr, ...]
    bound: tuple[Index, ...]


_UNIT_TERM = _Term(S.One, (), ())


class Canonicaliser:
    """One of the two normal forms; call it on an expression."""

    def __init__(self, *, split_sums: bool, keep_names: bool = False, keep_stops: bool = False):
        self.split_sums = split_sums
        self.keep_names = keep_names
        self.keep_stops = keep_stops
        self._known: dict[Expr, Expr] = {}

    def __call__(self, e: Expr) -> Expr:
        result = self._known.get(e)
        if result is None:
            if len(self._known) > _REMEMBERED:
                self._known.clear()
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
        if isinstance(e, Stop) and not self.keep_stops:
            return self._terms(e.args[0])
        if isinstance(e, Distinct):
            return self._distinct(e)
        if isinstance(e, Mismatch) and self.split_sums:
            return [_UNIT_TERM, _Term(S.NegativeOne, (Match(*e.args),), ())]
        if isinstance(e, Named) and not (self.keep_names and e.definition.opaque):
            return self._terms(e.value)
        return [_Term(S.One, tuple(Mul.make_args(self._node(e))), ())]

    def _product(self, factors: tuple[Expr, ...]) -> list[_Term]:
        at = divisible(factors)
        if at is not None:  # (x + y)/(x·y) is 1/y + 1/x: x and y cancel before they are written out
            rest = [x for x in factors if x is not factors[at]]
            return [t for x in factors[at].args for t in self._terms(Mul(x, *rest))]
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
            if isinstance(base, Inner | Component | Symbol | Exp):
                parts = Mul.make_args(self._node(base))
                return [_Term(S.One, tuple(Pow(x, exponent) for x in parts), ())]
            if exponent <= _WRITTEN_OUT:
                return self._product((base,) * int(exponent))
            half = self(Pow(base, exponent // 2))  # collected on the way: 2ⁿ terms otherwise
            return self._product((half, half, *[base] * int(exponent % 2)))
        base = self(base)
        if isinstance(base, Mul) and exponent.is_Integer:
            return [_Term(S.One, tuple(Pow(x, exponent) for x in base.args), ())]
        if self.split_sums and not exponent.is_Integer and isinstance(base, Add):
            content, base = base.primitive()
            return [_Term(S.One, (Pow(content, exponent), Pow(base, exponent)), ())]
        if self.split_sums and isinstance(base, Add):
            content, base = symbolic_content(base)
            return [_Term(S.One, (Pow(content, exponent), Pow(base, exponent)), ())]
        return [_Term(S.One, (Pow(base, exponent),), ())]

    def _distinct(self, e: Expr) -> list[_Term]:
        if self.split_sums or any(isinstance(x, FeatureIndex) for x in e.args):
            return [_UNIT_TERM, _Term(S.NegativeOne, (Delta(*e.args),), ())]
        return [_Term(S.One, (e,), ())]

    def _node(self, e: Expr) -> Expr:
        """A factor that stays whole, its arguments in normal form."""
        if isinstance(e, Exp):
            return split_exp(self(e.args[0]))
        if isinstance(e, Hardest | HardestIndex):
            return self._hardest(e)
        if isinstance(e, Top):
            return self._top(e)
        if isinstance(e, Inner | Component | Delta | Distinct | Kept | Match | Mismatch | Named):
            views_and_indices = (
                self._view(x) if isinstance(x, View) else self.index(x) for x in e.args
            )
            return e.func(*views_and_indices)
        if e.is_Symbol or not e.args:
            return e
        return e.func(*[self(x) for x in e.args])

    def _view(self, view: View) -> View:
        return view if self.keep_stops else view.flowing

    def _hardest(self, e: Expr) -> Expr:
        """The bound index is numbered above those in the body, as that of a sum is."""
        body, k, i = e.args
        if self.split_sums and isinstance(e, Hardest):
            return self(body.xreplace({k: HardestIndex(body, k, i)}))
        new = fresh(SampleIndex)
        body = self(body.xreplace({k: new}))
        if isinstance(e, HardestIndex):
            body = ranking(body, new)
        name = SampleIndex(f"k{highest_bound(body) + 1}")
        return e.func(body.xreplace({new: name}), name, i)

    def _top(self, e: Top) -> Expr:
        j, body, k, i, share = e.args
        new = fresh(SampleIndex)
        body = ranking(self(body.xreplace({k: new})), new)
        name = SampleIndex(f"k{highest_bound(body) + 1}")
        return Top(self.index(j), body.xreplace({new: name}), name, self.index(i), share)

    def index(self, x: Expr) -> Expr:
        """A hardest index by the simplest expression that ranks as its own does."""
        return self._node(x) if isinstance(x, HardestIndex) else x

    # ---- a term back to an expression ----

    def _assemble(self, term: _Term) -> Expr:
        factors, bound, nested = contract_deltas(list(term.factors), list(term.bound))
        if factors is None:
            return S.Zero
        if nested:  # a substitution reached inside a node: its arguments need the normal form anew
            e = Mul(term.coefficient, *factors)
            for k in bound:
                e = IndexSum(e, k)
            return self(e)
        factors, bound = contract_features(factors, bound)
        if self.split_sums and any(centred_part(x, bound) for x in factors):
            parts = [less_mean(x) if centred_part(x, bound) else x for x in factors]
            return self(resum(Mul(term.coefficient, *parts), bound))
        factors = [unit(x) for x in drop_repeats(factors)]
        for k in bound:
            left, sign = sum_to_zero(factors, k)
            if sign == 0:
                return S.Zero
            if sign == -1:
                rest = [x for x in bound if x != k]
                return self(resum(Mul(-term.coefficient, *left), rest))
        factors = list(Mul.make_args(Mul(*factors)))  # e^x·e^−x is 1 before it is summed
        return Mul(term.coefficient, *components(factors, bound))


for_print = Canonicaliser(split_sums=False, keep_names=True)
for_proof = Canonicaliser(split_sums=True)
# A proof by name holds whatever the names stand for, and is quicker where they stand for much.
for_proof_by_name = Canonicaliser(split_sums=True, keep_names=True)
for_formula = Canonicaliser(split_sums=True, keep_stops=True)  # before differentiation
