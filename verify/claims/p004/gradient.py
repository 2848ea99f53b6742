"""α-CL's identity: ∇L = −∇E_α with α stopped, E_α = Σ_j α_ij (d_ij² − d_i²).

α_ij = φ'(ξ_i) ψ'(d_i² − d_ij²), ξ_i = Σ_j ψ(d_i² − d_ij²).
"""

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace

from sympy import Expr, Function, Integer, Symbol, diff, symbols

from derive.calculus import Derivative, embedding_leaf
from derive.nodes import ANCHOR, FEATURE, H_PRIME, NEGATIVE, Distinct, H, Stop, View
from derive.notation import sum_samples
from derive.objectives import load
from derive.objectives._alpha import AlphaCL
from verify.claims.model import Claim, Judgement
from verify.claims.p004.table import ROWS, apart, closer
from verify.claims.points import Space
from verify.claims.steps import Fact, Step, decided, first, under, unequal

SOURCE = "2201.12680"
STOPPED = "α is stopped (a constant of the gradient)"
MEMBERS = tuple(dict.fromkeys(row.key for row in ROWS))
_ROLES: dict[str, tuple[View, Expr]] = {
    "the anchor h_i": (H, ANCHOR),
    "the positive h'_i": (H_PRIME, ANCHOR),
    "a negative h_j": (H, NEGATIVE),
}


def alpha(loss: AlphaCL, k: Expr, *, outer: bool = True) -> Expr:
    """α_ik. outer=False leaves φ' out."""
    x = SimpleNamespace(**{h.name: h.symbol for h in loss.hyper})
    total = sum_samples(lambda m: loss.psi(closer() - apart(m), x), other_than=ANCHOR)
    inner = _slope(loss.psi(_X, x)).xreplace({_X: closer() - apart(k)})
    return inner * (_slope(loss.phi(_X, x)).xreplace({_X: total}) if outer else 1)


_X = Symbol("_x", real=True)


def _slope(e: Expr) -> Expr:
    return Derivative(lambda leaf: leaf * 0, parameter=_X)(e)


def energy(loss: AlphaCL, *, stopped: bool = True, outer: bool = True) -> Expr:
    """E_α of one anchor."""

    def term(k: Expr) -> Expr:
        weight = alpha(loss, k, outer=outer)
        return (Stop(weight) if stopped else weight) * (apart(k) - closer())

    return sum_samples(term, other_than=ANCHOR)


def member(
    seed: int, *, name: str, stopped: bool = True, outer: bool = True, roles: int = 3
) -> Judgement:
    """∇L_i = −∇E_α by h_i, h'_i and h_j, for every N and D."""
    loss = load(name)
    assert isinstance(loss, AlphaCL)
    potential = energy(loss, stopped=stopped, outer=outer)
    steps, searches = [], []
    for role, (view, index) in list(_ROLES.items())[:roles]:
        by = Derivative(embedding_leaf(view, index, FEATURE))
        once = Distinct(ANCHOR, NEGATIVE) if index == NEGATIVE else 1
        left, right = (by(e) * once for e in (loss.formula(), -potential))
        steps.append(Step(f"equal by {role}", left - right))
        searches.append(unequal(right, left, Space(loss.hyper)))
    return decided(steps, first(*searches), seed)


def not_stopped(seed: int) -> Judgement:
    """The same of InfoNCE, where the gradient flows through α as well or does not."""
    return under((STOPPED,), lambda x: member(seed, name="alpha_infonce", stopped=STOPPED in x))


def any_functions(seed: int, *, n: int = 3, d: int = 2, outer: bool = True) -> Judgement:
    """The same for opaque φ and ψ, all n anchors together, by every coordinate."""
    zeros = differences(Function("phi"), Function("psi"), n, d, outer=outer)
    steps = [Fact(f"equal by {v}", zero.expand() == 0) for v, zero in zeros.items()]
    return decided(steps, partial(_of_powers, n, d, outer), seed)


def differences(
    phi: Callable[[Expr], Expr], psi: Callable[[Expr], Expr], n: int, d: int, *, outer: bool
) -> dict[Symbol, Expr]:
    """By coordinate: its derivative of Σ_i L_i and of E_α added, α put in afterwards."""
    h, h_prime = ([symbols(f"{v}{i}_0:{d}", real=True) for i in range(n)] for v in "xy")
    x = Symbol("x")
    loss, potential, values = Integer(0), Integer(0), {}
    for i in range(n):
        gaps = {j: _half(h[i], h_prime[i]) - _half(h[i], h[j]) for j in range(n) if j != i}
        total = sum(psi(g) for g in gaps.values())
        loss += phi(total)
        for j, g in gaps.items():
            fixed = Symbol(f"alpha{i}{j}")
            slope = phi(x).diff(x).subs(x, total).doit() if outer else 1
            values[fixed] = slope * psi(x).diff(x).subs(x, g).doit()
            potential -= fixed * g
    return {
        v: (diff(loss, v) + diff(potential, v).xreplace(values)).doit()
        for row in (*h, *h_prime)
        for v in row
    }


def _half(a: Sequence[Expr], b: Sequence[Expr]) -> Expr:
    """½‖a − b‖²."""
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) / 2


def _of_powers(n: int, d: int, outer: bool, seed: int) -> str | None:
    """The difference at φ(x) = x³, ψ(x) = x² and whole coordinates."""
    zeros = differences(lambda x: x**3, lambda x: x**2, n, d, outer=outer)
    at = {v: Integer(k * k % 7 + seed % 3) for k, v in enumerate(zeros)}
    for v, zero in zeros.items():
        number = zero.subs(at)
        if number != 0:
            said = ", ".join(f"{k}={x}" for k, x in at.items())
            return f"by {v} they differ by {number} at φ(x) = x³, ψ(x) = x², {said}"
    return None


def claims() -> list[Claim]:
    at = "abstract; design of α-CL"
    formula = "∇L = −∇E_α, α_ij = φ'(ξ_i) ψ'(d_i² − d_ij²) stopped"
    return [
        Claim("004-gradient-any", SOURCE, at,
              "The gradient of any φ and ψ is that of −E_α with α stopped (opaque φ and ψ, all "
              "anchors, three pairs in two dimensions).", formula, any_functions),
        *(
            Claim(f"004-gradient-{name.removeprefix('alpha_').replace('_', '-')}", SOURCE, at,
                  f"The gradient of {name} is that of −E_α with α stopped.", formula,
                  partial(member, name=name))
            for name in MEMBERS
        ),
        Claim("004-gradient-stopped", SOURCE, at,
              "The gradient of InfoNCE is that of −E_α, α being a function of the embeddings.",
              "∇L = −∇E_{α(θ)}", not_stopped),
    ]  # fmt: skip
