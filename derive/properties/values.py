"""The value of a loss at two batches that every paper has in mind: chance and collapse."""

from sympy import Expr, S

from derive.nodes import Component, Hinge, Step
from derive.numeric import Number, Point, mp
from derive.properties.masks import NONNEGATIVE, NONPOSITIVE, PLUS, within
from derive.properties.points import to_mp, training_value
from derive.properties.result import Property
from derive.properties.signs import Signs
from derive.properties.subject import Subject
from derive.properties.symmetric import (
    COLLAPSE,
    Batch,
    NotDeterminedError,
    UndefinedValueError,
    chance,
    value,
)
from derive.properties.tidy import tidy
from derive.verdict import Verdict

TOPIC = "Values"
_TOLERANCE = 1e-25  # of numbers with 50 digits
_GROUND = "every sum is written as its terms at named samples and N − (how many) times another"


def value_properties(s: Subject) -> tuple[Property, ...]:
    """Chance: all cosines equal; collapse: all embeddings equal."""
    c = s.cosine
    if not s.unit:
        return _raw_chance(s), _collapse(s)
    return _at(s, "chance", chance(c), f"At chance (every cosine is {c})"), _collapse(s)


def _collapse(s: Subject) -> Property:
    vector = "the same unit vector" if s.unit else "the same vector"
    return _at(s, "collapse", COLLAPSE, f"At collapse (every embedding is {vector})")


def _raw_chance(s: Subject) -> Property:
    reason = "the embeddings are not normalised, so cosines alone say nothing of the value"
    statement = "At chance (every cosine the same) the loss has no one value."
    return Property(TOPIC, "chance", statement, Verdict.PROVED, reason, "not a function of c")


def _at(s: Subject, name: str, batch: Batch, where: str) -> Property:
    scalar = "L_i" if s.anchored else "L"
    try:
        found = exact_value(s, batch)
    except UndefinedValueError as error:
        statement = f"{where} {scalar} has no value."
        return Property(TOPIC, name, statement, Verdict.PROVED, str(error), "undefined")
    except NotDeterminedError as error:
        point = None if batch.collapsed else two_values(s)
        if point is not None:
            statement = f"{where} {scalar} is no function of {s.cosine}."
            answer = f"not a function of {s.cosine}"
            return Property(TOPIC, name, statement, Verdict.PROVED, point, answer)
        statement = f"{where} the value of {scalar} is not known."
        return Property(TOPIC, name, statement, Verdict.UNDECIDED, str(error))
    text = s.text(found)
    ground = _GROUND + ("; features stay as they are" if found.has(Component) else "")
    statement = f"{where} {scalar} = {text}."
    return Property(TOPIC, name, statement, Verdict.PROVED, ground, text, found)


def exact_value(s: Subject, batch: Batch) -> Expr:
    """The value of the loss at a symmetric batch, in its shortest form; hinges and gates whose
    sign is known for every N are decided. Raises `NotDeterminedError`."""
    return tidy(decided(tidy(value(s.formula, batch)), s.signs))


def decided(e: Expr, signs: Signs) -> Expr:
    """max(0, x) and 1[x > 0] by the sign of x, where that is one."""
    if not e.args:
        return e
    e = e.func(*[decided(x, signs) for x in e.args])
    if not isinstance(e, Hinge | Step):
        return e
    sign = signs.of_fraction(e.args[0])
    if within(sign, NONPOSITIVE):
        return S.Zero
    if isinstance(e, Hinge):
        return e.args[0] if within(sign, NONNEGATIVE) else e
    return S.One if sign == PLUS else e


def two_values(s: Subject) -> str | None:
    """Two batches with every cosine 1/4 at which the loss differs: v_k = ½e_0 + (√3/2)e_k, and
    the same turned in the plane of e_0 and e_1. None if it does not."""
    n, d = 2, 5
    half, rest = mp.mpf(1) / 2, mp.sqrt(3) / 2
    rows = [[half] + [rest if k == a else mp.mpf(0) for a in range(1, d)] for k in range(1, d)]
    turned = [[(3 * x - 4 * y) / 5, (4 * x + 3 * y) / 5, *row] for x, y, *row in rows]
    found = [training_value(s.objective, s.formula, _point(s, n, x)) for x in (rows, turned)]
    one, two = found
    if one is None or two is None or abs(one - two) < _TOLERANCE:
        return None
    settings = s.sampler.settings_text(n, d)
    return (
        f"two batches with every cosine 1/4 ({settings}; one is the other turned) have the values "
        f"{float(one):.6g} and {float(two):.6g}"
    )


def _point(s: Subject, n: int, rows: list[list[Number]]) -> Point:
    values = {name: to_mp(x) for name, x in s.sampler.values(n, len(rows[0])).items()}
    embeddings = tuple(map(tuple, rows))
    return Point(embeddings[:n], embeddings[n:], values, s.sampler.inputs(n))
