"""Nie et al. 2023 (ICLR), "On the inadequacy of optimizing alignment and uniformity in contrastive
learning of sentence representations": its equations and what its text says of them.

M, its batch size, and N are one number here: a batch has as many anchors as it has positives.
"""

from verify.claims.model import Claim


def claims() -> list[Claim]:
    """All of them, in the order of the modules."""
    from verify.claims.p003 import (
        appendix_c,
        bounds,
        definitions,
        dissipation,
        jensen_bounds,
        mixup,
        norms,
        prose,
        trained,
        triplets,
    )

    modules = (
        definitions,
        norms,
        appendix_c,
        bounds,
        triplets,
        jensen_bounds,
        mixup,
        prose,
        dissipation,
        trained,
    )
    return [claim for module in modules for claim in module.claims()]
