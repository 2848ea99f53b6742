"""A limit as sections, and as plain data."""

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Expr, S

from derive.asymptotics.claims import Assumption, Leading, Rest
from derive.asymptotics.limit import LimitResult
from derive.canonical import for_print
from derive.hyper import Hyper
from derive.nodes import ANCHOR, FEATURE, Inner, free_indices
from derive.printing.boxes import DOT, MINUS, PLUS, Box, Fenced, Leaf, Row, equation, is_open
from derive.printing.latex import to_latex
from derive.printing.layout import Typesetter
from derive.printing.legend import legend
from derive.printing.parts import scalar_name
from derive.printing.readable import product_of_distance
from derive.printing.sections import Formula, Item, Section
from derive.printing.standard import to_sympy_text
from derive.printing.text import inline

ANY_SAMPLE = (
    "Here i is any one sample: x_i + max(0, max_{k≠i} x_k − x_i) is the maximum over all of them, "
    "whichever i is."
)
_REST = Leaf("rest", r"\text{rest}")
_END = {"0": "0", "oo": "∞", "-oo": "−∞"}


def limit_sections(result: LimitResult) -> tuple[Section, ...]:
    """Heading, the objective, its leading terms with the rest, and the notation."""
    typesetter = Typesetter(result.objective.hyper)
    name = scalar_name(result.objective)
    formula = Formula(equation(name, typesetter(result.formula)))
    title = f"As {arrow(result.parameter, result.to)}"
    return (
        Section("", (f"{result.objective.title}  [{result.objective.name}]",)),
        Section("Objective", (formula,)),
        Section(title, tuple(_statement(result, typesetter, name))),
        Section("Notation", tuple(legend(typesetter, result.objective))),
    )


def arrow(hyper: Hyper, end: str) -> str:
    """τ → 0 (from above, where the parameter may be negative), τ → ∞ or m → −∞."""
    above = end == "0" and hyper.domain.low < 0
    return f"{hyper.display} → {_END[end]}" + (" from above" if above else "")


def _statement(result: LimitResult, typesetter: Typesetter, name: Box) -> Iterator[Item]:
    leading = result.leading
    if leading is None:
        yield f"Undecided: {result.reason}."
        return
    yield Formula(equation(name, terms_box(leading, typesetter)))
    if not leading.rest.none and leading.exponent != 0:
        yield "The rest is meant inside the brackets, beside the factor."
    yield from rest_lines(leading, typesetter)
    if result.objective.differentiated != "anchor" and leading.at_any_sample:
        yield ANY_SAMPLE


def terms_box(leading: Leading, typesetter: Typesetter) -> Box:
    """Σ coefficient·parameter^power + rest, term by term."""
    parts: list[Box] = []
    for n, c in leading.terms:
        parts += _summand(_term(leading.parameter**n, c, typesetter), first=not parts)
    if not leading.rest.none:
        parts += [*([PLUS] if parts else []), _REST]
    total: Box = Row(tuple(parts or [typesetter(S.Zero)]))
    if leading.exponent == 0:
        return total
    from derive.nodes import Exp

    return Row((typesetter(Exp(leading.exponent)), DOT, Fenced("(", total, ")")))


def _summand(box: Box, *, first: bool) -> list[Box]:
    """With its sign before it: a − b and not a + −b."""
    if not first and isinstance(box, Row) and box.parts[0] is MINUS:
        return [MINUS, Row(box.parts[1:])]
    return [box] if first else [PLUS, box]


def _term(scale: Expr, c: Expr, typesetter: Typesetter) -> Box:
    if scale == 1 or not c.is_Add:
        return typesetter(scale * c)
    box = typesetter(c)
    return Row((typesetter(scale), DOT, Fenced("(", box, ")") if is_open(box) else box))


def rest_lines(leading: Leading, typesetter: Typesetter) -> Iterator[str]:
    """The order of the rest in words, its bounds, and what is assumed."""
    yield _rest(leading.rest, leading, typesetter) + _where(leading.assumed, typesetter) + "."
    if leading.sharper is not None:
        sharper = _rest(leading.sharper, leading, typesetter)
        yield sharper + _where(leading.sharper_assumed, typesetter) + "."


