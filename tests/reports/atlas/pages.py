"""Pages of plots alone, as small as they can be."""

from functools import cache
from pathlib import Path

import reports.atlas
from derive.api import decompose
from reports.atlas.plots import plot_section

RUNTIME = Path(reports.atlas.__file__).parent / "static" / "atlas.js"
decomposed = cache(decompose)


def write_page(folder: Path, *losses: str) -> Path:
    """A page with the plots of these losses."""
    sections = [plot_section(decomposed(name)) for name in losses]
    path = folder / "plots.html"
    path.write_text(
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>plots</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<script>{RUNTIME.read_text(encoding='utf-8')}</script></head>"
        f"<body><main><h1>Plots</h1>{''.join(str(x.html) for x in sections)}</main>"
        f"<script>{''.join(x.script for x in sections)}</script></body></html>",
        encoding="utf-8",
    )
    return path
