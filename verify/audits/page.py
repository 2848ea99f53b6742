"""docs/audit.md: losses of other packages, and what each of them is.

    python -m verify.audits.page --python .venv-bench/bin/python

The packages live in an environment of their own, which `make bench` makes.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

from derive.commands import parse_settings
from verify.audits import own_draws
from verify.audits.adapters import PACKAGES
from verify.audits.front import Options, Result, result

PAGE = Path("docs") / "audit.md"
_ALL_FOUR = 'directions=("query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc")'
_BOTH = 'directions=("query_to_doc", "doc_to_query")'


@dataclass(frozen=True)
class Peer:
    """spec: as on the command line; settings: as --set; against: what its name says it is; small:
    compared at small batches alone, since its memory grows with N³."""

    spec: str
    against: str
    settings: tuple[str, ...] = ()
    small: bool = False

    def result(self, python: str, timeout: float) -> Result:
        """Its audit, in that Python."""
        inputs = f"{own_draws.__file__}:unit_rows" if self.small else None
        options = Options(
            parse_settings(self.settings), inputs=inputs, python=python, timeout=timeout
        )
        return result("audit", self.spec, self.against, options)


PEERS = (
    Peer("st:MultipleNegativesRankingLoss", "infonce"),
    Peer("st:MultipleNegativesRankingLoss", "infonce", (_BOTH,)),
    Peer("st:MultipleNegativesRankingLoss", "infonce", (_ALL_FOUR,)),
    Peer("st:CachedMultipleNegativesRankingLoss", "infonce"),
    Peer("st:MultipleNegativesSymmetricRankingLoss", "infonce_symmetric"),
    Peer("st:MegaBatchMarginLoss", "mpt"),
    Peer("st:TripletLoss", "met", ("A.triplet_margin=0.45",)),
    Peer("st:BatchHardTripletLoss", "met", ("margin=0.45",)),
    Peer("pml:NTXentLoss", "ntxent", ("tau=0.5",), small=True),
    Peer("pml:SupConLoss", "ntxent", ("tau=0.5",)),
    Peer("pml:NPairsLoss", "infonce", ("B.tau=1",)),
    Peer("pml:TripletMarginLoss", "met", ("margin=0.45",)),
    Peer("pml:VICRegLoss", "vicreg_original"),
    Peer("lightly:NTXentLoss", "ntxent", ("tau=0.5",)),
    Peer("lightly:DCLLoss", "dcl", ("tau=0.1",)),
    Peer("lightly:DCLWLoss", "dcl", ("tau=0.1",)),
    Peer("lightly:NegativeCosineSimilarity", "align"),
    Peer("lightly:BarlowTwinsLoss", "barlow_twins_original"),
    Peer("lightly:VICRegLoss", "vicreg_original"),
    Peer("info-nce:InfoNCE", "infonce", ("tau=0.05",)),
)


def page(python: str, peers: Sequence[Peer] = PEERS, timeout: float = 300.0, jobs: int = 2) -> str:
    """The page as Markdown. python: of the environment that has the packages; jobs: processes."""
    found = versions(python)
    rows, details = [], []
    with ProcessPoolExecutor(jobs) as pool:
        audited = pool.map(Peer.result, peers, repeat(python), repeat(timeout))
        for peer, one in zip(peers, audited, strict=True):
            rows.append(_row(peer, one, found))
            details.append(_details(peer, one))
            print(f"{peer.spec}: {one.verdict}", file=sys.stderr)
    head = "| library | loss | settings | against | verdict | what it is | findings |"
    table = [head, "|---|---|---|---|---|---|---|", *rows]
    return "\n".join([_INTRODUCTION, *table, "", "## Each of them", "", *details])


def versions(python: str) -> dict[str, str]:
    """Of each package in that environment."""
    names = {k: distribution for k, (distribution, _) in PACKAGES.items()}
    code = (
        "import json, sys; from importlib.metadata import version\n"
        "print(json.dumps({k: version(v) for k, v in json.loads(sys.argv[1]).items()}))"
    )
    command = [python, "-c", code, json.dumps(names)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    found: dict[str, str] = json.loads(done.stdout)
    return {k: f"{names[k]} {v}" for k, v in found.items()}


def _row(peer: Peer, one: Result, found: Mapping[str, str]) -> str:
    package, _, name = peer.spec.partition(":")
    cells = (
        found[package],
        f"`{name}`",
        ", ".join(f"`{x}`" for x in peer.settings) or "defaults",
        f"`{peer.against}`",
        one.verdict,
        _what(peer, one),
        ", ".join(_kinds(one)) or "none",
    )
    return "| " + " | ".join(x.replace("|", "\\|") for x in cells) + " |"


def _what(peer: Peer, one: Result) -> str:
    if one.verdict == "same":
        return f"equals {peer.against}"
    diagnosis = one.document.get("diagnosis")
    return diagnosis["text"] if diagnosis else "none of the definitions that were searched"


def _findings(one: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = one.document.get("report", {}).get("findings", [])
    return found


def _kinds(one: Result) -> list[str]:
    return list(dict.fromkeys(f"{x['level']}: {x['kind']}" for x in _findings(one)))


def _details(peer: Peer, one: Result) -> str:
    settings = "".join(f" --set '{x}'" for x in peer.settings)
    lines = [f"`verify audit {peer.spec} --against {peer.against}{settings}`: {one.verdict}", ""]
    subjects = one.document.get("subjects", [])
    lines += [f"- Called as: {subjects[0]['mapping']}"] if subjects else [f"- {one.text}"]
    lines += [f"- {x['level']}, {x['kind']}: {x['message']}" for x in _findings(one)]
    return "\n".join([*lines, ""])


_INTRODUCTION = """# Losses of other packages

Generated by `python -m verify.audits.page --python .venv-bench/bin/python` (the environment of
`make bench`); not written by hand.

Each loss is compared with the definition that its name stands for, in float64: value, gradients,
and points where a loss may stop being finite. *differs* is a difference, not a fault: many
definitions share a name. **What it is** comes from a search over the catalogue, hyper-parameters
included, and over one and two changes of the definition that was named; value and every gradient
have to agree at batches of seven shapes, up to the factor and the constant that the sentence names.
Labels, where a loss takes some, say that the two views of a sample are the one pair of its class.
"""


def main() -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--python", required=True, help="of the environment with the packages")
    parser.add_argument("--output", type=Path, default=PAGE)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    given.output.write_text(page(given.python, jobs=given.jobs), "utf-8")


if __name__ == "__main__":
    main()
