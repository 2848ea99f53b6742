"""`train data`: fetch the papers' data, and count what is there."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derive.commands import INTERRUPTED, CommandGroup, extra

if TYPE_CHECKING:
    from train.data.report import Checked


@click.group("data", cls=CommandGroup, short_help="Fetch the papers' data; count what is there.")
def command() -> None:
    """Fetch the papers' data, and count it against the official numbers."""


@command.command()
@click.argument("what", type=click.Choice(["wiki", "senteval", "all"]), default="all")
@click.option("--to", required=True, metavar="DIR", help="Folder to put it into.")
@click.option("--endpoint", metavar="URL", help="Another hub than huggingface.co, or a mirror.")
@click.option("--revision", default="main", show_default=True, help="Branch, tag or commit.")
@click.pass_context
def fetch(ctx: click.Context, /, what: str, to: str, endpoint: str | None, revision: str) -> None:
    """Fetch SimCSE's sentences (wiki), SentEval's tree (senteval), or both.

    From the data-set repository princeton-nlp/datasets-for-simcse on the Hugging Face hub.
    Each file is compared with the hub's SHA-256 before it gets its name. A download that
    was interrupted goes on where it stopped; what is there already is not fetched again.

    Exit codes: 0 fetched, with the official counts; 1 fetched, but a count differs; 2 not
    fetched; 130 stopped by Ctrl-C.
    """
    with extra("train data fetch", "train"):
        from train.data import fetch as fetching

    names = fetching.NAMES if what == "all" else (what,)
    try:
        hub = fetching.Hub(endpoint, revision)
        official = fetching.fetch(names, Path(to), hub, lambda text: click.echo(text))
    except KeyboardInterrupt:
        click.echo("\nStopped. What has arrived is kept: give the same command again.", err=True)
        ctx.exit(INTERRUPTED)
    ctx.exit(0 if official else 1)


@command.command()
@click.argument("paths", nargs=-1, required=True, metavar="DIR|FILE...")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def check(ctx: click.Context, /, paths: tuple[str, ...], form: str) -> None:
    """Count SentEval's tree in DIR, and the lines of text files, against the official numbers.

    The tree is looked for in DIR and in downstream/ and senteval/downstream/ below it. Notes say
    what a reader should know: malformed rows, pairs without a gold score, empty lines, accents
    mangled by `cat -v`.

    Exit codes: 0 all counts are official; 1 a count differs or a file is missing; 2 there is
    nothing to count.
    """
    with extra("train data check", "train"):
        from train.data.report import as_json, show

        checked = [look(Path(path)) for path in paths]
    if form == "json":
        import json

        click.echo(json.dumps(as_json(checked), indent=2, ensure_ascii=False))
    else:
        from rich.console import Console

        # Piped, a line is as long as it has to be; markup: a path may hold [brackets].
        wide = None if sys.stdout.isatty() else 160
        console = Console(markup=False, highlight=False, emoji=False, width=wide)
        for one in checked:
            show(console, one)
    ctx.exit(0 if all(one.complete for one in checked) else 1)


def look(path: Path) -> "Checked":
    """Count one argument. Raises `DataError` when there is nothing to count."""
    from train.data.check import OFFICIAL_LINES, count_corpus, count_tree, find_tree
    from train.data.report import Checked
    from train.errors import DataError

    if not path.exists():
        raise DataError(f"{str(path)!r} does not exist. Give a folder, or a file of sentences.")
    if not path.is_dir():
        return Checked(None, [], [count_corpus(path)])
    try:
        tree = find_tree(path)
    except OSError as error:  # a folder that may not be entered
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error
    if tree is None:
        raise DataError(
            f"{str(path)!r} holds no SentEval tree: no STS/, SICK/, MR/, ... in it, in downstream/ "
            "or in senteval/downstream/. Fetch one with: train data fetch senteval --to DIR. "
            "To count a file of sentences, name the file."
        )
    corpora = [path / name for name in OFFICIAL_LINES if (path / name).is_file()]
    return Checked(tree, count_tree(tree), [count_corpus(corpus) for corpus in corpora])
