"""A comparison as sections."""

from collections.abc import Iterator

from sympy import Expr

from derive.comparison.compare import ComparisonResult
from derive.comparison.relations import Finding
from derive.comparison.subject import Subject, other_defaults
from derive.comparison.unit import normalisation
from derive.nodes import View
from derive.objective import Objective
from derive.paradigm import Decomposition, revealed
from derive.printing.boxes import Box, Leaf, Row, Script, equation, leaf
from derive.printing.counterexample import counterexample_items, hypers_of
from derive.printing.layout import Typesetter
from derive.printing.legend import legend
from derive.printing.parts import GD, I_, J_, A, R, W, why_undefined
from derive.printing.sections import Formula, Item, Section, Table
from derive.verdict import Verdict


def comparison_sections(result: ComparisonResult) -> tuple[Section, ...]:
    """The relation first, then both losses side by side."""
    typesetter = Typesetter(tuple(hypers_of(result).values()))
    a, b = result.a, result.b
    sections = (
        Section("", (_title(a), _title(b))),
        Section("Relation", (*_reading(result), *_relation(result))),
        Section("Counterexample", tuple(counterexample_items(result))),
        Section("Side by side", (_specification(result), *_matched(result))),
        Section("Formulas", tuple(_formulas(result, typesetter))),
        Section("Gradient", tuple(_parts(result, typesetter))),
        Section("Notation", tuple(legend(typesetter, _with_views(result)))),
    )
    return tuple(x for x in sections if x.items)


def _with_views(result: ComparisonResult) -> Objective:
    """The one whose embeddings both are compared on."""
    a, b = result.a.objective, result.b.objective
    return a if (a.embeddings == "unit") == result.a.form.unit else b


def _title(x: Subject) -> str:
    return f"{x.letter}: {x.objective.title}  [{x.objective.name}]"


_VERDICTS = {
    Verdict.PROVED: "proved for symbolic N and D",
    Verdict.AGREED: "by numbers, not proved",
}


def _relation(result: ComparisonResult) -> Iterator[Item]:
    for finding in result.findings:
        yield f"{_heading(finding)} ({_VERDICTS[finding.verdict]}): {finding.text}"
    if not result.findings and result.counterexample is not None:
        yield (
            "Different: not the same up to a factor and a constant (the counterexample shows it), "
            "and no function, gate, special value or limit that would relate them was proved."
        )
    if not result.findings and result.counterexample is None:
        yield (
            "Undecided: no relation was found, and no batch that tells the two apart up to a "
            "factor and a constant."
        )


def _heading(finding: Finding) -> str:
    return finding.kind.value[0].upper() + finding.kind.value[1:]


_STATED = (
    ("differentiated", "differentiated"),
    ("training scalar", "reduction"),
    ("negatives", "pool"),
    ("embeddings", "embeddings"),
    ("stop-gradients", "stop_gradients"),
)


def _specification(result: ComparisonResult) -> Table:
    rows = []
    for label, attribute in _STATED:
        x, y = (getattr(s.objective, attribute) for s in (result.a, result.b))
        rows.append((label, x if x == y else f"A: {x}; B: {y}"))
    rows.append(("hyper-parameters", f"A: {_hyper(result.a)}; B: {_hyper(result.b)}"))
    return Table(tuple(rows), heading=False)


def _hyper(x: Subject) -> str:
    return (
        ", ".join(
            f"{h.display} = {x.settings[h.name]}" if h.name in x.settings else f"{h.display} free"
            for h in x.objective.hyper
        )
        or "none"
    )


def _reading(result: ComparisonResult) -> Iterator[str]:
    kinds = {x.objective.differentiated for x in (result.a, result.b)}
    if len(kinds) == 2:
        yield "One is L_i and the other a scalar of the batch: L_i is compared by its mean over i."
    if len({x.objective.embeddings for x in (result.a, result.b)}) == 2:
        yield f"Both are compared on unit embeddings: {normalisation(result.a, result.b)}."


def _matched(result: ComparisonResult) -> Iterator[str]:
    names = hypers_of(result)
    common = set(result.a.free) & set(result.b.free)
    if common:
        displayed = ", ".join(names[x].display for x in sorted(common))
        yield f"Equal in both, whatever the value: {displayed}."
    differing = other_defaults(result.a, result.b)
    if differing:
        each = (f"{names[x].display} = {p} in A, {q} in B" for x, (p, q) in differing.items())
        yield f"The defaults differ: {'; '.join(each)}."


def _named(symbol: Box, letter: str) -> Box:
    return Row((symbol, leaf(" "), Leaf(f"[{letter}]", rf"\;[\mathrm{{{letter}}}]")))


def _formulas(result: ComparisonResult, typesetter: Typesetter) -> Iterator[Item]:
    for subject, d in zip((result.a, result.b), result.decompositions, strict=True):
        below = Leaf(f"{subject.letter}", rf"\mathrm{{{subject.letter}}}")
        yield Formula(equation(Script(leaf("L"), (below,)), typesetter(d.coefficients.formula)))


def _parts(result: ComparisonResult, typesetter: Typesetter) -> Iterator[Item]:
    """a_ij, b_i, GD, W, R of A and then of B, each under its letter."""
    pairs = list(zip("AB", result.decompositions, strict=True))
    for symbol, get in (("a", _pushes), ("b", _pulls), ("GD", _gates), ("W", _weights)):
        for letter, d in pairs:
            found = list(get(d))
            for name, e in found:
                yield Formula(equation(_named(name, letter), typesetter(revealed(e))))
            if not found:
                yield f"{symbol} [{letter}]: none ({why_undefined(d)})."
    for letter, d in pairs:
        if d.ratio is None:
            yield f"R_i [{letter}] is undefined: {why_undefined(d)}."
        else:
            yield Formula(equation(_named(Script(R, (I_,)), letter), typesetter(d.ratio)))
    for letter, d in pairs:
        if d.remainder:
            yield f"{letter} has a remainder besides: {', '.join(x.summand for x in d.remainder)}."


def _negative(symbol: Leaf, view: View, many: bool) -> Box:
    return Script(symbol, (I_, leaf("j'") if many and view.name.endswith("'") else J_))


def _pushes(d: Decomposition) -> Iterator[tuple[Box, Expr]]:
    push = d.coefficients.push
    return ((_negative(A, view, len(push) > 1), e) for view, e in push.items())


def _pulls(d: Decomposition) -> Iterator[tuple[Box, Expr]]:
    yield Script(leaf("b"), (I_,)), d.coefficients.pull


def _gates(d: Decomposition) -> Iterator[tuple[Box, Expr]]:
    yield Script(GD, (I_,)), d.dissipation


def _weights(d: Decomposition) -> Iterator[tuple[Box, Expr]]:
    return ((_negative(W, view, len(d.weight) > 1), e) for view, e in d.weight.items())
