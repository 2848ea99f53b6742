"""Batches at which rounding to float32 can turn no gate and no maximum.

Every argument of a hinge or a step is MARGIN away from 0 (PAIR_MARGIN for one of each pair: 90,000
pairs do not keep away further) and, where there is a maximum or a top share, the cosines of every
anchor at its edge are GAP apart: a float32 cosine of 16 features is off by about 5·10⁻⁷, a distance
δ by that over δ.
"""

from torch import Tensor

from derive.nodes import Hardest, HardestIndex
from verify.bounds import all_nodes
from verify.draws import Example
from verify.edges import edge_of_share, gates
from verify.strategies import smallest_gap

MARGIN, PAIR_MARGIN, GAP = 1e-4, 4e-6, 1e-5


def is_away_from_gates(example: Example, rows: tuple[Tensor, Tensor] | None = None) -> bool:
    """Whether rounding to float32 can turn no gate and no maximum. rows: instead of its own."""
    h, h_prime = rows or (example.h, example.h_prime)
    formula = example.subject.formula
    picks = any(isinstance(x, Hardest | HardestIndex) for x in all_nodes(formula))
    directions = rows or (example.batch.h, example.batch.h_prime)
    if picks and smallest_gap(*directions) < GAP:
        return False
    given = formula, h, h_prime, example.values, example.inputs
    if edge_of_share(*given) < GAP:
        return False
    return all(x >= (PAIR_MARGIN if pairs else MARGIN) for x, pairs in gates(*given))
