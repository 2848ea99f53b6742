"""The page of claims: what the papers print, and what was found of it."""

from collections import Counter
from collections.abc import Collection, Sequence

from reports.atlas.claims import Shown
from reports.atlas.shell import shell
from verify.claims.listing import TITLES
from verify.claims.model import Outcome

MEANINGS = {
    Outcome.EXACT: "it holds as printed",
    Outcome.TANGENT: "up to a multiple of h_i, which normalising an embedding removes",
    Outcome.CONDITIONAL: "under the named conditions, none of which can be left out",
    Outcome.FALSE: "there is a counterexample",
    Outcome.UNDECIDED: "neither a proof nor a counterexample was found",
    Outcome.EMPIRICAL: "about trained models: no proof decides it",
}


def claims_page(claims: Sequence[Shown], linked: Collection[str], seed: int) -> str:
    """The page as HTML; pure. linked: the losses that have a page."""
    papers = dict.fromkeys(x.paper for x in claims)
    counts = Counter(x.verdict for x in claims)
    return shell(
        "atlas/claims.html.jinja",
        page="claims.html",
        title="Claims of the papers",
        papers={paper: [x for x in claims if x.paper == paper] for paper in papers},
        titles=TITLES,
        meanings={x.value: text for x, text in MEANINGS.items() if counts[x.value]},
        counts=counts,
        count=len(claims),
        linked=linked,
        seed=seed,
    )
