"""One loss as the limit of the other: every free hyper-parameter, every end of its domain."""

from collections.abc import Iterator
from dataclasses import replace

from sympy import Expr, S

from derive.asymptotics.batches import depends_on_embeddings
from derive.asymptotics.claims import Leading
from derive.asymptotics.leading import leading_terms
from derive.asymptotics.limit import ends_of
from derive.asymptotics.series import UndecidedLimitError
from derive.comparison.affine import Affine, Batches, fits, related
from derive.comparison.relations import Finding, Kind
from derive.comparison.subject import Form, Subject
from derive.comparison.variants import Variant, variants
from derive.comparison.wording import Wording
from derive.hyper import Hyper
from derive.nodes import ANCHOR, free_indices
from derive.printing.limit import ANY_SAMPLE, arrow, rest_in_words
from derive.verdict import Verdict


def limiting(a: Subject, b: Subject, batches: Batches, words: Wording) -> Finding | None:
    """L_whole = lower terms + p^n (f·L_part + c) + rest, for one of the two as the whole."""
    for whole, part in ((a, b), (b, a)):
        for hyper, end, leading in _limits(whole, part):
            form = Form(leading.last[1], whole.form.anchored, whole.form.unit)
            found = _recognised(replace(whole, form=form), part, batches)
            if found is not None:
                return _finding(whole, part, hyper, end, leading, *found, words)
    return None


def _limits(whole: Subject, part: Subject) -> Iterator[tuple[Hyper, str, Leading]]:
    """The limits of a loss whose last term depends on the embeddings."""
    symbols = {x.name: x for x in whole.form.formula.free_symbols}
    for name, hyper in whole.free.items():
        if name not in symbols or name in part.free:
            continue
        for end in ends_of(hyper):
            try:
                leading = leading_terms(whole.form.value, symbols[name], end)
            except UndecidedLimitError:
                continue
            if leading.exponent == 0 and depends_on_embeddings(leading.last[1]):
                yield hyper, end, leading


def _recognised(
    leading: Subject, part: Subject, batches: Batches
) -> tuple[Affine, Variant | None] | None:
    """The leading coefficient as f·L_part + c, if need be at special values of the part."""
    found = related(leading.form, part.form, batches)
    if found is not None and found.verdict is Verdict.PROVED:
        return found, None
    rest = replace(leading, settings={x.name: x.default for x in leading.objective.hyper})
    for variant in variants(rest, part):
        if fits(variant.a.value, variant.b.value, batches) is not None:
            found = related(variant.a, variant.b, batches)
            if found is not None and found.verdict is Verdict.PROVED:
                return found, variant
    return None


def _finding(
    whole: Subject,
    part: Subject,
    hyper: Hyper,
    end: str,
    leading: Leading,
    found: Affine,
    variant: Variant | None,
    words: Wording,
) -> Finding:
    from derive.comparison.special import condition

    name, other = f"L_{whole.letter}", f"L_{part.letter}"
    n, _ = leading.last
    scale = found.factor * leading.parameter**n
    lower = [c * leading.parameter**m for m, c in leading.terms[:-1]]
    constant = sum(lower, S.Zero) + found.constant * leading.parameter**n
    sentence = _equation(name, words.times(scale, other), constant, leading, words)
    at = f", with {condition(variant, words)}" if variant else ""
    text = f"As {arrow(hyper, end)}: {sentence}{at}. {rest_in_words(leading, words.typesetter)}"
    told = (*leading.assumed, *leading.sharper_assumed)
    if not whole.form.anchored and any(ANCHOR in free_indices(e) for _, e in told):
        text += f" {ANY_SAMPLE}"
    if whole.form.stops or part.form.stops:
        text += " These are values: stop-gradients are left out."
    where = (variant.where if variant else {}) | {"limit": f"{whole.letter}.{hyper.name} → {end}"}
    parts = {"factor": scale, "constant": constant}
    return Finding(Kind.LIMIT, found.verdict, text, parts, where)


def _equation(name: str, main: str, constant: Expr, leading: Leading, words: Wording) -> str:
    text = main
    if constant != 0:
        text = words(constant) + (f" − {main[1:]}" if main.startswith("−") else f" + {main}")
    return f"{name} = {text}{'' if leading.rest.none else ' + rest'}"
