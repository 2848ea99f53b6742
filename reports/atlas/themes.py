"""The style sheet: that of the other pages, and a theme that a reader chose over the system's."""

import re
from importlib.resources import files

_STYLES = ("style.css", "gallery.css")
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}\s*\}", re.DOTALL)
_LIGHT = re.compile(r"^:root \{(.*?)\}", re.DOTALL | re.MULTILINE)


def style_sheet() -> str:
    """Both sheets of reports/templates, then the atlas's own.

    Their colours follow the system; `data-theme` on the root overrides it, with the same colours.
    """
    shared = "\n".join(_read("reports.templates", name) for name in _STYLES)
    own = _read("reports.atlas", "static/atlas.css")
    return f"{shared}\n{chosen_themes(shared)}\n{own}"


def chosen_themes(css: str) -> str:
    """The rules for `data-theme="dark"` and `"light"`, from those for the system's setting."""
    dark = "".join(_DARK.findall(css))
    light = "".join(_LIGHT.findall(_DARK.sub("", css)))
    return (
        f':root[data-theme="light"] {{{light} color-scheme: light; }}\n'
        f':root[data-theme="dark"] {{{dark} color-scheme: dark; }}\n'
    )


def script(name: str) -> str:
    """A file of reports/atlas/static."""
    return _read("reports.atlas", f"static/{name}")


def _read(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")
