"""mMHE: alignment and minimum hyperspherical energy, modified in all three components.

L_i = d_i Σ_{j≠i} W_ij (c_ij − r c_ii'),  d_i = 1[c_ii' − max_{k≠i} c_ik' < m]
W_ij = e^{c_ij/τ} / (τ Σ_{k<l} e^{c_kl/τ});  d_i and W_ij are stop-gradients.
"""

from derive.modification.modified import Modified
from derive.nodes import Exp
from derive.notation import same_view
from derive.objectives._modified import GATE_OF_CODE, PAPER, everything, roberta, table_2


class MMHE(Modified):
    title = "mMHE: MHE with dissipation, weight and ratio replaced"
    source = f"{PAPER}, Eq. 16 (printed as an objective: Eq. 14)"
    base = "mhe"
    gd = "hinge:m=0.3"
    weight = "energy:tau=0.05"
    ratio = "1.75"
    presets = roberta(m="0.30", tau="0.05", r="1.25")
    remarks = (
        "Eq. 14 is another objective with the same ∂L_i/∂h_i up to a multiple of h_i: its "
        "uniformity term is a scalar of the batch and flows, so that in the mean over anchors each "
        "open gate pushes all pairs apart, and its value is made of distances.",
        GATE_OF_CODE,
    )
    printed = (
        table_2(
            "arXiv:2402.18281 Eq. 16 and Table 2",
            lambda i, j, x: (
                2 * Exp(same_view(i, j) / x.tau) / (x.tau * everything(same_view, x.tau))
            ),
        ),
    )
