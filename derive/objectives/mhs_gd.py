"""MHS with a gradient dissipation: the first step of Table 5 towards the modified loss.

GD_i = 1[c_ii' − max_{k≠i} c_ik' < m] before the weight and the pull that `mhs` has.
"""

from derive.modification.modified import Modified
from derive.objectives._modified import PAPER


class MHSWithGD(Modified):
    title = "MHS with dissipation"
    source = f"{PAPER}, Table 5, + GD"
    base = "mhs"
    gd = "hinge:m=0.3"
