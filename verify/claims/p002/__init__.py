"""Claims of "Understanding the Behaviour of Contrastive Loss" (arXiv:2012.09740)."""

from verify.claims.model import Claim, empirical
from verify.claims.p002.entropy import claims as of_entropy
from verify.claims.p002.limits import claims as of_limits
from verify.claims.p002.penalties import claims as of_penalties

SOURCE = "2012.09740"


def claims() -> list[Claim]:
    return [*of_penalties(), *of_entropy(), *of_limits(), *_about_training()]


def _about_training() -> list[Claim]:
    """What only trained models decide."""
    return [
        Claim("002-uniformity-tolerance", SOURCE, "notes, the dilemma",
              "Uniformity and tolerance to semantically similar samples trade off, and the "
              "temperature balances them.", "uniformity(τ) against tolerance(τ)",
              empirical("both are measured on the embeddings of a trained model")),
        Claim("002-simple-loss-with-hard-negatives", SOURCE, "notes, contribution 4",
              "The simple loss with hard negative sampling replaces the contrastive loss.",
              "L_simple over the hardest negatives ≈ L_contrastive",
              empirical("compares the accuracy of trained models")),
        Claim("002-temperature-and-performance", SOURCE, "notes, contributions 2 and 3",
              "A proper temperature gives better features and downstream results.",
              "accuracy(τ)", empirical("compares the accuracy of trained models")),
    ]  # fmt: skip
