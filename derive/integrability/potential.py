"""A scalar for a field, where rules find one. Nothing here is claimed: the caller differentiates.

Two ways. By sums: entry j of anchor i's field is read as Σ_m g_m(S, c_ii') f_m(c_ij').
Every f_m is the derivative of a sum S_m = Σ_k F_m(c_ik'), one that stands in the field already or a
new one; then the scalar is a potential Φ(S, c_ii') with ∂Φ/∂S_m = g_m and ∂Φ/∂c_ii' = −b_i, found
one variable after the other. Gates and arg max are constants (off their jumps).

Along a line (`derive.integrability.line`): for entries that are polynomials of the cosines.
"""

from collections.abc import Iterator

from sympy import Add, Expr, Rational, S, Symbol, expand, factor_terms

from derive.canonical import for_print
from derive.integrability.antiderivative import NoAntiderivativeError, antiderivative, cleared
from derive.integrability.field import Cosine, Field
from derive.integrability.line import line_integral
from derive.integrability.words import Words
from derive.nodes import (
    ANCHOR,
    NEGATIVE,
    Delta,
    HardestIndex,
    Inner,
    View,
    free_indices,
)
from derive.notation import sum_samples
from derive.simplify import simplified, size

Candidate = tuple[Expr, Expr | None]  # a scalar Φ, and the Φ_i it sums over the anchors, if any


def anchor_scalars(of: Field) -> Iterator[Candidate]:
    """What may have the entries of anchor i's field as its derivatives by the cosines of h_i."""
    own = _by_sums(of)
    if own is not None:
        yield own, None
    line = line_integral(of, every_anchor=False)
    if line is not None:
        yield _shortest(line), None


def _by_sums(of: Field) -> Expr | None:
    try:
        return _shortest(_Search(of).scalar())
    except NoAntiderivativeError:
        return None


def batch_scalars(of: Field) -> Iterator[Candidate]:
    """What may have the entries of every anchor's field as its derivatives by all the cosines:
    scalars Φ or Σ_i Φ_i, these with their Φ_i."""
    own = _by_sums(of)
    if own is not None:
        once = [x for x in Add.make_args(expand(own)) if ANCHOR not in free_indices(x)]
        if once:
            yield Add(*once, over_anchors(own - Add(*once))), None
        for summand in (own, _pairs_once(own, of)):
            yield over_anchors(summand), summand
    line = line_integral(of, every_anchor=True)
    if line is not None:
        summand = _shortest(line)
        yield over_anchors(summand), summand


def over_anchors(e: Expr) -> Expr:
    """Σ_i e."""
    return sum_samples(lambda k: e.xreplace({ANCHOR: k}))


def _pairs_once(e: Expr, of: Field) -> Expr:
    """Terms in the cosines within one view by half: over all anchors each pair comes twice."""
    within = {frozenset((of.anchor,))}
    terms = Add.make_args(expand(e))
    same = [x for x in terms if {frozenset(y.args[::2]) for y in x.atoms(Inner)} == within]
    return _shortest(expand(e) - Rational(1, 2) * Add(*same))


def _shortest(e: Expr) -> Expr:
    return min((simplified(e), factor_terms(for_print(e))), key=size)


class _Search:
    """For the scalar of one anchor's field."""

    def __init__(self, of: Field):
        self.field = of
        self.own = Cosine(of.positive, ANCHOR, ANCHOR).node(of.anchor)
        self.gradient: dict[Symbol, Expr] = {}  # by the symbol of a sum

    def scalar(self) -> Expr:
        changing = {Cosine(v, ANCHOR, NEGATIVE).node(self.field.anchor) for v in self.field.push}
        self.words = Words(frozenset((self.own, *changing)))
        for view, push in self.field.push.items():
            if push != 0:
                self._read_push(view)
        own = self.words.name(self.own)
        potential: Expr = S.Zero
        for variable, wanted in (*self.gradient.items(), (own, self.words.read(self.field.own))):
            missing = cleared(wanted - potential.diff(variable))
            potential += antiderivative(missing, variable)
        return self.words.write(potential)

    def _read_push(self, view: View) -> None:
        cosine = Cosine(view, ANCHOR, NEGATIVE)
        local = self.words.name(cosine.node(self.field.anchor))
        entry = _at_the_hardest(self.field.entry(cosine))
        for term in Add.make_args(expand(cleared(self.words.read(entry)))):
            weights = self.words.holding(NEGATIVE)
            factor, shape = term.as_independent(local, *weights, as_Add=False)
            if shape.free_symbols & set(self.words.sums().values()):
                raise NoAntiderivativeError
            total, scale = self._sum_of(shape, cosine, local)
            self.gradient[total] = self.gradient.get(total, S.Zero) + factor * scale

    def _sum_of(self, shape: Expr, cosine: Cosine, local: Symbol) -> tuple[Symbol, Expr]:
        """A sum and a factor: the factor times its derivative by the cosine is the shape."""
        varying = {local, *self.words.holding(NEGATIVE), *self.words.sums().values()}
        for node, symbol in self.words.sums().items():
            change = self.field.derivative(node, cosine)
            if change != 0:
                ratio = cleared(shape / self.words.read(change))
                if not ratio.free_symbols & varying:
                    return symbol, ratio
        body = self.words.write(antiderivative(shape, local))
        return self.words.name(sum_samples(lambda k: body.xreplace({NEGATIVE: k}), ANCHOR)), S.One


def _at_the_hardest(e: Expr) -> Expr:
    """f(c_ij*) 1[j = j*] = f(c_ij) 1[j = j*]."""
    for x in e.atoms(Delta):
        hardest = [k for k in x.args if isinstance(k, HardestIndex)]
        if hardest and NEGATIVE in x.args and e.xreplace({x: S.Zero}) == 0:
            here = {y: y.xreplace({hardest[0]: NEGATIVE}) for y in e.atoms(Inner)}
            return e.xreplace(here)
    return e
