"""Pages of documentation that are run: README.md, docs/derive.md, docs/your-own-loss.md.

A fenced block `console` holds commands, each with what it prints. A block `console only: Norms;
Notation` shows of each output the sections with these headings, and … for what is left out.
"""

import doctest
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from derive.cli import main

BLOCK = re.compile(r"^```(\w+)(?: only: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ELIDED = "…"


def blocks(kind: str, text: str) -> list[str]:
    """The bodies of the fenced blocks of one kind."""
    return [body for found, _, body in BLOCK.findall(text) if found == kind]


def renewed(text: str) -> str:
    """The page with the real output of its commands."""
    return BLOCK.sub(lambda m: _carried_out(m) if m[1] == "console" else m[0], text)


def run_sessions(text: str, page: Path, names: dict[str, Any] | None = None) -> int:
    """Run the `pycon` blocks as one session, "…" and "..." standing for anything.

    Returns the number of examples. Raises AssertionError with what differs.
    """
    session = "\n".join(blocks("pycon", text))
    test = doctest.DocTestParser().get_doctest(session, names or {}, page.name, str(page), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
    return runner.tries


def _carried_out(block: re.Match[str]) -> str:
    kind, only, body = block.groups()
    lines = []
    for line in body.splitlines():
        if line.startswith("$ derive "):
            result = CliRunner().invoke(main, shlex.split(line.removeprefix("$ derive ")))
            if not isinstance(result.exception, SystemExit | None):
                raise result.exception
            output = result.output.splitlines()
            lines += [line, *(_only(output, only.split("; ")) if only else output)]
    fence = f"```{kind} only: {only}" if only else f"```{kind}"
    return "\n".join([fence, *lines, "```"])


def _only(output: list[str], headings: list[str]) -> list[str]:
    """The sections with these headings."""
    found: list[str] = []
    for section in _sections(output):
        if section[0] in headings:
            found += section
        elif found[-1:] != [ELIDED]:
            found.append(ELIDED)
    missing = [x for x in headings if x not in found]
    assert not missing, f"{output[0]!r} has no section {' or '.join(missing)}"
    return found


def _sections(output: list[str]) -> list[list[str]]:
    """The lines of each section: a heading begins its line, after an empty one."""
    sections: list[list[str]] = []
    for before, line in pairwise(["", *output]):
        if not sections or (line[:1].strip() and not before):
            sections.append([])
        sections[-1].append(line)
    return sections
