"""A site on disk, read as a browser would: its pages, and where their links lead."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Ids, links, headings and text of a page; raises where an element is not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.headings, self.sources = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if tag in ("script", "link", "img") and (found := values.get("src", values.get("href"))):
            self.sources.append(found)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass  # <mspace/> and the like hold nothing

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def files(out):
    """The pages of a site by their names."""
    return {x.relative_to(out).as_posix(): x for x in sorted(out.rglob("*.html"))}


def broken_links(out):
    """Every link and asset of the site that leads nowhere, as "page → target"."""
    pages = {name: Page(path.read_text(encoding="utf-8")) for name, path in files(out).items()}
    found = []
    for name, page in pages.items():
        for link in [*page.links, *page.sources]:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            target = (out / name).parent / parts.path if parts.path else out / name
            key = Path(target).resolve().relative_to(out.resolve()).as_posix()
            if key in pages:
                state = "=" in parts.fragment  # what the list of losses shows
                whole = not parts.fragment or state or unquote(parts.fragment) in pages[key].ids
            else:
                whole = (out / key).is_file() and not parts.fragment
            found += [] if whole else [f"{name} → {link}"]
    return found
