"""Tables 1 and 2 of 001: GD, W and R as printed, and as derived from the loss.

Nothing is typed here: `verify.claims.p001.tables` holds the printed entries and how a loss is read
where it is misprinted, `Column.split` derives the canonical split of each loss, and the claims'
tests find in what sense an entry holds.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derive.paradigm import Decomposition
from derive.printed import own_equality
from reports.context import Context
from reports.outputs import Cell, Data, Table, Value
from reports.papers.components.entries import (
    ENTRIES,
    Entry,
    entries,
    formula_cell,
    sense_cell,
    statement,
    verdict_sentence,
)
from reports.papers.components.names import name_cell
from verify.claims.model import Judgement, Outcome
from verify.claims.p001 import tables
from verify.claims.p001.mapped import Column

HEAD = ("loss", "", "n_j", *ENTRIES, "GD Σ W (n − R h') is ∂L/∂h_i")
NOTATION = (
    "c_ij' = h_i·h'_j = cos θ_ij', a prime marks the second view, ĥ a vector less its batch mean; "
    "j* is the hardest negative, n_j a negative; 1[…] is 1 where it holds, else 0. a counts the D "
    "features: h_ia is a coordinate, σ_a its standard deviation over the batch, C_aa the "
    "correlation of a feature in one view with the same in the other."
)
SPLIT = (
    "The split is one rule for every loss, ∂L/∂h_i = Σ_j a_ij n_j − b_i h'_i + …: GD = Σ_j "
    "a_ij/Σ_j V_ij with V_ij what a_ij is as the positive's score → −∞, W = a_ij/GD, R = b_i/Σ_j "
    "a_ij. exact: the same; tangent: up to a multiple of h_i, which normalising an embedding "
    "removes; conditional: under the condition named; false: a counterexample was found. The "
    "verdict of a printed entry is that of GD, of GD·W against the push a_ij, and of R; the last "
    "column judges the row as a vector."
)


@dataclass(frozen=True)
class Part:
    """A column of a table as it will be shown: its split, its entries judged, and the whole."""

    column: Column
    split: Decomposition
    entries: tuple[Entry, ...]
    whole: Judgement

    @property
    def name(self) -> str:
        """As the paper has it: "InfoNCE", of "InfoNCE, one direction"."""
        return re.split(r"[:,] ", self.column.name)[0]


def table_1(context: Context) -> Sequence[Table]:
    """InfoNCE, ArcCon, MPT and MET."""
    losses = list(tables.table_1())
    return [_table("001-table-1", "Table 1", "of four contrastive losses", losses, context)]


def table_2(context: Context) -> Sequence[Table]:
    """The four ineffective losses before and after their modification."""
    losses = list(tables.table_2())
    said = "of four losses, before and after their modification"
    return [_table("001-table-2", "Table 2", said, losses, context)]


def _table(
    name: str, where: str, said: str, losses: Sequence[tuple[str, Column]], context: Context
) -> Table:
    parts = []
    for place, (_, column) in enumerate(losses):
        context.tell(column.name, place, len(losses))
        parts.append(judged(column, context.seed))
    differing = [x for part in parts for x in part.entries if x.differs]
    return Table(
        name=name,
        title=f"001, {where}: components {said}, printed and derived",
        caption=(
            f"Gradient dissipation, weight and ratio {said}: as arXiv:2402.18281, {where}, prints "
            "them, and as derived here from the loss (read as the notes say where it is "
            "misprinted), for symbolic N and D "
            f"and free hyper-parameters. {len(differing)} of {3 * len(parts)} printed entries "
            f"differ from the derived ones. {NOTATION}"
        ),
        settings={"source": f"arXiv:2402.18281, {where}", "seed of the points": context.seed},
        head=HEAD,
        rows=[row for part in parts for row in rows_of(part)],
        data=_data(parts),
        notes=[SPLIT, *(note for part in parts for note in notes_of(part))],
    )


def judged(column: Column, seed: int) -> Part:
    """A loss with its printed entries judged against its split."""
    split = column.split()
    return Part(column, split, tuple(entries(column, split, seed)), column.row()(seed))


def rows_of(part: Part) -> Iterator[list[Cell]]:
    """The printed row and the derived one."""
    name = name_cell(part.name)
    hyper, negative = part.column.hyper, name_cell(f"{part.column.negatives}_j")
    printed = [formula_cell(x.printed, hyper, x) for x in part.entries]
    yield [name, Cell("printed"), negative, *printed, _whole(part.whole)]
    derived = [formula_cell(x.derived, hyper) for x in part.entries]
    sense = sense_cell(own_equality(part.split))
    yield [name, Cell("derived"), negative, *derived, sense]


def _whole(found: Judgement) -> Cell:
    """The verdict of the printed row."""
    differs = found.outcome in (Outcome.FALSE, Outcome.CONDITIONAL, Outcome.UNDECIDED)
    note = f"holds if {' and '.join(map(statement, found.conditions))}" if found.conditions else ""
    return Cell(found.outcome.value, mark="differs" if differs else "", note=note)


def notes_of(part: Part) -> Iterator[str]:
    """Where print and derivation differ, in sentences; what else the gradient has."""
    name = part.name
    if part.column.reading:
        yield f"{name}: {part.column.reading}."
    for x in part.entries:
        if x.differs:
            corrected = f" Corrected: {x.judgement.correction}." if x.judgement.correction else ""
            yield f"{name}, {x.name} as printed: {x.sentence}.{corrected}"
    if part.whole.outcome in (Outcome.FALSE, Outcome.CONDITIONAL):
        yield f"{name}, the printed row as a vector: {verdict_sentence(part.whole)}."
    if part.split.remainder:
        yield (
            f"{name}: beside GD Σ W (n − R h') the derived gradient has further terms (of "
            f"{len(part.split.remainder)} of the loss's summands). The derived row is the whole "
            "gradient in the sense of the last column."
        )


def _data(parts: Sequence[Part]) -> Data:
    columns: dict[str, list[Value]] = {
        x: [] for x in ("loss", "component", "printed", "derived", "verdict", "conditions",
                        "factor", "correction")
    }  # fmt: skip
    for part in parts:
        for x in part.entries:
            found = x.judgement
            texts = [formula_cell(e, part.column.hyper).text for e in (x.printed, x.derived)]
            values = (part.name, x.name, *texts, found.outcome.value,
                      "; ".join(found.conditions), x.factor, found.correction)  # fmt: skip
            for column, value in zip(columns.values(), values, strict=True):
                column.append(value)
    return Data(columns)
