"""What the four command lines share: error reports, the `--set` option, missing extras."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from derive.errors import ContragradError, HyperparameterError, MissingExtraError

INTERRUPTED = 130


class CommandGroup(click.Group):
    """A click group that reports a `ContragradError` in one message, without a traceback, and ends
    with 130 when it is interrupted: 1 has a meaning of its own."""

    def __init__(self, *args: Any, **options: Any):
        options.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ContragradError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("Interrupted: nothing is reported.", err=True)
            ctx.exit(INTERRUPTED)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from derive.errors import UnknownNameError

            raise UnknownNameError("command", args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


class LazyGroup(CommandGroup):
    """One file a command: `package`.<name> holds <name> as `command`, and is imported when that
    command is called, or for its line of help. commands: their names, in the order of the help."""

    def __init__(self, *args: Any, package: str, commands: Sequence[str], **options: Any):
        super().__init__(*args, **options)
        self.package, self.order = package, tuple(commands)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.order]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.order:
            return None
        command: click.Command = import_module(f"{self.package}.{name}").command
        return command


class LossName(click.types.StringParamType):
    """Any text; a command without it says what to write."""

    name = "loss"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "Write for example --loss infonce; `derive list` names the losses."


loss_option = click.option(
    "--loss",
    type=LossName(),
    required=True,
    metavar="LOSS",
    help="A name of the catalogue (see `derive list`), FILE.py:NAME, or a loss you saved.",
)
format_option = click.option(
    "--format",
    "form",
    default="text",
    show_default=True,
    help="text | latex | markdown | json | mathml",
)
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a hyper-parameter (repeatable): a number or an expression, pi/18, 1/sqrt(64).",
)
save_option = click.option(
    "--save",
    metavar="NAME|FILE.json",
    help="Keep the loss in your data folder under NAME, or in FILE.json, for --loss.",
)


def parse_settings(settings: Iterable[str], option: str = "--set") -> dict[str, str]:
    """`("tau=0.1", "m=.3")` as a mapping of names to unparsed values.

    option: what they were given to. Raises `HyperparameterError` for anything that is not
    NAME=VALUE, or a name given twice.
    """
    values: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name or not value:
            raise HyperparameterError(
                f"{option} {setting!r} is not of the form NAME=VALUE. Write for example "
                f"{option} tau=0.1."
            )
        if name in values:
            raise HyperparameterError(f"{option} gives {name!r} twice. Keep one of them.")
        values[name] = value
    return values


@contextmanager
def extra(command: str, name: str) -> Iterator[None]:
    """Turn the ImportError of a missing dependency into the pip line that mends it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in {"derive", "verify", "train", "reports"}:
            raise
        raise MissingExtraError(command, name, error.name) from error
