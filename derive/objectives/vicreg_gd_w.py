"""VICReg with a gradient dissipation and a weight: the second step of Table 5.

The pull to the positive is still that of `vicreg` (the paper changes w_n,ij and leaves w_p,i), so
that the ratio is the pull over the new weights.
"""

from derive.modification.modified import Modified
from derive.objectives._modified import PAPER


class VICRegWithGDW(Modified):
    title = "VICReg with dissipation and weight"
    source = f"{PAPER}, Table 5, + W"
    base = "vicreg"
    gd = "hinge:m=0.3"
    weight = "softmax:tau=0.05,over=batch"
    ratio = "pull"
