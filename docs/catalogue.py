"""Writes docs/catalogue.md: every loss of the catalogue, from its specification and its formula.

    python docs/catalogue.py

Nothing about a loss is typed in here but which losses go by one name.
"""

from collections.abc import Iterator
from pathlib import Path

import derive
from derive.objective import Objective

PAGE = Path(__file__).with_suffix(".md")

# A group begins at the loss named here and ends at the next one.
GROUPS = {
    "infonce": "Contrastive",
    "paradigm": "The paradigm itself",
    "mhe": "Non-contrastive",
    "mhe_gd": "Non-contrastive, modified",
    "tao_barlow": "Gradient surrogates",
    "alpha_infonce": "The α-CL family",
}
# What is called by one name elsewhere; the first is compared with each of the others.
NAMESAKES = {
    "InfoNCE": ("infonce", "infonce_symmetric", "ntxent", "alpha_infonce"),
    "Uniformity": ("uniform", "uniform_same_view"),
    "MHS": ("mhs", "mhs_anchor"),
    "Barlow Twins": ("barlow_twins", "barlow_twins_original", "tao_barlow"),
    "VICReg": ("vicreg", "vicreg_original", "vicreg_code", "tao_vicreg"),
    "InfoNCE with mixtures": ("mixup_infonce", "mixup_infonce_positive"),
}

_HEAD = """# The catalogue

Written by `make docs` from the losses themselves; a test fails when it is stale. `derive list`
names them in the terminal, and `derive show --loss KEY` takes one apart.

- *What* is what is differentiated: one anchor's term L_i, or one scalar of the batch.
- *Negatives*: cross-view are h'_j, same-view h_j, j ≠ i.
- Embeddings are unit vectors unless it says raw. N pairs, D dimensions.
- *Also*: further inputs, what has stopped gradients, and presets (`--preset`).
"""
_COLUMNS = ("key", "title", "what", "negatives", "defaults", "also", "source")


def page() -> str:
    """The text of docs/catalogue.md."""
    names = derive.names()
    starts = [k for k, name in enumerate(names) if name in GROUPS]
    parts = [_HEAD]
    for begin, end in zip(starts, [*starts[1:], len(names)], strict=True):
        rows = [_row(derive.load(name)) for name in names[begin:end]]
        parts.append(f"## {GROUPS[names[begin]]}\n\n{_table(_COLUMNS, rows)}\n")
    parts.append("## One name, several losses\n\n" + _NAMESAKES_HEAD)
    parts += [_namesakes(name, keys) for name, keys in NAMESAKES.items()]
    return "\n".join(parts)


def _row(o: Objective) -> tuple[str, ...]:
    what = o.differentiated if o.differentiated == "batch" else "L_i"
    defaults = ", ".join(f"{x.display} = {x.default}" for x in o.hyper)
    return (f"`{o.name}`", o.title, what, o.pool, defaults, "; ".join(_also(o)), o.source)


def _also(o: Objective) -> Iterator[str]:
    if o.embeddings == "raw":
        yield "raw embeddings"
    if o.inputs:
        yield f"inputs: {', '.join(o.inputs)}"
    if o.stop_gradients != "none":
        yield f"stopped: {o.stop_gradients}"
    for name, settings in o.presets.items():
        yield f"preset {name}: {', '.join(f'{k} = {v}' for k, v in settings.items())}"


_NAMESAKES_HEAD = """\
Below each table: what `derive compare --loss A --loss B` says of the first loss of the group and
of each other, hyper-parameters free, and equal where they share a name. Where one takes raw
embeddings, both are compared on unit ones; an L_i is compared with a scalar of the batch by its
mean over i. Then the formulas.
"""


def _namesakes(name: str, keys: tuple[str, ...]) -> str:
    """A table of what differs, the relations, and the formulas."""
    first, *others = losses = [derive.load(key) for key in keys]
    columns = ("key", "what", "training scalar", "negatives", "embeddings", "defaults")
    rows = [_specification(x) for x in losses]
    relations = "\n".join(_relation(first, x) for x in others)
    formulas = "\n\n".join(f"`{x.name}`:\n\n{_formula(x)}" for x in losses)
    return f"### {name}\n\n{_table(columns, rows)}\n\n{relations}\n\n{formulas}\n"


def _specification(o: Objective) -> tuple[str, ...]:
    key, _, what, pool, defaults, *_ = _row(o)
    return key, what, o.reduction, pool, o.embeddings, defaults


def _relation(a: Objective, b: Objective) -> str:
    result = derive.compare(a, b)
    found = [f"{x.kind.value} ({x.verdict.value}). {_plain(x.text)}" for x in result.findings]
    other = f"{result.relation}, by a counterexample" if result.counterexample else result.relation
    return f"- A = `{a.name}`, B = `{b.name}`: {' '.join(found) or other + '.'}"


def _plain(text: str) -> str:
    """Not markup."""
    return text.replace("*", r"\*")


def _formula(o: Objective) -> str:
    """The objective as `derive show --format markdown` prints it."""
    text = derive.show(o).render("markdown")
    return text.partition("### Objective\n\n")[2].partition("\n\n### ")[0]


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join("| " + " | ".join(_cell(x) for x in row) + " |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
