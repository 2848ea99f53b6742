"""Everything that the pages show, computed or taken from the cache."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from derive.objectives import names
from derive.sources import find, located
from reports.atlas import claims
from reports.atlas.bench import read_benchmarks
from reports.atlas.cache import Cache, cache_folder, key
from reports.atlas.facts import Facts, facts_of
from reports.atlas.families import pairs
from reports.atlas.identity import identity
from reports.atlas.loss_page import Around, Entry
from reports.atlas.relations import Relation, compared, relations
from reports.atlas.request import Request
from reports.atlas.specs import quoted, shown
from reports.atlas.verifying import report_of, verified
from reports.atlas.working import Task, done
from reports.context import Tell
from train.identity import label
from verify.inputs import check_inputs

# What each kind of result is made by: a change of it is computed anew, a change of a page is not.
_FACTS = (
    "derive", "reports.sections", "reports.templating", "reports.atlas.facts",
    "reports.atlas.folded", "reports.atlas.fragments", "reports.atlas.limits", "reports.atlas.code",
    "reports.atlas.plots", "reports.atlas.javascript",
    "blocks.html.jinja", "atlas/part.html.jinja", "atlas/properties.html.jinja",
    "atlas/plot.html.jinja",
)  # fmt: skip
_VERIFIED = ("derive", "verify", "reports.atlas.verifying")
_CLAIMS = ("derive", "verify", "reports.atlas.claims")
_RELATIONS = ("derive", "reports.atlas.relations")
_AT_ONCE = 8  # comparisons a task


def computed(request: Request, tell: Tell) -> tuple[list[Entry], Around]:
    """Derive, verify, compare and judge what is asked for. Raises as `find`, `check_inputs`, and
    `ReportError` for benchmarks that cannot be read; bad input before anything long begins."""
    losses = _losses(request)
    benchmarks = read_benchmarks(request.benchmarks)
    cache = Cache(cache_folder(), request.fresh)
    tasks = list(_tasks(losses, request))
    results = done([task for _, task in tasks], cache, request.jobs, tell)
    found: dict[str, dict[Any, Any]] = {"verified": {}, "facts": {}, "related": {}, "claims": {}}
    for ((kind, what), _), result in zip(tasks, results, strict=True):
        found[kind][what] = result
    cache.prune()
    entries = [
        Entry(name, spec, Facts.of_json(found["facts"][name]), report_of(found["verified"][name]))
        for name, spec in losses.items()
    ]
    return entries, Around(
        names=list(losses),
        relations=list(_related(found["related"])),
        compared=pairs(list(losses)),
        claims=claims.shown([x for part in found["claims"].values() for x in part]),
        benchmarks=benchmarks,
        examples=request.examples,
        seed=request.seed,
        titles={x.name: x.facts.title for x in entries},
        commands={x.name: quoted(x.spec) for x in entries},
    )


def _losses(request: Request) -> dict[str, str]:
    """Name on the site, fit for a file → what was given with `--loss`."""
    found: dict[str, str] = {}
    for spec in dict.fromkeys(request.losses) or names():
        objective = find(spec)
        check_inputs(objective)
        own, number = label(objective), 1
        while (name := own if number == 1 else f"{own}-{number}") in found:
            number += 1
        found[name] = spec
    return found


def _tasks(losses: Mapping[str, str], request: Request) -> Iterator[tuple[tuple[str, Any], Task]]:
    """What has to be there, the long ones first, each with its kind and what it is of."""
    ids = {name: identity(located(spec)) for name, spec in losses.items()}
    settings = (request.examples, request.seed)
    for name, spec in losses.items():
        call = partial(verified, located(spec), *settings)
        yield (
            ("verified", name),
            Task(f"{name}: verifying", key(_VERIFIED, "verified", ids[name], *settings), call),
        )
    for paper in request.papers:
        for part in range(claims.PARTS):
            call_claims = partial(claims.judged, paper, part, request.seed)
            found = key(_CLAIMS, "claims", paper, part, request.seed)
            yield ("claims", (paper, part)), Task(f"claims of {paper}: judging", found, call_claims)
    for a, others in _comparisons(list(losses)):
        call_compared = partial(compared, located(losses[a]), [located(losses[b]) for b in others])
        found = key(_RELATIONS, "relations", ids[a], [ids[b] for b in others])
        yield ("related", (a, others)), Task(f"{a}: comparing", found, call_compared)
    for name, spec in losses.items():
        call_facts = partial(_facts, located(spec), shown(spec))
        found = key(_FACTS, "facts", shown(spec), ids[name])
        yield ("facts", name), Task(f"{name}: deriving", found, call_facts)


def _comparisons(names: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    by_first: dict[str, list[str]] = {}
    for a, b in pairs(names):
        by_first.setdefault(a, []).append(b)
    for a, others in by_first.items():
        for start in range(0, len(others), _AT_ONCE):
            yield a, tuple(others[start : start + _AT_ONCE])


def _facts(spec: str, typed: str) -> dict[str, Any]:
    return asdict(facts_of(spec, typed))


def _related(found: Mapping[Any, Any]) -> Iterator[Relation]:
    for (a, others), result in found.items():
        yield from relations(a, others, result)
