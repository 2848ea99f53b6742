"""Items made and written, one after the other; the page that shows them last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from reports.context import Context, Tell
from reports.errors import NeedsRunsError, RunRecordError
from reports.gallery import gallery
from reports.items import Item
from reports.outputs import Output
from reports.writing import make_folder, write, write_text
from train.measuring.errors import MeasurementError


@dataclass(frozen=True)
class Built:
    """An item that was made (outputs, files, seconds), or that waits for runs, and why; failed: why
    it could not be drawn from the runs that there are."""

    item: Item
    outputs: tuple[Output, ...] = ()
    files: tuple[str, ...] = ()
    seconds: float = 0.0
    waiting: str = ""
    failed: str = ""


def build(items: Sequence[Item], context: Context, out: Path) -> list[Built]:
    """Make the items in turn; each is written when it is made, so that a stop loses none.

    An item whose runs are damaged fails alone. Raises `ReportError` for a place that cannot be
    written to.
    """
    make_folder(out)
    built = []
    for place, item in enumerate(items):
        context.tell(item.name, place, len(items))
        part = replace(context, tell=_within(context, item.name, place, len(items)))
        built.append(_make(item, part, out))
    write_text(out / "index.html", gallery(built))
    return built


def _make(item: Item, context: Context, out: Path) -> Built:
    start = perf_counter()
    try:
        outputs = tuple(item.make(context))
    except NeedsRunsError as missing:
        return Built(item, waiting=str(missing))
    except (RunRecordError, MeasurementError) as damaged:
        return Built(item, failed=str(damaged))
    files = tuple(name for output in outputs for name in write(output, out))
    return Built(item, outputs, files, perf_counter() - start)


def _within(context: Context, name: str, place: int, of: int) -> Tell:
    """The progress of one item's parts, as a share of the whole."""

    def tell(what: str, done: int, parts: int) -> None:
        context.tell(f"{name}: {what}", place, of)

    return tell
