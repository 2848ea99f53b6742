"""What every property is derived from: a decomposition, with the tools to read it."""

from functools import cached_property

from sympy import Expr, Symbol

from derive.nodes import ANCHOR, NEGATIVE, Inner, Stop, View
from derive.objective import Objective
from derive.paradigm import Decomposition, revealed
from derive.printing.layout import Typesetter
from derive.printing.text import inline
from derive.properties.directions import Direction
from derive.properties.points import Sampler
from derive.properties.signs import Signs
from derive.properties.splitting import written_out


class Subject:
    """One decomposition; what is asked of it twice is kept.

    formula: without named intermediates, as are the parts that a proof needs written out.
    """

    def __init__(self, decomposition: Decomposition):
        self.d = decomposition
        self.objective: Objective = decomposition.objective
        self.formula: Expr = written_out(decomposition.coefficients.formula)
        self.dissipation: Expr = decomposition.dissipation
        self.weight = dict(decomposition.weight)
        self.push = {v: revealed(a) for v, a in decomposition.coefficients.push.items()}
        self.total: Expr = revealed(decomposition.total_push)  # Σ_j a_ij
        self.ratio: Expr | None = decomposition.ratio
        self.signs = Signs(self.objective.hyper)
        self.sampler = Sampler(self.objective, decomposition.coefficients.settings)
        self.set = Typesetter(self.objective.hyper)
        self._directions: dict[Inner, Direction] = {}

    def text(self, e: Expr) -> str:
        """An expression on one line."""
        return inline(self.set(e))

    @property
    def unit(self) -> bool:
        """Whether the embeddings are normalised."""
        return self.objective.embeddings == "unit"

    @property
    def anchored(self) -> bool:
        """Whether the loss is one anchor's term."""
        return self.objective.differentiated == "anchor"

    @property
    def positive(self) -> Inner:
        """c_ii'."""
        return Inner(self.objective.anchor, ANCHOR, self.objective.positive, ANCHOR)

    def negative(self, view: View) -> Inner:
        """c_ij' or c_ij, as the negatives are of one view or the other."""
        return Inner(self.objective.anchor, ANCHOR, view, NEGATIVE)

    def direction(self, similarity: Inner) -> Direction:
        """How expressions move with a similarity."""
        return self._directions.setdefault(similarity, Direction(similarity, self.signs))

    @cached_property
    def cosine(self) -> Symbol:
        """The symbol of a common cosine: c, unless a hyper-parameter has that name."""
        taken = {x.display for x in self.objective.hyper}
        return Symbol(next(x for x in "cxκ" if x not in taken), real=True)

    @cached_property
    def is_surrogate(self) -> bool:
        """Whether the loss holds stop-gradients: its value is then not what is minimised."""
        stopped = any(v.stopped for v in self.formula.atoms(View))
        return stopped or bool(self.formula.atoms(Stop))
