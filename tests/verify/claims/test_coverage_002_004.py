"""What has to be among the claims of 002 and 004, of Lemma 1 and of 001's prose: one id each."""

from collections import Counter

import pytest

from verify.claims.model import Claim, Outcome
from verify.claims.p001 import lemma_1, prose
from verify.claims.p002 import claims as claims_002
from verify.claims.p004 import claims as claims_004

TRAINED = {  # statements about trained models
    "002-uniformity-tolerance",
    "002-simple-loss-with-hard-negatives",
    "002-temperature-and-performance",
    "004-novel-losses",
    *(f"001-prose-conjecture-{k}" for k in (1, 2, 3)),
    "001-prose-order-of-means",
    "001-prose-ratios-in-training",
    "001-prose-ratio-above-one-suffices",
    "001-prose-ratio-explains",
    "001-prose-performance-of-components",
    "001-prose-modifications",
}
ROWS = (
    "infonce", "mine", "triplet", "soft-triplet", "n-plus-1-tuplet", "lifted", "modified-triplet",
    "triplet-contrastive",
)  # fmt: skip
WANTED = {
    "002": {
        "002-relative-penalty",
        "002-balance",
        "002-entropy-grows",
        "002-limit-hardest-triplet",
        "002-limit-simple",
        "002-hardness-aware",
        "002-uniformity-tolerance",
    },
    "004": {
        *(f"004-table-{row}" for row in ROWS),
        *(f"004-gradient-{row}" for row in ROWS),
        "004-gradient-any",
        "004-min-player",
        "004-minimiser-infonce",
        "004-pca-maximum",
        "004-pca-covariance",
        "004-rank-1",
        "004-local-optima-global",
        "004-relu-higher-rank",
    },
    "lemma": {
        "001-lemma-1-necessity",
        "001-lemma-1-sufficiency",
        "001-lemma-1-domain",
        "001-lemma-1-sphere-necessity",
        "001-lemma-1-sphere-sufficiency",
        *(f"001-lemma-1-app-c-{x}" for x in ("projection", "move", "on-the-sphere", "r")),
        "001-lemma-1-app-c-x-1",
        "001-lemma-1-app-c-x-2",
    },
    "prose": {
        *(f"001-prose-gd-{x}-{loss}" for x in ("close", "far")
          for loss in ("infonce", "arccon", "mpt", "met")),
        "001-prose-gd-falls",
        "001-prose-gd-ineffective",
        "001-prose-w-piecewise",
        "001-prose-w-focused",
        "001-prose-w-cold",
        "001-prose-w-ineffective",
        "001-prose-r-static",
        *(f"001-prose-r-{x}-{loss}" for x in ("dynamic", "mostly") for loss in ("arccon", "met")),
        *(f"001-prose-conjecture-{k}" for k in (1, 2, 3)),
    },
}  # fmt: skip


def _given() -> dict[str, list[Claim]]:
    return {
        "002": claims_002(),
        "004": claims_004(),
        "lemma": lemma_1.claims(),
        "prose": prose.claims(),
    }


@pytest.mark.parametrize("part", WANTED)
def test_every_statement_is_a_claim(part):
    ids = Counter(x.id for x in _given()[part])
    assert set(ids) >= WANTED[part]
    assert max(ids.values()) == 1


def test_nothing_but_statements_about_training_is_empirical():
    everything = [x for part in _given().values() for x in part]
    empirical = {x.id for x in everything if getattr(x.test, "__qualname__", "").startswith("emp")}
    assert empirical == TRAINED
    for claim in everything:
        if claim.id in TRAINED:
            assert claim.judged().judgement.outcome is Outcome.EMPIRICAL


@pytest.mark.slow
def test_every_claim_is_decided():
    found = {x.id: x.judged().judgement for part in _given().values() for x in part}
    assert not [k for k, x in found.items() if x.outcome is Outcome.UNDECIDED]
    assert {k for k, x in found.items() if x.outcome is Outcome.EMPIRICAL} == TRAINED
    for name, x in found.items():
        assert x.evidence, f"{name} says nothing of what was computed"
        assert bool(x.conditions) == (x.outcome is Outcome.CONDITIONAL), name
