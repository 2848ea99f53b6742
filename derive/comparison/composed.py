"""One loss as a function of the other: softplus, max(0, ·), exp, log, a square, a root.

Then ∇L_A = φ'(L_B) ∇L_B: the same directions, another step at every batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sympy import Expr, S, Symbol, sqrt

from derive.comparison.affine import Affine, Batches, related
from derive.comparison.relations import Finding, Kind
from derive.comparison.subject import Form
from derive.comparison.wording import Wording
from derive.nodes import Exp, Hinge, Log
from derive.verdict import Verdict


@dataclass(frozen=True)
class Function:
    """φ. In the texts of φ(x) and φ'(x), {x} stands for x and {(x)} for x in brackets where it is
    more than a name."""

    name: str
    of: Callable[[Expr], Expr]
    text: str
    slope: str


FUNCTIONS = (
    Function("softplus", lambda x: Log(1 + Exp(x)), "log(1 + e^({x}))", "σ({x})"),
    Function("relu", Hinge, "max(0, {x})", "1[{x} > 0]"),
    Function("exp", Exp, "e^({x})", "e^({x})"),
    Function("log", Log, "log({x})", "(1/{(x)})"),
    Function("square", lambda x: x**2, "{(x)}²", "2·{(x)}"),
    Function("root", sqrt, "√({x})", "1/(2 √({x}))"),
)


def composed(
    a: Form, b: Form, names: tuple[str, str], batches: Batches, words: Wording
) -> Finding | None:
    """L_A = f·φ(s L_B) + c with s one, a free hyper-parameter, or one over it; only if proved:
    among so many candidates some agree at any few batches."""
    value = b.value
    for scale in _scales(a, b):
        for function in FUNCTIONS:
            inner = Form(function.of(scale * value), b.anchored, b.unit)
            found = related(Form(a.value, a.anchored, a.unit), inner, batches)
            if found is not None and found.verdict is Verdict.PROVED:
                return _finding(found, function, scale, names, words, a.stops or b.stops)
    return None


def _scales(a: Form, b: Form) -> Iterator[Expr]:
    yield S.One
    free = a.formula.free_symbols & b.formula.free_symbols
    for x in sorted((x for x in free if type(x) is Symbol and x.is_positive), key=str):
        if x.name not in ("N", "D", "M"):
            yield from (1 / x, x)


def _finding(
    found: Affine,
    function: Function,
    scale: Expr,
    names: tuple[str, str],
    words: Wording,
    stops: bool,
) -> Finding:
    a, b = names
    over = not (scale == 1 or scale.is_Symbol)
    inside = f"{b}/{words(1 / scale)}" if over else words.times(scale, b)

    def filled(text: str) -> str:
        return text.replace("{x}", inside).replace(
            "{(x)}", inside if inside == b else f"({inside})"
        )

    text = f"{a} = {words.affine(found.factor, filled(function.text), found.constant)}"
    if function.name == "softplus":
        text += f", the softplus of {inside}"
    if not stops:
        slope = words.times(found.factor * scale, filled(function.slope))
        text += f"; ∇{a} = {slope}·∇{b} by every embedding"
    if "σ(" in text:
        text += ", with σ(x) = 1/(1 + e^(−x))"
    parts = {"factor": found.factor, "constant": found.constant, "scale": scale}
    return Finding(Kind.FUNCTION, found.verdict, text + ".", parts, {"function": function.name})
