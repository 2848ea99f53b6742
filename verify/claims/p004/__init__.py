"""Claims of α-CL, "Understanding Deep Contrastive Learning via Coordinate-wise Optimization"."""

from verify.claims.model import Claim, empirical
from verify.claims.p004 import covariance, gradient, importance, landscape, linear, minimiser, relu
from verify.claims.p004 import table as rows

SOURCE = "2201.12680"


def claims() -> list[Claim]:
    parts = (rows, gradient, importance, minimiser, covariance, linear, landscape, relu)
    return [*(claim for part in parts for claim in part.claims()), *_about_training()]


def _about_training() -> list[Claim]:
    return [
        Claim("004-novel-losses", SOURCE, "abstract",
              "Novel losses of the family do as well as InfoNCE, or better, on CIFAR-10, STL-10 "
              "and CIFAR-100.", "accuracy(α-CL) ≥ accuracy(InfoNCE)",
              empirical("compares the accuracy of trained models")),
    ]  # fmt: skip
