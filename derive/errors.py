"""Errors a user can cause. Each message gives the value, the reason and the next step.

`ContragradError` is the base; the command line prints its message and exits with
`exit_code` (2: bad input), without a traceback. `assert` is for our own bugs only.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class ContragradError(Exception):
    """Anything a user can mend. The message is the whole report."""

    exit_code = 2


class UnknownNameError(ContragradError):
    """A name that is not among the known ones; the message lists the nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        self.name = name
        self.known = sorted(known)
        near = get_close_matches(name, self.known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(self.known)}."
        super().__init__(f"unknown {kind} {name!r}. {hint}")


class HyperparameterError(ContragradError):
    """A hyper-parameter with an unknown name or a value outside its domain."""


class InputError(ContragradError):
    """Embeddings (or a batch of them) that no objective can be evaluated on."""


class ObjectiveError(ContragradError):
    """An objective whose formula or specification cannot be used."""


class DecompositionError(ContragradError):
    """Parts that do not add up to the gradient, or were not proved to."""


class LoweringError(ContragradError):
    """A symbolic node that has no numerical rule."""


class MissingExtraError(ContragradError):
    """A command whose optional dependencies are not installed."""

    def __init__(self, command: str, extra: str, missing: str | None):
        super().__init__(
            f"`{command}` needs {missing or 'packages'} which is not installed. "
            f"Install it with: pip install 'contragrad[{extra}]'"
        )


class ExpressionError(ContragradError):
    """An arithmetic expression that cannot be read or evaluated.

    text: the expression; position: of the character at fault, from 1; reason: one clause;
    advice: the next step, one sentence.
    """

    def __init__(self, text: str, position: int, reason: str, advice: str):
        self.text, self.position, self.reason, self.advice = text, position, reason, advice
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        super().__init__(f"in {shown!r}, at character {position}: {reason}. {advice}")


class StoreError(ContragradError):
    """A saved loss that cannot be written, found or read."""


class SourceError(ContragradError):
    """A loss in a file or an entry point that cannot be loaded."""


_SHOWN = 60  # characters of a text that an error quotes
