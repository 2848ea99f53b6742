"""The paradigm's baseline: Eq. 5 with a hinge, a softmax and a static ratio, all stopped.

L_i = d_i Σ_{j≠i} W_ij (c_ij' − r c_ii'),  d_i = 1[c_ii' − max_{k≠i} c_ik' < m]
W_ij = e^{c_ij'/τ} / Σ_{k≠i} e^{c_ik'/τ}
"""

from derive.modification.modified import Modified
from derive.nodes import Exp
from derive.notation import cosine
from derive.objective import CROSS
from derive.objectives._common import partition
from derive.objectives._modified import PAPER, table_2


class Paradigm(Modified):
    title = "The paradigm's baseline"
    source = f"{PAPER}, Eq. 5 and §3.2"
    pool = CROSS
    gd = "hinge:m=0.3"
    weight = "softmax:tau=0.05"
    ratio = "1"
    printed = (
        table_2(
            "arXiv:2402.18281 §3.2",
            lambda i, j, x: Exp(cosine(i, j) / x.tau) / partition(cosine, i, x.tau),
        ),
    )
