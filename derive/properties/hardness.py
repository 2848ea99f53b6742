"""The temperature view of arXiv:2012.09740: relative penalties, their entropy, and balance.

r_ij = W_ij / Σ_{k≠i} W_ik. Where W_ij = e^{−E_ij/T} times what j does not change, r is the Gibbs
distribution of the energy E at temperature T, and dH(r)/dT = Var_r(E)/T³.
"""

from derive.properties.balance import balance
from derive.properties.gibbs import Gibbs, gibbs, no_temperature
from derive.properties.masks import PLUS, ZERO, within
from derive.properties.picks import EASIEST, HARDEST
from derive.properties.result import Property
from derive.properties.subject import Subject
from derive.properties.weight import UNIFORM
from derive.verdict import Verdict

TOPIC = "Hardness"
_POINTS = {
    HARDEST: ("r_ij is 1 at the hardest negative: a Gibbs distribution at T → 0.", "T → 0"),
    EASIEST: ("r_ij is 1 at the easiest negative: e^(c/T) as T → 0 from below.", "T → −0"),
    UNIFORM: ("r_ij is uniform: a Gibbs distribution at T → ∞.", "T → ∞"),
}


def hardness_properties(s: Subject, weights: tuple[Property, ...]) -> tuple[Property, ...]:
    """Gibbs weights, their entropy in the temperature, and Σ_j |∂L/∂c_ij| = |∂L/∂c_ii'|.

    weights: what `weight_properties` found.
    """
    return (*_gibbs(s, weights), balance(s))


def _gibbs(s: Subject, weights: tuple[Property, ...]) -> tuple[Property, ...]:
    answers = [x.answer for x in weights if x.name.startswith("weight")]
    if not s.weight:
        statement = "There are no negatives, and so no relative penalties."
        return (_proved(statement, "no push a_ij occurs", "none"),)
    if len(answers) == 1 and answers[0] in _POINTS:
        statement, answer = _POINTS[answers[0]]
        return (_proved(statement, weights[0].statement.rstrip("."), answer),)
    found = gibbs(s)
    return (_without(s),) if found is None else _at_temperature(s, found)


def _proved(statement: str, ground: str, answer: str, name: str = "gibbs") -> Property:
    return Property(TOPIC, name, statement, Verdict.PROVED, ground, answer)


def _at_temperature(s: Subject, found: Gibbs) -> tuple[Property, ...]:
    minus, t = s.text(-found.energy), s.text(found.temperature)
    sign = s.signs(found.rate)
    where = f" (for {s.text(found.rate)} ≠ 0)" if sign & ZERO else ""
    statement = (
        f"r_ij = W_ij/Σ_k W_ik is the Gibbs distribution ∝ e^({minus}/T), "
        f"temperature T = {t}{where}."
    )
    ground = f"the only factor of W_ij that j changes is e^({s.text(found.exponent)})"
    first = _proved(statement, ground, f"T = {t}")
    if not found.temperature.free_symbols:
        statement = f"The temperature of the weights is fixed at T = {t}."
        return first, _proved(statement, "no hyper-parameter occurs in it", "fixed", "entropy")
    return first, _entropy(minus, t, of_one_sign=within(sign, PLUS))


def _entropy(minus: str, t: str, *, of_one_sign: bool) -> Property:
    ground = "H = log Z + ⟨E⟩/T for a Gibbs distribution, with ∂log Z/∂(1/T) = −⟨E⟩"
    if of_one_sign:
        statement = f"The entropy of r_ij over j grows with T = {t}: dH/dT = Var_r({minus})/T³ ≥ 0."
        return _proved(statement, ground, "increasing", "entropy")
    statement = (
        f"The entropy of r_ij over j grows with |T|, T = {t}, for either sign of T: "
        f"dH/dT = Var_r({minus})/T³."
    )
    return _proved(statement, ground, "increasing in |T|", "entropy")


def _without(s: Subject) -> Property:
    """No temperature: shown by a point, or not found."""
    shown = no_temperature(s)
    if shown is None:
        statement = "No temperature was found: whether W_ij is e^(−E_ij/T) is not known."
        reason = "no factor e^(−E_ij/T) stands alone in j, and no point excludes one"
        return Property(TOPIC, "gibbs", statement, Verdict.UNDECIDED, reason, "undecided")
    of, c, point = shown
    statement = f"{of} is not e^({c}/T) times what j does not change, for any T: no temperature."
    return _proved(statement, point, "not Gibbs")
