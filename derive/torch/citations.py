"""The sources that a loss states, as BibTeX."""

import re

from derive.objective import Objective

_YEAR = re.compile(r"\b(1[89]|20)\d\d\b")
_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
_SPECIAL = re.compile(r"([&%$#_{}])")


def bibtex(objective: Objective) -> str:
    """One @misc an article, parted by ";" in the source: its authors as the source names them,
    year and arXiv number where it gives them, and what it says as the note."""
    sources = [x.strip() for x in objective.source.split(";")]
    return "\n".join(
        _entry(f"{objective.name}{number}", objective.title, source)
        for number, source in enumerate(sources, start=1)
    )


def _entry(key: str, title: str, source: str) -> str:
    fields = {}
    if year := _YEAR.search(source):
        authors = source[: year.start()].strip(" ,(")
        fields["author"] = _authors(authors) if authors else None
        fields["year"] = year[0]
    if number := _ARXIV.search(source):
        fields |= {"eprint": number[1], "archivePrefix": "arXiv"}
        fields["url"] = f"https://arxiv.org/abs/{number[1]}"
    fields["note"] = _escaped(f"{title}: {source}")
    lines = [f"    {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"


def _authors(text: str) -> str:
    return _escaped(text.replace(" & ", " and ").replace(" et al.", " and others"))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
