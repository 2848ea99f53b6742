"""What the recipes of Li et al. 2024, arXiv:2402.18281, share: rows they print, and remarks."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace

from sympy import Expr

from derive.nodes import Step
from derive.notation import cosine, hardest, sum_samples
from derive.objective import PrintedRow
from derive.objectives._common import partition

PAPER = "Li et al. 2024, arXiv:2402.18281"
GATE_OF_CODE = (
    "The authors' code gates by 1 − max_{k≠i} c_ik < m: its mask compares the anchor view with "
    "itself, so it does not see the positive."
)
NEGATIVES_OF_CODE = "It also stops h_j as a negative."
PULL_OF_PAPER = (
    "The paper prints w_p,i = Σ_j w_n,ij = r Σ_j …: the sum in the middle lacks the factor r."
)


def roberta(**settings: str) -> Mapping[str, Mapping[str, str]]:
    """The preset of Table 7; the defaults are Table 6's, of BERT."""
    return {"roberta": settings}


def table_2(source: str, weight: Callable[[Expr, Expr, SimpleNamespace], Expr]) -> PrintedRow:
    """A row of Table 2's lower half: the gate 1[c_ii' − max_{k≠i} c_ik' < m] and the ratio r."""
    return PrintedRow(source, dissipation=_gate, weight=weight, ratio=lambda i, j, x: x.r)


def _gate(i: Expr, j: Expr, x: SimpleNamespace) -> Expr:
    return Step(x.m - cosine(i, i) + hardest(lambda k: cosine(i, k), i))


def everything(similarity: Callable[[Expr, Expr], Expr], tau: Expr) -> Expr:
    """Σ_{k≠l} e^{similarity(k, l)/τ}."""
    return sum_samples(lambda k: partition(similarity, k, tau))
