"""The temperature view of arXiv:2012.09740: relative penalties, their entropy, and balance.

r_ij = W_ij / Σ_{k≠i} W_ik. Where W_ij = e^{−E_ij/T} times what j does not change, r is the Gibbs
distribution of the energy E at temperature T, and dH(r)/dT = Var_r(E)/T³ ≥ 0.
"""

from sympy import Expr, Mul, S, expand, fraction

from derive.nodes import ANCHOR, NEGATIVE, Exp, Node, free_indices
from derive.numeric import Evaluator
from derive.paradigm import revealed
from derive.properties.masks import NONNEGATIVE, PLUS, ZERO, within
from derive.properties.result import Property
from derive.properties.samples import points_to_try
from derive.properties.subject import Subject
from derive.properties.weight import HARDEST, UNIFORM
from derive.verdict import Verdict

TOPIC = "Hardness"
_TOLERANCE = 1e-20  # of numbers with 50 digits


def hardness_properties(s: Subject, weights: tuple[Property, ...]) -> tuple[Property, ...]:
    """Gibbs weights, their entropy in the temperature, and Σ_j |∂L/∂c_ij| = |∂L/∂c_ii'|.

    weights: what `weight_properties` found.
    """
    return (*_gibbs(s, weights), balance(s))


def _gibbs(s: Subject, weights: tuple[Property, ...]) -> tuple[Property, ...]:
    found = gibbs(s)
    if found is None:
        return (_not_gibbs(s, weights),)
    energy, temperature, of_setting = found
    minus = s.text(-energy)
    text = s.text(temperature)
    statement = (
        f"r_ij = W_ij/Σ_k W_ik is the Gibbs distribution ∝ e^({minus}/T), temperature T = {text}."
    )
    ground = f"the only factor of W_ij that j changes is e^({s.text(-energy / temperature)})"
    first = Property(TOPIC, "gibbs", statement, Verdict.PROVED, ground, f"T = {text}")
    if not of_setting:
        statement = f"The temperature of the weights is fixed at T = {text}."
        ground = "no hyper-parameter occurs in it"
        return first, Property(TOPIC, "entropy", statement, Verdict.PROVED, ground, "fixed")
    statement = f"The entropy of r_ij over j grows with T = {text}: dH/dT = Var_r({minus})/T³ ≥ 0."
    ground = "H = log Z + ⟨E⟩/T for a Gibbs distribution, with ∂log Z/∂(1/T) = −⟨E⟩"
    return first, Property(TOPIC, "entropy", statement, Verdict.PROVED, ground, "increasing")


def gibbs(s: Subject) -> tuple[Expr, Expr, bool] | None:
    """E_ij and T, and whether T is a hyper-parameter's to set; None for other weights."""
    if len(s.weight) != 1:
        return None
    (weight,) = s.weight.values()
    top, bottom = fraction(weight)
    own = [
        x for x in (*Mul.make_args(top), *Mul.make_args(1 / bottom)) if NEGATIVE in free_indices(x)
    ]
    exponent: Expr = S.Zero
    for x in own:
        base, power = x.as_base_exp()
        if not isinstance(base, Exp) or power.has(Node):
            return None
        exponent += power * base.args[0]
    exponent = expand(exponent)
    moving = [x for x in exponent.as_ordered_terms() if NEGATIVE in free_indices(x)]
    if not moving:
        return None
    rates = {Mul(*[f for f in Mul.make_args(x) if not f.has(Node)]) for x in moving}
    if len(rates) != 1:
        return None
    rate = rates.pop()
    if not within(s.signs(rate), NONNEGATIVE):
        return (
            (-sum(moving) / -rate, -1 / rate, bool(rate.free_symbols))
            if within(s.signs(-rate), PLUS)
            else None
        )
    return -sum(moving) / rate, 1 / rate, bool(rate.free_symbols)


def _not_gibbs(s: Subject, weights: tuple[Property, ...]) -> Property:
    answers = {x.answer for x in weights if x.name.startswith("weight")}
    if not s.d.weight:
        statement, answer = "There are no negatives, and so no relative penalties.", "none"
    elif answers == {HARDEST}:
        statement, answer = (
            "r_ij is 1 at the hardest negative: a Gibbs distribution at T → 0.",
            "T → 0",
        )
    elif answers == {UNIFORM}:
        statement, answer = "r_ij is uniform: a Gibbs distribution at T → ∞.", "T → ∞"
    else:
        statement = "W_ij is not e^(−E_ij/T) times what j does not change: no temperature shows."
        answer = "not Gibbs"
    ground = "the factors of W_ij that j changes, in the form that prints"
    return Property(TOPIC, "gibbs", statement, Verdict.PROVED, ground, answer)


def balance(s: Subject) -> Property:
    """Σ_j |∂L/∂c_ij| = |∂L/∂c_ii'| (arXiv:2012.09740)."""
    name, left = "balance", "Σ_j |a_ij| = |b_i|"
    ratio = s.ratio
    if ratio is None:
        ground = "one side of it has no terms"
        return Property(TOPIC, name, f"{left} does not apply.", Verdict.PROVED, ground, "none")
    pushes = [s.signs.of_fraction(x) for x in s.push.values()]
    positive = all(within(x, NONNEGATIVE) for x in pushes)
    excess = s.signs.of_fraction(ratio - 1)
    if positive and excess == ZERO:
        ground = "R_i = 1, and no a_ij is negative"
        return Property(TOPIC, name, f"{left} for every batch.", Verdict.PROVED, ground, "holds")
    if positive and not ratio.has(Node) and s.signs.proves(ratio, NONNEGATIVE):
        where = f"{s.text(ratio)} = 1"
        statement = f"{left} exactly where {where}."
        ground = "the ratio is static, and no a_ij is negative"
        return Property(TOPIC, name, statement, Verdict.PROVED, ground, where)
    point = _unbalanced(s)
    if point is not None:
        return Property(TOPIC, name, f"{left} fails.", Verdict.REFUTED, point, "fails")
    reason = "both sides agree wherever they were met, and were not proved to"
    return Property(TOPIC, name, f"{left} is not known.", Verdict.UNDECIDED, reason)


def _unbalanced(s: Subject) -> str | None:
    """The first anchor among the points to try at which the two sides differ."""
    pull = revealed(s.d.coefficients.pull)
    for text, point in points_to_try(s, 3):
        ev = Evaluator(point)
        for i in range(point.n):
            others = [{ANCHOR: i, NEGATIVE: j} for j in range(point.n) if j != i]
            try:
                left = sum(abs(ev(a, at)) for a in s.push.values() for at in others)
                right = abs(ev(pull, {ANCHOR: i}))
            except (ZeroDivisionError, ValueError, OverflowError):
                continue
            if abs(left - right) > _TOLERANCE * (1 + left):
                return f"a point: {float(left):.6g} and {float(right):.6g} at i = {i + 1} of {text}"
    return None
