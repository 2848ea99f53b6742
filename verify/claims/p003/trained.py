"""Paper 003: what it says of trained models, which only measurements speak to."""

from verify.claims.model import Claim, empirical
from verify.claims.p003.notation import claim

_TRAINED = {
    "sts-gap": ("Table 1", "the decoupled losses do worse than L_cl on STS tasks"),
    "tr-equal": ("Table 1", "the decoupled losses do as well as L_cl on transfer tasks"),
    "overfitting": ("Figure 1", "training with the decoupled losses overfits, with L_cl it does "
                    "not"),
    "dcl-negative": ("§4.1", "L_dcl becomes negative during training"),
    "dcl-plus-gain": ("§4.1", "L_dcl+ does 3 to 7 % better than L_dcl on STS tasks"),
    "triplets": ("Table 1", "L_mpt, L_met and L_mat do as well as L_cl or better"),
    "margin": ("Figure 3", "m = 0.23 is the best margin of L_mpt; 0.10 and 0.80 are worse"),
    "final-distance": ("§4.3", "m sets the final distance gap d_ij"),
    "insensitive-to-n": ("§2.1", "sentence representations are insensitive to the number of "
                         "negatives"),
    "hypothesis": ("§5", "gradient dissipation is what makes contrastive learning work on STS"),
}  # fmt: skip


def claims() -> list[Claim]:
    """No proof decides them."""
    why = "about trained models: no proof decides it"
    return [
        claim(f"trained-{key}", where, said, said, empirical(why))
        for key, (where, said) in _TRAINED.items()
    ]
