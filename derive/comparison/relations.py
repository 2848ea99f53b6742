"""What a comparison can find, from the strongest to the weakest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sympy import Expr

from derive.verdict import Verdict


class Kind(Enum):
    """The relations, in the order in which they are tried."""

    SAME = "same function"
    CONSTANT = "same up to a constant"
    FACTOR = "same up to a factor"
    AFFINE = "same up to a factor and a constant"
    LABELS = "same up to a term of the labels"
    AFFINE_LABELS = "same up to a factor and a term of the labels"
    GRADIENT = "same gradient on the sphere up to a factor"
    UNIT = "same on unit embeddings"
    AFFINE_UNIT = "same on unit embeddings up to a factor and a constant"
    VALUES = "same values, other gradients"
    FUNCTION = "a function of the other"
    GATED = "a gated version"
    SPECIAL = "the same at special values"
    LIMIT = "a limit of the other"
    WEIGHTS = "same weights, another ratio"


# Their gradients are the same up to one factor, whatever the batch: nothing weaker is sought.
SETTLED = (
    Kind.SAME,
    Kind.CONSTANT,
    Kind.FACTOR,
    Kind.AFFINE,
    Kind.LABELS,
    Kind.AFFINE_LABELS,
    Kind.GRADIENT,
)


@dataclass(frozen=True)
class Finding:
    """One relation. verdict: PROVED for symbolic N and D, or AGREED at every batch tried.

    text: the statement, with the losses as L_A and L_B. parts: its expressions by name (factor,
    constant, gradient_factor, …). where: what a hyper-parameter is set to, or goes to, for it.
    """

    kind: Kind
    verdict: Verdict
    text: str
    parts: Mapping[str, Expr] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
