"""The site: everything computed first, then every page, the index last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reports.atlas.claims_page import claims_page
from reports.atlas.computing import computed
from reports.atlas.index_page import index_page
from reports.atlas.loss_page import Around, Entry, loss_page
from reports.atlas.request import Request
from reports.atlas.results_page import Group, groups_of, results_page
from reports.atlas.shell import shell
from reports.atlas.themes import script, style_sheet
from reports.context import Tell, silent
from reports.writing import PACKAGES, installed, make_folder, write_text


@dataclass(frozen=True)
class Built:
    """sizes: bytes by file, all of the site; entries: its losses; left: pages of losses in the
    folder that an earlier build wrote and this one did not, which nothing links to."""

    sizes: Mapping[str, int]
    entries: tuple[Entry, ...]
    left: tuple[str, ...] = ()

    def weights(self) -> dict[str, tuple[int, int, int]]:
        """Kind of file → (how many, all their bytes, the heaviest)."""
        kinds: dict[str, list[int]] = {}
        for name, size in self.sizes.items():
            kinds.setdefault(_kind(name), []).append(size)
        return {kind: (len(x), sum(x), max(x)) for kind, x in kinds.items()}


def _kind(name: str) -> str:
    folder = name.partition("/")[0]
    return {"losses": "pages of losses", "assets": "style and scripts"}.get(folder, name)


def build(request: Request, out: Path, tell: Tell = silent) -> Built:
    """Compute (or take from the cache) and write the site to `out`.

    Every file is replaced whole, and only if it changed; index.html comes last, so that a stop
    leaves no link to what is not there. Raises `ContragradError`s: an unknown loss, a folder that
    is no run, a place that cannot be written to.
    """
    groups = groups_of(request)
    for folder in (out, out / "losses", out / "assets"):
        make_folder(folder)
    entries, around = computed(request, tell)
    files = dict(pages(entries, around, groups))
    for done, (name, text) in enumerate(files.items()):
        tell(name, done, len(files))
        path = out / name
        if not path.is_file() or path.read_bytes() != text.encode():
            write_text(path, text)
    sizes = {name: len(text.encode()) for name, text in files.items()}
    there = sorted(f"losses/{x.name}" for x in (out / "losses").glob("*.html"))
    return Built(sizes, tuple(entries), tuple(x for x in there if x not in sizes))


def pages(entries: list[Entry], around: Around, groups: list[Group]) -> Iterator[tuple[str, str]]:
    """(file, text) of the whole site; pure."""
    yield "assets/atlas.css", style_sheet()
    for name in ("atlas.js", "site.js"):
        yield f"assets/{name}", script(name)
    for entry in entries:
        yield f"losses/{entry.name}.html", loss_page(entry, around)
    yield "claims.html", claims_page(around.claims, around.names, around.seed)
    yield "results.html", results_page(groups, around.names)
    yield "about.html", about_page(around)
    yield "index.html", index_page(entries)


def about_page(around: Around) -> str:
    """How the site was made, and how to read it."""
    return shell(
        "atlas/about.html.jinja",
        page="about.html",
        title="About the atlas",
        around=around,
        versions=[(name, installed(name)) for name in PACKAGES if name != "matplotlib"],
    )
