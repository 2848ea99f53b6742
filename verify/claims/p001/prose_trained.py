"""What 001 says of trained models: no computation on formulas decides it."""

from verify.claims.model import Claim, empirical

SOURCE = "2402.18281"
_TRAINED = (
    ("conjecture-1", "Conjecture 1", "An effective GD keeps the gap between μ_neg and μ_pos "
     "smaller than training without it.", "μ_neg − μ_pos after training, with GD and without"),
    ("conjecture-2", "Conjecture 2", "An effective weight lets the hardest negative dominate the "
     "gradient.", "the hardest's share in training"),
    ("conjecture-3", "Conjecture 3", "An effective ratio meets Lemma 1 more often, and brings the "
     "positive closer.", "⟨h_i, h'_i⟩ after training, by r"),
    ("order-of-means", "Figure 4", "There is always μ_pos < μ_neg.", "μ_pos < μ_neg in training"),
    ("ratios-in-training", "Figure 8b", "The ratios of ArcCon and MET stay above 1 throughout "
     "training.", "R > 1 at every training step"),
    ("ratio-above-one-suffices", "Figure 8a", "A ratio above 1 meets the condition of Lemma 1 in "
     "more cases, for all models and λ.", "the distribution of the least r that meets it"),
    ("ratio-explains", "Section 3.1.3", "ArcCon and MET do better than InfoNCE and MPT because of "
     "their larger ratios.", "Spearman's correlation"),
    ("performance-of-components", "Figure 6", "The performance falls as m and τ grow, and rises "
     "with r.", "Spearman's correlation against m, τ and r"),
    ("modifications", "Tables 3 to 5", "The modified losses do better than the original ones.",
     "Spearman's correlation and accuracy"),
)  # fmt: skip


def claims() -> list[Claim]:
    return [
        Claim(f"001-prose-{name}", SOURCE, where, statement, formula,
              empirical("measured on trained models: no computation on formulas decides it"))
        for name, where, statement, formula in _TRAINED
    ]  # fmt: skip
