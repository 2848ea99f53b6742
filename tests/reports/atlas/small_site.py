"""A small site: two losses, made-up claims and a made-up run."""

from dataclasses import replace
from pathlib import Path

import pytest

from reports.atlas.claims import Shown
from reports.atlas.computing import computed
from reports.atlas.request import Request
from reports.atlas.results_page import groups_of
from reports.atlas.site import pages
from reports.context import silent
from tests.reports.conftest import write_run
from verify.checks import CHECKS

LOSSES = ("mpt", "dcl_plus")
CLAIMS = [
    Shown(
        "003-eq-13", "003", "made up", "Eq. 13 <&>", "L_mpt is the catalogue's mpt",
        "L_mpt = max(−ĥ_i^T ĥ'_i + max_{j≠i} ĥ_i^T ĥ_j + m, 0)", "false", (),
        "ĥ'_j for ĥ_j [prime]", ("counterexample: seed 0, draw <1>",), ("mpt",),
    ),
    Shown(
        "001-prose", "001", "made up", "Section 3", "Temperatures help.", "τ ≤ 1/2 < x",
        "empirical", ("τ > 0",), "", (), (),
    ),
    *(
        Shown(f"001-{verdict}", "001", "made up", "Eq. 1", "It is.", "", verdict, (), "", (), ())
        for verdict in ("exact", "tangent", "conditional", "undecided")
    ),
]  # fmt: skip


def request(**changes):
    """Of the small site: without claims, which take seconds to read."""
    return Request(LOSSES, papers=(), examples=1, jobs=1, benchmarks=Path("nowhere"), **changes)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the small site. The checks of the ladder that take seconds are left out."""
    out = tmp_path_factory.mktemp("site")
    run = write_run(out / "run", loss="mpt")
    all_of_them = dict(CHECKS)
    for name in ("autograd", "fast", "singular"):
        del CHECKS[name]
    try:
        entries, around = computed(request(), silent)
    finally:
        CHECKS.clear()  # the order is that of the ladder
        CHECKS.update(all_of_them)
    around = replace(around, claims=CLAIMS)
    for name, text in pages(entries, around, groups_of(request(runs=(run,)))):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    return out
