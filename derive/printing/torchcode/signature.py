"""The arguments of a printed loss: their text, their checks, their place in its docstring."""

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sympy import Expr, Symbol

from derive.hyper import Hyper
from derive.objective import Objective
from derive.printing.torchcode.helpers import CHECK_INDICES, CHECK_LABELS
from derive.printing.torchcode.scalars import ScalarPrinter

WIDTH = 88  # of a line in a printed file


@dataclass(frozen=True)
class Argument:
    """A keyword of the loss: its annotation and default; late: a default that needs N or D."""

    name: str
    kind: str
    default: str = ""
    late: str = ""

    @property
    def text(self) -> str:
        annotation = f"{self.kind} | None" if self.late else self.kind
        return f"{self.name}: {annotation}" + (f" = {self.default}" if self.default else "")


class Signature:
    """The keywords of one objective: its inputs, then its hyper-parameters."""

    def __init__(self, objective: Objective, settings: Mapping[str, object], scalar: ScalarPrinter):
        self.objective, self.scalar = objective, scalar
        defaults = objective.defaults(settings)
        self.inputs = [Argument(x, "Tensor") for x in objective.inputs]
        self.hyper = [self._hyper(x, defaults[x.name]) for x in objective.hyper]

    def _hyper(self, hyper: Hyper, default: Expr) -> Argument:
        text = self.scalar(default)[0]
        if default.has(Symbol):
            return Argument(hyper.name, "float", "None", text)
        return Argument(hyper.name, "float", f"{text}.0" if text.lstrip("-").isdigit() else text)

    @property
    def names(self) -> list[str]:
        return [x.name for x in (*self.inputs, *self.hyper)]

    @property
    def arrays(self) -> list[str]:
        """The inputs that hold sample numbers."""
        return [x.name for x in self.inputs if x.name != "labels"]

    @property
    def keywords(self) -> list[str]:
        texts = [x.text for x in (*self.inputs, *self.hyper)]
        return ["*", *texts] if texts else []

    def docstring(self) -> Iterator[str]:
        """What the loss takes and returns."""
        o = self.objective
        what = "mean over anchors" if o.differentiated == "anchor" else "a scalar of the batch"
        yield from wrapped(f'"""{o.title}: {what}, ().', 4)
        yield ""
        unit = ", rows of norm 1" if o.embeddings == "unit" else ""
        pairs = "row i of the one is the positive of row i of the other"
        yield from wrapped(f"h, h_prime: (N, D), N ≥ 2{unit}; {pairs}. Differentiable once.", 4)
        for x in self.inputs:
            shape = "(N,), one label a sample" if x.name == "labels" else "(N, M) sample numbers"
            yield f"    {x.name}: {shape}."
        for hyper in o.hyper:
            domain = hyper.domain.describe(hyper.display)
            default = f"; default {hyper.default_text}" if hyper.default.has(Symbol) else ""
            yield from wrapped(f"{hyper.name}: {hyper.meaning}, {domain}{default}.", 4)
        yield "    Raises ValueError for other shapes, dtypes or numbers."
        yield '    """'

    def checks(self) -> Iterator[str]:
        """The inputs, defaults that depend on the batch, and the domains."""
        lines = list(self._checks())
        yield from sizes(lines, [])
        yield from lines

    def _checks(self) -> Iterator[str]:
        for x in self.inputs:
            check = CHECK_LABELS if x.name == "labels" else CHECK_INDICES
            yield check.format(name=x.name).rstrip("\n")
        for x, hyper in zip(self.hyper, self.objective.hyper, strict=True):
            if x.late:
                yield f"    {x.name} = {x.late} if {x.name} is None else {x.name}"
            condition = self._condition(hyper)
            if condition:
                yield f"    if not {condition}:"
                domain = hyper.domain.describe(hyper.display)
                yield f'        raise ValueError(f"{x.name}={{{x.name}}}: need {domain}.")'

    def _condition(self, hyper: Hyper) -> str:
        """The domain as Python; "" for all numbers."""
        low, high = hyper.domain.low, hyper.domain.high
        less = {True: "<", False: "<="}
        if low.is_finite and not high.is_finite:
            sign = ">" if hyper.domain.low_open else ">="
            return f"{hyper.name} {sign} {self.scalar(low)[0]}"
        below = f"{self.scalar(low)[0]} {less[hyper.domain.low_open]} " if low.is_finite else ""
        above = f" {less[hyper.domain.high_open]} {self.scalar(high)[0]}" if high.is_finite else ""
        return f"{below}{hyper.name}{above}" if below or above else ""


def wrapped(text: str, indent: int = 0) -> list[str]:
    """Lines of at most `WIDTH` columns."""
    margin = " " * indent
    return textwrap.wrap(
        text, WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )


def call(head: str, arguments: list[str], tail: str, indent: int = 0) -> Iterator[str]:
    """A call or a definition on one line, or one argument a line."""
    line = f"{head}{', '.join(arguments)}{tail}"
    if len(line) <= WIDTH:
        yield line
        return
    yield head
    yield from (f"{' ' * (indent + 4)}{x}," for x in arguments)
    yield f"{' ' * indent}{tail}"


def sizes(lines: list[str], arrays: list[str]) -> Iterator[str]:
    """The sizes of the batch that the lines use."""
    words = {word for line in lines for word in re.findall(r"(?<![\w.])[a-z_]\w*", line)}
    if {"n", "d"} <= words:
        yield "    n, d = h.shape"
    else:
        yield from (f"    {x} = h.shape[{at}]" for at, x in enumerate("nd") if x in words)
    if "extra" in words and arrays:
        yield f"    extra = {arrays[0]}.shape[1]"
