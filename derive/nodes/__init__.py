"""The closed set of nodes an objective is written in, on top of SymPy's arithmetic.

Two views of N samples in D features; indices carry their kind (sample or feature), so a sum
needs no range. `<h_i, h_i>` stays symbolic until after differentiation: on the sphere it is 1,
but its derivative is not 0, and that is where the radial term comes from.

Own nodes instead of SymPy's functions, for three reasons: SymPy merges exp(a)·exp(b) on sight,
its printers dispatch on class names, and a closed set keeps every table of rules complete.
"""

from derive.nodes.base import Component, IndexSum, Inner, Node
from derive.nodes.definitions import Definition, Named
from derive.nodes.functions import Angle, Cos, Exp, Hinge, Log, Sin, Stop
from derive.nodes.indicators import Delta, Distinct, Kept, Match, Mismatch, Step
from derive.nodes.selection import Array, Given, Hardest, HardestIndex, Top, free_indices
from derive.nodes.views import (
    ANCHOR,
    FEATURE,
    H_PRIME,
    NEGATIVE,
    Z_PRIME,
    D,
    ExtraIndex,
    FeatureIndex,
    H,
    Index,
    M,
    N,
    SampleIndex,
    View,
    Z,
    centred,
    label,
    stopped,
)

__all__ = [
    "ANCHOR",
    "FEATURE",
    "H_PRIME",
    "NEGATIVE",
    "Z_PRIME",
    "Angle",
    "Array",
    "Component",
    "Cos",
    "D",
    "Definition",
    "Delta",
    "Distinct",
    "Exp",
    "ExtraIndex",
    "FeatureIndex",
    "Given",
    "H",
    "Hardest",
    "HardestIndex",
    "Hinge",
    "Index",
    "IndexSum",
    "Inner",
    "Kept",
    "Log",
    "M",
    "Match",
    "Mismatch",
    "N",
    "Named",
    "Node",
    "SampleIndex",
    "Sin",
    "Step",
    "Stop",
    "Top",
    "View",
    "Z",
    "centred",
    "free_indices",
    "label",
    "stopped",
]