def rest_in_words(leading: Leading, typesetter: Typesetter) -> str:
    """All that is known of the rest, in sentences."""
    return " ".join(rest_lines(leading, typesetter))


def _rest(rest: Rest, leading: Leading, typesetter: Typesetter) -> str:
    name = inline(typesetter(leading.parameter))
    if rest.none:
        near = f" once {name} is near enough to its end" if leading.eventually else ""
        return f"Exact{near}: nothing is left"
    if rest.exponentially_small:
        return f"The rest is exponentially small: smaller than every power of {name}"
    order = "1" if rest.order == 0 else inline(typesetter(leading.parameter**rest.order))
    text = f"The rest is O({order})" + (f" times a power of log({name})" if rest.logs else "")
    if rest.low is None or rest.high is None:
        return text
    low, high = (
        inline(typesetter(x * leading.parameter**rest.order)) for x in (rest.low, rest.high)
    )
    return f"{text}, and {low} ≤ rest ≤ {high} for every batch"


_MOST_CLAUSES = 3
_ASSUMED = {
    "unique": "is attained once",
    "pair": "is attained by one pair",
    "nonzero": "≠ 0",
    "base": "≠ 0",
}


def _where(assumed: Sequence[Assumption], typesetter: Typesetter) -> str:
    """The assumptions, or what they come to where they are many."""
    if len(assumed) > _MOST_CLAUSES:
        powers = any(kind == "base" for kind, _ in assumed)
        return ", where no maximum is attained twice and no two compared quantities are equal" + (
            " and no base of a power is 0" if powers else ""
        )
    clauses = [_clause(kind, e, typesetter) for kind, e in assumed]
    return f", where {' and '.join(clauses)}" if clauses else ""


def _clause(kind: str, e: Expr, typesetter: Typesetter) -> str:
    own = {k for k in free_indices(e) if k not in (ANCHOR, FEATURE)}
    text = inline(typesetter(e.xreplace({k: type(k)(f"_{k}") for k in own})))
    every = " for all of them" if own else ""
    coincident = " (no two coincident embeddings)" if kind == "base" and _is_distance(e) else ""
    return f"{text} {_ASSUMED[kind]}{every}{coincident}"


def _is_distance(e: Expr) -> bool:
    """A squared distance: of unit embeddings 2 − 2c."""
    _, rest = for_print(e).primitive()
    cosines = [x for x in rest.atoms(Inner) if x.args[0].unit and x.args[2].unit]
    return product_of_distance(rest) is not None or rest in [1 - x for x in cosines]


def limit_data(result: LimitResult) -> dict[str, Any]:
    """Keys: loss, parameter, to, settings, verdict, reason, and what `Leading` holds; expressions
    as text, LaTeX and a form SymPy reads (derive/printing/standard.py)."""
    found: dict[str, Any] = {
        "loss": result.objective.name,
        "parameter": result.parameter.name,
        "to": result.to,
        "settings": {name: str(x) for name, x in result.settings.items()},
        "verdict": result.verdict.value,
        "reason": result.reason,
    }
    if result.leading is None:
        return found
    return found | _leading_data(result.leading, Typesetter(result.objective.hyper))


def _leading_data(leading: Leading, typesetter: Typesetter) -> dict[str, Any]:
    def form(e: Expr) -> dict[str, str]:
        box = typesetter(e)
        return {"text": inline(box), "latex": to_latex(box), "sympy": to_sympy_text(e)}

    def rest(x: Rest | None) -> dict[str, Any] | None:
        if x is None or x.order is None:
            return None
        bounds = {k: form(e) for k, e in (("low", x.low), ("high", x.high)) if e is not None}
        return {"order": str(x.order), "logarithms": x.logs} | bounds

    return {
        "terms": [{"power": str(n), "coefficient": form(c)} for n, c in leading.terms],
        "exponent": form(leading.exponent),
        "leading": form(leading.expression),
        "rest": rest(leading.rest),
        "assumed": [{"kind": kind} | form(e) for kind, e in leading.assumed],
        "sharper": rest(leading.sharper),
        "sharper_assumed": [{"kind": kind} | form(e) for kind, e in leading.sharper_assumed],
    }
