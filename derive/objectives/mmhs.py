"""mMHS: alignment and maximum hyperspherical separation, with dissipation and ratio replaced.

L_i = d_i (c_ij* − r c_ii') / ‖h_i − h_j*‖,  j* = arg max_{k≠i} c_ik
d_i = 1[c_ii' − max_{k≠i} c_ik' < m];  d_i and 1/‖h_i − h_j*‖ are stop-gradients.
"""

from sympy import sqrt

from derive.modification.modified import Modified
from derive.nodes import Delta
from derive.notation import hardest_index, same_view
from derive.objectives._modified import GATE_OF_CODE, PAPER, roberta, table_2


class MMHS(Modified):
    title = "mMHS: MHS with dissipation and ratio replaced"
    source = f"{PAPER}, Eq. 17 (printed as an objective: Eq. 15)"
    base = "mhs"
    gd = "hinge:m=0.3"
    weight = "inverse-distance"
    ratio = "1.75"
    presets = roberta(m="0.27", r="1.00")
    remarks = (
        "Eq. 15 divides the alignment by the largest ‖h_i − h_j‖ where Eq. 17 and Table 2 have the "
        "smallest: as printed its ratio is r min_j ‖h_i − h_j‖ / max_j ‖h_i − h_j‖, never above r.",
        GATE_OF_CODE,
    )
    printed = (
        table_2(
            "arXiv:2402.18281 Eq. 17 and Table 2",
            lambda i, j, x: (
                Delta(j, hardest_index(lambda k: same_view(i, k), i))
                / sqrt(2 - 2 * same_view(i, j))
            ),
        ),
    )
