"""A counterexample as tables: the embeddings as fractions, both losses and gradients as numbers."""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from sympy import Expr

from derive.comparison.compare import ComparisonResult
from derive.comparison.counterexample import Counterexample, Evidence
from derive.comparison.grid import Coordinates
from derive.comparison.relations import Kind
from derive.hyper import Hyper
from derive.printing.sections import Item, Table


def hypers_of(result: ComparisonResult) -> dict[str, Hyper]:
    """The hyper-parameters of both losses, by name."""
    return {x.name: x for s in (result.b, result.a) for x in s.objective.hyper}


def counterexample_items(result: ComparisonResult) -> Iterator[Item]:
    shown = result.counterexample
    if shown is None:
        return
    settings = _settings(shown, hypers_of(result))
    if shown.raw:
        claim = "They differ where the rows have other norms."
    elif any(x.kind is Kind.VALUES for x in result.findings):
        claim = "No factor makes the gradients equal."
    else:
        claim = "No factor and no constant make them equal."
    along = " Gradients are along the sphere." if result.a.form.unit and not shown.says else ""
    yield f"{claim} N = {shown.n}, D = {shown.d}{settings}.{along}"
    for evidence in shown.evidence:
        yield _embeddings(evidence, "z" if shown.raw else "h")
        yield _numbers(evidence, result)
        if not shown.says:
            yield _shows(evidence)
    if shown.says:
        yield shown.says


def _settings(shown: Counterexample, names: Mapping[str, Hyper]) -> str:
    return "".join(f", {names[x].display} = {_exact(v)}" for x, v in shown.settings.items())


def _exact(x: Expr) -> str:
    return re.sub(r"sqrt\((\d+)\)", r"√\1", str(x))


def _embeddings(evidence: Evidence, letter: str) -> Table:
    h, h_prime = evidence.batch
    rows = [("k", f"{letter}_k", f"{letter}'_k")]
    rows += [
        (str(k), _vector(x), _vector(y)) for k, (x, y) in enumerate(zip(h, h_prime, strict=True), 1)
    ]
    return Table(tuple(rows))


def _vector(x: Coordinates) -> str:
    return f"({', '.join(_fraction(c) for c in x)})"


def _fraction(x: Fraction) -> str:
    return str(x).replace("-", "−")


def _numbers(evidence: Evidence, result: ComparisonResult) -> Table:
    name = "L_1" if result.a.form.anchored else "L"
    rows = [("", "A", "B"), (name, *map(_decimal, evidence.values))]
    n = len(evidence.batch[0])
    for at, (x, y) in enumerate(zip(*evidence.gradients, strict=True)):
        if any(map(abs, (*x, *y))):
            prime = "'" if at >= n else ""
            label = f"∇ by h{prime}_{at % n + 1}"
            rows.append((label, _row(x), _row(y)))
    return Table(tuple(rows))


def _row(x: list[float]) -> str:
    return f"({', '.join(map(_decimal, x))})"


def _decimal(x: float) -> str:
    return f"{0.0 if abs(x) < 1e-12 else x:.6g}".replace("-", "−")


def _shows(evidence: Evidence) -> str:
    if min(evidence.norms) == 0:
        return "One gradient vanishes here and the other does not."
    if evidence.ratio is None:
        return "The gradients are not parallel, all embeddings taken together."
    return f"∇L_A = {_decimal(evidence.ratio)}·∇L_B here."
