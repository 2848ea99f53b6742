"""Writes the table of docs/training.md: every setting by protocol, from train/protocols.py.

    python docs/training.py

The rest of the page is written by hand, and left as it is.
"""

from pathlib import Path

from train.protocols import DOMAINS, NAMES, PROTOCOLS

PAGE = Path(__file__).with_suffix(".md")
BEGIN, END = "<!-- settings: docs/training.py -->", "<!-- end of settings -->"
COLUMNS = ("default", "demonstration", "simcse", "simcse_supervised", "understandingcse")


def shown(value: object) -> str:
    """A setting's value in a cell: an open one is a dash."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def option(name: str) -> str:
    """`--lr`, and `--[no-]bucket` for a switch."""
    words = name.replace("_", "-")
    switch = isinstance(getattr(PROTOCOLS["default"], name), bool)
    return f"`--{'[no-]' if switch else ''}{words}`"


def table() -> str:
    """Markdown: a row a setting, its values by protocol, and its help."""
    head = ["setting", *COLUMNS, "what it is"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name in NAMES:
        values = [shown(getattr(PROTOCOLS[column], name)) for column in COLUMNS]
        text = DOMAINS[name]["help"].replace("|", "\\|")
        lines.append("| " + " | ".join([option(name), *values, text]) + " |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
