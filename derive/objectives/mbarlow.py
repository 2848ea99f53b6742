"""mBarlow: Barlow Twins modified in all three components, as a stop-gradient surrogate.

L_i = d_i Σ_{j≠i} W_ij (c_ij − r c_ii'),  d_i = 1[c_ii' − max_{k≠i} c_ik' < m]
W_ij = e^{c_ij'/τ} / Σ_{k≠l} e^{c_kl'/τ};  d_i and W_ij are stop-gradients.
"""

from derive.modification.modified import Modified
from derive.nodes import Exp
from derive.notation import cosine
from derive.objectives._modified import (
    GATE_OF_CODE,
    NEGATIVES_OF_CODE,
    PAPER,
    PULL_OF_PAPER,
    everything,
    roberta,
    table_2,
)


class MBarlow(Modified):
    title = "mBarlow: Barlow Twins with dissipation, weight and ratio replaced"
    source = f"{PAPER}, Eq. 6 (gradient: Eq. 18)"
    base = "barlow_twins"
    gd = "hinge:m=0.3"
    weight = "softmax:tau=0.05,over=batch,view=cross"
    ratio = "1.5"
    presets = roberta(m="0.37", tau="0.05", r="1.25")
    remarks = (PULL_OF_PAPER, f"{GATE_OF_CODE} {NEGATIVES_OF_CODE}")
    printed = (
        table_2(
            "arXiv:2402.18281 Eq. 18 and Table 2",
            lambda i, j, x: Exp(cosine(i, j) / x.tau) / everything(cosine, x.tau),
        ),
    )
