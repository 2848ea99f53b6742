"""VICReg with a gradient dissipation: the first step of Table 5 towards the modified loss.

GD_i = 1[c_ii' − max_{k≠i} c_ik' < m] before the weight and the pull that `vicreg` has.
"""

from derive.modification.modified import Modified
from derive.objectives._modified import PAPER


class VICRegWithGD(Modified):
    title = "VICReg with dissipation"
    source = f"{PAPER}, Table 5, + GD"
    base = "vicreg"
    gd = "hinge:m=0.3"
