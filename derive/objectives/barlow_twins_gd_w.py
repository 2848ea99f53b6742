"""Barlow Twins with a gradient dissipation and a weight: the second step of Table 5.

The pull to the positive is still that of `barlow_twins` (the paper changes w_n,ij and leaves
w_p,i), so that the ratio is the pull over the new weights. ν is 1, as the paper sets it before it
changes the weight: the pull weighs all features alike then.
"""

from collections.abc import Mapping
from typing import ClassVar

from derive.modification.modified import Modified
from derive.objectives._modified import PAPER


class BarlowTwinsWithGDW(Modified):
    title = "Barlow Twins with dissipation and weight"
    source = f"{PAPER}, Table 5, + W"
    base = "barlow_twins"
    gd = "hinge:m=0.3"
    weight = "softmax:tau=0.05,over=batch,view=cross"
    ratio = "pull"
    settings: ClassVar[Mapping[str, object]] = {"nu": "1"}
