"""MHE with a gradient dissipation and a weight: the second step of Table 5.

The pull to the positive is still that of `mhe` (the paper changes w_n,ij and leaves w_p,i), so
that the ratio is the pull over the new weights.
"""

from derive.modification.modified import Modified
from derive.objectives._modified import PAPER


class MHEWithGDW(Modified):
    title = "MHE with dissipation and weight"
    source = f"{PAPER}, Table 5, + W"
    base = "mhe"
    gd = "hinge:m=0.3"
    weight = "energy:tau=0.05"
    ratio = "pull"
