"""Outputs as files: pictures as SVG and PNG, tables as HTML and Markdown, both as CSV and JSON."""

import csv
import io
import json
import os
from importlib.metadata import PackageNotFoundError, version
from math import isnan
from pathlib import Path

from reports.errors import ReportError
from reports.outputs import Data, Output, Picture, Value
from reports.svg import picture_png, picture_svg
from reports.tabular import table_html, table_markdown

PACKAGES = ("contragrad", "sympy", "torch", "numpy", "matplotlib")


def write(output: Output, out: Path) -> tuple[str, ...]:
    """The files of one output, written; their names. Raises `ReportError` where it cannot be."""
    made: dict[str, str | bytes] = {}
    if isinstance(output, Picture):
        made[f"{output.name}.svg"] = picture_svg(output)
        made[f"{output.name}.png"] = picture_png(output)
    else:
        made[f"{output.name}.html"] = table_html(output, alone=True)
        made[f"{output.name}.md"] = table_markdown(output)
    made[f"{output.name}.csv"] = as_csv(output.data)
    made[f"{output.name}.json"] = as_json(output)
    for name, content in made.items():
        write_text(out / name, content)
    return tuple(made)


def as_csv(data: Data) -> str:
    """The columns' names, then a line a row; None and NaN are empty, floats have 9 digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(data.columns)
    writer.writerows([_shown(x) for x in row] for row in data.rows())
    return text.getvalue()


def _shown(value: Value) -> str | int:
    if isinstance(value, float):
        return "" if isnan(value) else f"{value:.9g}"
    return "" if value is None else value


def as_json(output: Output) -> str:
    """What it is and what it was made with, the versions too: enough to make it again."""
    record = {
        "name": output.name,
        "title": output.title,
        "caption": output.caption,
        "settings": dict(output.settings),
        "versions": {name: installed(name) for name in PACKAGES},
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def installed(package: str) -> str:
    """The version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:  # run from the source tree
        return "(not installed)"


def make_folder(out: Path) -> None:
    """Raises `ReportError` if there cannot be one."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"--out {str(out)!r} cannot be made: {error.strerror}. Name another folder."
        ) from error


def write_text(path: Path, content: str | bytes) -> None:
    """Replace a file whole. Raises `ReportError` where it cannot be written.

    Two processes may write into one folder: each has a name of its own for the file meanwhile.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        try:
            beside.write_bytes(content.encode() if isinstance(content, str) else content)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(
            f"{path} cannot be written: {error.strerror}. Name another folder with --out."
        ) from error
