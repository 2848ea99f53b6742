"""A loss from its own formula, in plain torch under autograd: the reference where there is no oracle.

One rule a node, by its definition: dense tensors, loops as axes, a stop-gradient as `detach`. No
rule is shared with `derive.torch` or `derive.calculus`, so what is derived and what trains are
compared with a second account of the formula. Whether the formula is the loss of a paper, only an
oracle can show (`verify.oracles`). Memory grows with N and D to the number of indices of a
product: meant for the batches of the checks.
"""

from verify.formula.reference import Formula as Formula

__all__ = ["Formula"]
