"""A member of the α-CL family from φ and ψ as text: L_i = φ( Σ_{k≠i} ψ(d_i² − d_ik²) ).

Tian 2022, arXiv:2201.12680. d² = ½‖·‖² of unit vectors; the positive's score is −d_i².
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from sympy import Expr, S, Symbol

from derive.errors import HyperparameterError, ObjectiveError, UnknownNameError
from derive.expressions.bounds import exceeds
from derive.expressions.exact import SIZES
from derive.expressions.formulas import CONSTANTS, FUNCTIONS, Formula
from derive.expressions.parser import parse
from derive.hyper import POSITIVE, REAL, Hyper, read_number
from derive.objective import CROSS, SAME, Objective, Pool
from derive.objectives._alpha import SOURCE, AlphaCL

_X = Symbol("x", real=True)
_DISPLAYS = {"tau": "τ", "eps": "ε", "lam": "λ", "nu": "ν", "gamma": "γ", "alpha": "α", "beta": "β"}
_LATEX = {"eps": r"\varepsilon", "lam": r"\lambda"}
OPENING = "alpha("  # of φ and ψ in one text
VERSION = 1  # of a recipe
_ENTRIES = {"phi": str, "psi": str, "parameters": Mapping, "pool": str}
_TAKEN = ("x", *CONSTANTS, *FUNCTIONS)


def alpha_objective(
    phi: str,
    psi: str,
    parameters: Mapping[str, object] | None = None,
    *,
    pool: Pool = SAME,
    name: str = "alpha",
) -> Objective:
    """The loss that φ and ψ make: one anchor's term, trained as the mean over anchors.

    phi, psi: expressions in x, the parameters, N, D, pi and e, with + - * / ^ and the functions
    of `derive.expressions.formulas`, as in "tau*log(1 + x)" and "exp(x/tau)". parameters: name → a
    `Hyper`, or a default (a positive one makes the parameter positive, any other real). pool: the
    view of the negatives, "same-view" (the family's) or "cross-view".

    Raises `ExpressionError`, `HyperparameterError` or `ObjectiveError`.
    """
    if pool not in (SAME, CROSS):
        raise ObjectiveError(
            f"pool={pool!r}: φ and ψ take negatives of one view. Choose {SAME!r} or {CROSS!r}."
        )
    hyper = tuple(_hyper(key, value) for key, value in (parameters or {}).items())
    used = _function("φ", phi, hyper) | _function("ψ", psi, hyper)
    for x in hyper:
        if x.name not in used:
            raise ObjectiveError(
                f"the parameter {x.name} stands in neither φ = {phi!r} nor ψ = {psi!r}. Remove it."
            )
    body = {
        "name": name,
        "title": f"α-CL: φ(x) = {phi}, ψ(x) = {psi}",
        "source": f"φ and ψ as given; the family: {SOURCE}",
        "pool": pool,
        "hyper": hyper,
        "phi": lambda self, value, x: value_of(phi, value, x),
        "psi": lambda self, value, x: value_of(psi, value, x),
        "__reduce__": lambda self: (_rebuilt, (phi, psi, hyper, pool, name)),
    }
    kind: type[Objective] = type(name, (AlphaCL,), body)
    return kind()


def _rebuilt(phi: str, psi: str, hyper: tuple[Hyper, ...], pool: Pool, name: str) -> Objective:
    """Pickled as its texts: a class made here cannot be found by name."""
    return alpha_objective(phi, psi, {x.name: x for x in hyper}, pool=pool, name=name)


def alpha_recipe(
    phi: str, psi: str, parameters: Mapping[str, object] | None = None, *, pool: Pool = SAME
) -> dict[str, Any]:
    """The same as plain data, which `derive.store` saves. Raises as `alpha_objective`."""
    made = alpha_objective(phi, psi, parameters, pool=pool)
    defaults = {x.name: str(x.default) for x in made.hyper}
    recipe = {"phi": phi, "psi": psi, "parameters": defaults, "pool": pool}
    return {"version": VERSION, "kind": "alpha", **recipe}


def from_recipe(recipe: Mapping[str, Any], name: str | None = None) -> Objective:
    """The objective of such plain data. Raises `ObjectiveError`, or as `alpha_objective`."""
    if recipe.get("version") != VERSION:
        raise ObjectiveError(
            f"the recipe has version {recipe.get('version')!r}, and {VERSION} is read here. Save "
            "the loss again, or use the contragrad that wrote it."
        )
    for key in set(recipe) - {"version", "kind", *_ENTRIES}:
        raise UnknownNameError("entry of a recipe (alpha)", str(key), _ENTRIES)
    values = {"parameters": {}, "pool": SAME, **recipe}
    for key, wanted in _ENTRIES.items():
        if not isinstance(values.get(key), wanted):
            written = "text" if wanted is str else "NAME: DEFAULT pairs"
            raise ObjectiveError(f"{key} of the recipe is {values.get(key)!r}. Write {written}.")
    phi, psi, parameters, pool = (values[key] for key in _ENTRIES)
    return alpha_objective(phi, psi, parameters, pool=pool, name=name or "alpha")


def from_text(text: str) -> Objective:
    """The objective of "alpha(φ; ψ; NAME=DEFAULT; …)", with pool=cross-view among them or not.

    Raises `ObjectiveError` for another form, and as `alpha_objective`.
    """
    parts = [x.strip() for x in text.removeprefix(OPENING).removesuffix(")").split(";")]
    pairs = [x.partition("=") for x in parts[2:]]
    given = {name.strip(): value.strip() for name, equals, value in pairs if equals}
    if len(parts) < 2 or len(given) < len(pairs):
        raise ObjectiveError(
            f"{text!r} is not of the form alpha(φ; ψ; NAME=DEFAULT; …), each name once. Write for "
            "example 'alpha(log(1+x); exp(x/tau); tau=1/2)'."
        )
    pool: Any = given.pop("pool", SAME)
    return alpha_objective(parts[0], parts[1], given, pool=pool)


def value_of(text: str, value: Expr, x: SimpleNamespace) -> Expr:
    """The expression at x = value, with the parameters that are attributes of x."""
    names = {**CONSTANTS, **SIZES, **vars(x), "x": _X}
    formula: Expr = Formula(text, names)(parse(text, names=names, functions=FUNCTIONS))
    return formula.xreplace({_X: value})


def _function(symbol: str, text: str, hyper: tuple[Hyper, ...]) -> set[str]:
    """The names in φ or ψ, which has to be a function of x."""
    formula = value_of(text, _X, SimpleNamespace(**{h.name: h.symbol for h in hyper}))
    names = {str(found) for found in formula.free_symbols}
    if "x" not in names:
        raise ObjectiveError(
            f"{symbol} = {text!r} does not depend on x, so the loss has no gradient. Use x in it."
        )
    return names


def _hyper(name: str, value: object) -> Hyper:
    if isinstance(value, Hyper):
        return value
    if name in _TAKEN:
        raise HyperparameterError(
            f"a parameter of φ and ψ cannot be called {name!r}: it has a meaning there. "
            "Choose another name."
        )
    default = read_number(name, value, sizes=True)
    positive = exceeds(default, S.Zero, strictly=True)
    display = _DISPLAYS.get(name, name)
    latex = _LATEX.get(name, f"\\{name}" if display != name else name)
    domain = POSITIVE if positive else REAL
    return Hyper(name, display, latex, default, domain, "parameter of φ and ψ")
