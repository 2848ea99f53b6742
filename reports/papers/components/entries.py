"""One entry of a table of components: the printed one against the derived one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sympy import Expr

from derive.conditions import Equality
from derive.hyper import Hyper
from derive.identity import vanishes
from derive.nodes import D, Inner, N, free_indices
from derive.paradigm import Decomposition, revealed
from derive.printing.layout import Typesetter
from derive.printing.mathml import to_mathml
from derive.printing.text import inline
from derive.simplify import one_fraction, simplified
from derive.verdict import Verdict
from reports.outputs import Cell
from verify.claims.model import Judgement, Outcome
from verify.claims.p001.mapped import Column
from verify.claims.text import formula_text

ENTRIES = ("gradient dissipation GD", "weight W", "ratio R")


@dataclass(frozen=True)
class Entry:
    """name: of the component; printed, derived: both sides; judgement: of the claim; factor: what
    the derived one is over the printed one, as text, where that is one number for a batch."""

    name: str
    printed: Expr
    derived: Expr
    judgement: Judgement
    factor: str = ""

    @property
    def differs(self) -> bool:
        """Whether it does not hold as printed."""
        return self.judgement.outcome not in (Outcome.EXACT, Outcome.TANGENT)

    @property
    def mark(self) -> str:
        """What a cell is marked with: nothing where it holds."""
        if not self.differs:
            return ""
        return f"differs by a factor {self.factor}" if self.factor else "differs"

    @property
    def sentence(self) -> str:
        """In which sense it holds."""
        return verdict_sentence(self.judgement)


def entries(column: Column, split: Decomposition, seed: int) -> Iterator[Entry]:
    """GD, W and R of a column, in this order."""
    ratio = None if split.ratio is None else split.ratio + split.ratio_diagonal
    derived = (split.dissipation, split.weight[column.negatives], ratio)
    printed = (column.dissipation, column.weight, column.ratio)
    tests = (column.dissipation_entry, column.weight_entry, column.ratio_entry)
    for name, p, d, test in zip(ENTRIES, printed, derived, tests, strict=True):
        assert d is not None  # no loss of the tables has pushes that sum to zero
        judgement = test()(seed)
        holds = judgement.outcome in (Outcome.EXACT, Outcome.TANGENT)
        if name == ENTRIES[2]:
            d = one_fraction(d)  # R and its diagonal matrix are summed
        yield Entry(name, p, d, judgement, "" if holds else factor(d, p, column.hyper))


def factor(derived: Expr, printed: Expr, hyper: Sequence[Hyper]) -> str:
    """derived/printed as text if it is no function of the embeddings; else nothing."""
    derived, printed = revealed(derived), revealed(printed)
    if vanishes(printed) is Verdict.PROVED:
        return ""
    quotient = simplified(derived / printed)
    known = {x.symbol for x in hyper} | {N, D}
    if free_indices(quotient) or quotient.atoms(Inner) or quotient.free_symbols - known:
        return ""
    return formula_text(quotient, hyper)


def formula_cell(e: Expr, hyper: Sequence[Hyper], entry: Entry | None = None) -> Cell:
    """A formula as one line of text, and as MathML; entry: whose differences mark the cell."""
    box = Typesetter(tuple(hyper))(e)
    # Large fractions in a line: a cell has the room.
    element = to_mathml(box, display=False).replace("<math ", '<math displaystyle="true" ', 1)
    html = Markup(element)
    if entry is None or not entry.differs:
        return Cell(inline(box), html)
    return Cell(inline(box), html, entry.mark, entry.sentence)


def sense_cell(equality: Equality) -> Cell:
    """In which sense the derived row alone is the gradient, in the words of the verdicts."""
    if not equality.holds:
        return Cell("undecided")
    word = {"ambient": "exact"}.get(equality.name, equality.name)
    given = " and ".join(x.statement for x in equality.conditions)
    return Cell(word, note=f"holds if {given}" if given else "")


def verdict_sentence(found: Judgement) -> str:
    """The outcome, and its condition."""
    if found.conditions:
        return f"{found.outcome}: it holds if {' and '.join(map(statement, found.conditions))}"
    if found.outcome is Outcome.FALSE:
        return f"{found.outcome}: a counterexample was found"
    return str(found.outcome)


def statement(condition: str) -> str:
    """A condition is "name: statement"."""
    return condition.partition(": ")[2] or condition
