"""Barlow Twins with a gradient dissipation: the first step of Table 5 towards the modified loss.

GD_i = 1[c_ii' − max_{k≠i} c_ik' < m] before the weight and the pull that `barlow_twins` has.
"""

from derive.modification.modified import Modified
from derive.objectives._modified import PAPER


class BarlowTwinsWithGD(Modified):
    title = "Barlow Twins with dissipation"
    source = f"{PAPER}, Table 5, + GD"
    base = "barlow_twins"
    gd = "hinge:m=0.3"
