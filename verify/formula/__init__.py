"""A loss from its own formula in plain torch, for autograd: the reference without an oracle.

One rule a node, by its definition: dense tensors, loops as axes, a stop-gradient as `detach`. No
rule is shared with `derive.torch` or `derive.calculus`, so what is derived and what trains are
compared with a second account of the formula. Whether the formula is the loss of a paper, only an
oracle can show (`verify.oracles`). Memory grows with N and D to the number of indices of a
product: meant for the batches of the checks.
"""

from verify.formula.reference import Formula as Formula
from verify.formula.reference import NotFiniteError as NotFiniteError

__all__ = ["Formula", "NotFiniteError"]
