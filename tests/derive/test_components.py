"""The library of components: how they are written, and what they are on numbers."""

import pytest
import torch
from sympy import Rational, Symbol, pi
from torch import Tensor

from derive.components import DISSIPATION, RATIO, ROLES, SCORE, WEIGHT, Place, forms, read_component
from derive.components.spec import ComponentError
from derive.errors import ContragradError
from derive.nodes import ANCHOR, H_PRIME, NEGATIVE, H
from derive.torch.lowering import evaluate
from tests.derive.batches import unit_batch

CROSS, SAME = Place(H, H_PRIME, (H_PRIME,)), Place(H, H_PRIME, (H,))
BOTH = Place(H, H_PRIME, (H_PRIME, H))
BATCH = unit_batch(6, 5, noise=1.0)
VALUES = {"tau": 0.3, "m": 0.2, "u": 0.4, "r": 1.5, "p": 2.5}


@pytest.mark.parametrize(
    ("role", "text", "spec"),
    [
        (DISSIPATION, "one", "one"),
        (DISSIPATION, "hinge:m=0.3", "hinge:m=3/10"),
        (DISSIPATION, " hinge : m = .3 , view = own", "hinge:m=3/10,view=own"),
        (DISSIPATION, "arccon:u=pi/18", "arccon:tau=1/20,u=pi/18"),
        (WEIGHT, "softmax:tau=0.05,over=row", "softmax:tau=1/20"),
        (WEIGHT, "softmax:over=batch", "softmax:tau=1/20,over=batch"),
        (WEIGHT, "inverse-distance", "inverse-distance"),
        (RATIO, "1.5", "constant:r=3/2"),
        (RATIO, ".5", "constant:r=1/2"),
        (RATIO, 1, "constant:r=1"),
        (RATIO, "met", "met"),
    ],
)
def test_a_component_is_read_and_written(role: str, text: object, spec: str) -> None:
    component = read_component(role, text.replace(" : ", ":") if isinstance(text, str) else text)
    assert component.spec == spec
    assert read_component(role, component.spec) == component


@pytest.mark.parametrize(
    ("role", "text", "message"),
    [
        (DISSIPATION, "hing", "unknown dissipation 'hing'. Did you mean hinge?"),
        (WEIGHT, "softmx:tau=1", "Did you mean softmax?"),
        (RATIO, "abc", "a number"),
        (RATIO, "1.5x", "is not a number"),
        (DISSIPATION, "hinge:margin=1", "unknown parameter of hinge 'margin'"),
        (WEIGHT, "softmax:tua=1", "Did you mean tau?"),
        (WEIGHT, "softmax:tau=0", "outside its domain τ > 0"),
        (WEIGHT, "softmax:over=rows", "Did you mean row?"),
        (WEIGHT, "hardest:m=1", "hardest has no parameters"),
        (WEIGHT, "softmax:0.05", "not of the form NAME=VALUE"),
        (WEIGHT, "softmax:", "ends in a colon"),
        (WEIGHT, "softmax:tau=1,tau=2", "gives tau twice"),
        (RATIO, "-1", "outside its domain r ≥ 0"),
        (DISSIPATION, "arccon:u=pi", "0 ≤ u < π"),
        (WEIGHT, 3, "is not the text of a component"),
    ],
)
def test_what_is_no_component_is_said_clearly(role: str, text: object, message: str) -> None:
    with pytest.raises(ContragradError, match=message.replace("?", r"\?")):
        read_component(role, text)


def test_the_error_of_a_misspelt_component_is_a_users() -> None:
    with pytest.raises(ComponentError):
        read_component(WEIGHT, "softmax:")


def test_every_form_says_what_it_is() -> None:
    for role in ROLES:
        for form in forms(role).values():
            assert form.formula
            assert form.build.__doc__ or form.formula in ("1", "r")
            assert {x.name for x in form.hyper} <= set(VALUES)


def others(x: Tensor, fill: float = -torch.inf) -> Tensor:
    return x.masked_fill(torch.eye(len(x), dtype=torch.bool), fill)


def cosines() -> tuple[Tensor, Tensor, Tensor]:
    h, h_prime = BATCH
    return h @ h_prime.T, h @ h.T, (h * h_prime).sum(1)


def value(role: str, text: str, place: Place = CROSS, view: object = H_PRIME) -> Tensor:
    component = read_component(role, text)
    symbols = {x.name: x.symbol for x in component.hyper}
    e = component.build(ANCHOR, NEGATIVE, symbols, place, view)
    if role == DISSIPATION and e.has(SCORE):
        e = e.xreplace({SCORE: component.score(ANCHOR, symbols, place)})
    axes = (ANCHOR, NEGATIVE) if role == WEIGHT else (ANCHOR,)
    return evaluate(e, *BATCH, VALUES, axes)


