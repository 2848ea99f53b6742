"""Claims of "Towards Better Understanding of Contrastive Sentence Representation Learning"."""

from verify.claims.model import Claim
from verify.claims.p001 import gradients, ineffective, lemma_1, modified, prose, tables


def claims() -> list[Claim]:
    """Equations and tables in the order of the paper."""
    parts = (gradients, tables, prose, lemma_1, ineffective, modified)
    return [claim for part in parts for claim in part.claims()]
