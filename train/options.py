"""Command-line options that make a `RunConfig`; those of the protocol come from its fields."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import click

from derive.commands import parse_settings, set_option
from train.protocols import DOMAINS, NAMES, PROTOCOLS, Protocol, kind

Function = TypeVar("Function", bound=Callable[..., Any])
COLUMNS = ("anchor", "positive", "negative")

MATERIALS = (
    click.option("--model", help="Encoder: a folder or hub name. Default: a small new BERT."),
    click.option("--corpus", metavar="SPEC", help="Training text: a file of text, JSON lines, CSV "
                 "or TSV, or datasets:NAME. Default: embedded texts."),
    click.option("--anchor-column", metavar="NAME", help="Of a corpus with columns."),
    click.option("--positive-column", metavar="NAME", help="The other view; default: the usual."),
    click.option("--negative-column", metavar="NAME", help="A hard negative for each row."),
    click.option("--max-characters", type=int, help="Longer rows are left out, and counted."),
    click.option("--max-sentences", type=int, help="Draw so many rows of the text. Default: all."),
    click.option("--eval-data", metavar="DIR", help="SentEval's data folder: scores STS-B and "
                 "SICK-R."),
    click.option("--seed", type=int, default=0, show_default=True),
    click.option("--device", type=click.Choice(["auto", "cuda", "mps", "cpu"]), default="auto"),
    click.option("--accept-undecided", is_flag=True, help="Train a loss with undecided checks."),
    click.option("--protocol", type=click.Choice([x for x in PROTOCOLS if x != "demonstration"]),
                 default="default", show_default=True, help="Settings that go together; each can "
                 "be changed by its option below."),
)  # fmt: skip


def run_options(function: Function) -> Function:
    """The options of a run: its loss's hyper-parameters, its materials, and every setting."""
    for name in reversed(NAMES):
        function = setting_option(name)(function)
    for option in reversed(MATERIALS):
        function = option(function)
    return set_option(function)


def setting_option(name: str) -> Callable[[Function], Function]:
    """The option of a setting; None where it is not given, and the protocol decides."""
    wanted, domain = kind(get_type_hints(Protocol)[name]), DOMAINS[name]
    option = "--" + name.replace("_", "-")
    if wanted is bool:
        option += "/--no-" + option[2:]
        return click.option(option, name, default=None, help=domain["help"])
    choices = domain.get("choices")
    form = click.Choice(choices) if choices else wanted
    return click.option(option, name, type=form, default=None, help=domain["help"])


def run_arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `RunConfig` from a command's options, without the loss."""
    values = as_found({name: options[name] for name in PLAIN})
    values["settings"] = parse_settings(options["settings"])
    given = {name: options[f"{name}_column"] for name in COLUMNS}
    values["columns"] = {name: text for name, text in given.items() if text is not None}
    values["overrides"] = {name: options[name] for name in NAMES if options[name] is not None}
    return values


def as_found(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with paths as found from any directory: a run is resumed from wherever."""
    found = dict(values)
    for name in ("corpus", "eval_data", "model"):
        if found.get(name) is not None and Path(found[name]).exists():
            found[name] = str(Path(found[name]).resolve())
    return found


PLAIN = (
    "model", "corpus", "max_characters", "max_sentences", "eval_data", "seed", "device",
    "accept_undecided", "protocol",
)  # fmt: skip