def close(a: Tensor, b: Tensor) -> bool:
    if a.ndim == 2:
        a, b = others(a, 0.0), others(b.expand(a.shape), 0.0)
    return torch.allclose(a, b, rtol=1e-12, atol=1e-14)


def test_dissipations_on_numbers() -> None:
    cross, same, own = cosines()
    tau, u = VALUES["tau"], VALUES["u"]
    negatives = torch.logsumexp(others(cross) / tau, 1)
    assert close(value(DISSIPATION, "one"), torch.ones(6, dtype=torch.float64))
    hinge = (own - others(cross).amax(1) < VALUES["m"]).double()
    assert close(value(DISSIPATION, "hinge"), hinge)
    assert close(value(DISSIPATION, "hinge", SAME), hinge)
    mine = (own - others(same).amax(1) < VALUES["m"]).double()
    assert close(value(DISSIPATION, "hinge:view=own", SAME), mine)
    assert close(value(DISSIPATION, "infonce"), torch.sigmoid(negatives - own / tau))
    turned = torch.cos(torch.arccos(own) + u)
    assert close(value(DISSIPATION, "arccon"), torch.sigmoid(negatives - turned / tau))
    everyone = torch.logsumexp(torch.cat([others(cross), others(same)], 1) / tau, 1)
    both = value(DISSIPATION, "infonce:view=own", BOTH)
    assert close(both, torch.sigmoid(everyone - own / tau))


@pytest.mark.parametrize(("place", "view"), [(CROSS, H_PRIME), (SAME, H)])
def test_weights_on_numbers(place: Place, view: object) -> None:
    cross, same, _ = cosines()
    c = cross if view == H_PRIME else same
    n, tau = len(c), VALUES["tau"]
    batch = torch.softmax(others(c / tau).flatten(), 0).view(n, n)
    hardest = torch.nn.functional.one_hot(others(c).argmax(1), n).double()
    powered = c.clamp(min=1e-4) ** VALUES["p"]
    expected = {
        "softmax": torch.softmax(others(c / tau), 1),
        "softmax:over=batch": batch,
        "softmax:view=cross": torch.softmax(others(cross / tau), 1),
        "softmax:over=batch,view=cross": torch.softmax(others(cross / tau).flatten(), 0).view(n, n),
        "energy": 2 / tau * batch,
        "hardest": hardest,
        "inverse-distance": hardest / (2 - 2 * others(c).amax(1, keepdim=True)).sqrt(),
        "uniform": torch.full_like(c, 1 / (n - 1)),
        "power": powered / others(powered, 0.0).sum(1, keepdim=True),
        "linear": c / (n - 1),
    }
    assert {text.split(":")[0] for text in expected} == set(forms(WEIGHT))
    for text, wanted in expected.items():
        assert close(value(WEIGHT, text, place, view), wanted), text


@pytest.mark.parametrize("text", ["softmax", "hardest", "uniform", "power"])
def test_weights_over_both_pools_share_their_sum(text: str) -> None:
    total = sum(others(value(WEIGHT, text, BOTH, v), 0.0).sum(1) for v in BOTH.pools)
    assert torch.allclose(total, torch.ones(6, dtype=torch.float64))


def test_ratios_on_numbers() -> None:
    cross, same, own = cosines()
    u = VALUES["u"]
    assert close(value(RATIO, "1"), torch.full((6,), VALUES["r"], dtype=torch.float64))
    angle = torch.arccos(own)
    assert close(value(RATIO, "arccon"), torch.sin(angle + u) / torch.sin(angle))
    for place, c in ((CROSS, others(cross)), (SAME, others(same))):
        assert close(value(RATIO, "met", place), ((1 - c.amax(1)) / (1 - own)).sqrt())
    hardest = torch.cat([others(cross), others(same)], 1).amax(1)
    assert close(value(RATIO, "met", BOTH), ((1 - hardest) / (1 - own)).sqrt())


def test_defaults_are_those_of_the_papers_baseline() -> None:
    defaults = {x.name: x.default for role in ROLES for f in forms(role).values() for x in f.hyper}
    assert defaults["m"] == Rational(3, 10)
    assert defaults["tau"] == Rational(1, 20)
    assert defaults["r"] == 1
    assert defaults["u"] == pi / 18
    assert Symbol("_s", real=True) == SCORE
