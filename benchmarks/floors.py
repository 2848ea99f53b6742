"""The matrix products that each loss cannot do without: what its time is compared with.

A route is a way to the value and both gradients; where there are several (N×N or D×D), the
cheapest at the batch's N and D counts. H, H' are the two views, (N, D); A is an N×N block of
coefficients, C a D×D one. A factor that is used as Aᵀ + A counts once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from derive.objectives import names

Route = tuple[str, ...]
Blocks = dict[str, Tensor]

# How the benchmark computes each: plain matmuls of what is there, a fresh result each.
PRODUCTS: dict[str, Callable[[Blocks], Tensor]] = {
    "H H'ᵀ": lambda b: b["H"] @ b["H'"].T,
    "H Hᵀ": lambda b: b["H"] @ b["H"].T,
    "H' H'ᵀ": lambda b: b["H'"] @ b["H'"].T,
    "A H'": lambda b: b["A"] @ b["H'"],
    "Aᵀ H": lambda b: b["A"].T @ b["H"],
    "A H": lambda b: b["A"] @ b["H"],
    "Hᵀ H'": lambda b: b["H"].T @ b["H'"],
    "Hᵀ H": lambda b: b["H"].T @ b["H"],
    "H'ᵀ H'": lambda b: b["H'"].T @ b["H'"],
    "H C": lambda b: b["H"] @ b["C"],
    "H' C": lambda b: b["H'"] @ b["C"],
    "H' Cᵀ": lambda b: b["H'"] @ b["C"].T,
}
_GRAM = ("H H'ᵀ", "H Hᵀ", "H' H'ᵀ")  # their result is an A
_FEATURES = ("Hᵀ H'", "Hᵀ H", "H'ᵀ H'")  # their result is a C


@dataclass(frozen=True)
class Floor:
    """kind: a key of TARGETS; routes: as in the module's docstring; reason: why these products.
    active: the share of rows with an open gate, whose coefficients alone are not zero."""

    kind: str
    routes: tuple[Route, ...]
    reason: str
    active: float = 1.0

    def route(self, n: int, d: int) -> Route:
        """The cheapest in multiplications."""
        return min(self.routes, key=lambda route: multiplications(route, n, d))


# kind → the largest ratio to the products that issue 4 asks for, at N (at least).
TARGETS: dict[str, dict[int, float]] = {
    "row-wise": {512: 1.4, 2048: 1.2},
    "global, same-view or both directions": {512: 1.25},
    "one-hot": {512: 1.25},
    "feature-space": {512: 1.3},
    "gated": {},
    "no product": {},
}
ROW, GLOBAL, ONE_HOT, FEATURE, GATED, NONE = TARGETS

_CROSS = ("H H'ᵀ", "A H'", "Aᵀ H")
_SAME = ("H Hᵀ", "A H")
_OTHER = ("H' H'ᵀ", "A H'")
_ROW_WISE = Floor(ROW, (_CROSS,), "cosines h_i·h'_k; coefficients of a row from that row alone")
_BOTH_WAYS = Floor(GLOBAL, (_CROSS,), "one block of cosines, its rows and its columns both summed")
_TWO_VIEWS = Floor(GLOBAL, ((*_CROSS, *_SAME, *_OTHER),), "cosines across and within both views")
_WITHIN = Floor(GLOBAL, (_SAME,), "cosines h_i·h_k; the two roles of h_k in one product, A + Aᵀ")
_GATED = Floor(GLOBAL, ((*_SAME, "H H'ᵀ"),), "weights of h_i·h_k, gate by the hardest h_i·h'_k")
_CROSS_WEIGHTS = Floor(
    GLOBAL,
    (("H H'ᵀ", "A H"),),
    "weights and gate of h_i·h'_k, push along h_k: Σ_k W_ik c_ik is h_i·(W H)_i, no third product",
)
_ONE_HOT = Floor(ONE_HOT, (("H H'ᵀ",),), "one negative a row: two coefficients in it")
_ONE_HOT_SAME = Floor(ONE_HOT, (("H Hᵀ",),), "one negative a row: two coefficients in it")
_ONE_HOT_GATED = Floor(
    ONE_HOT, (("H Hᵀ", "H H'ᵀ"),), "one negative h_k a row, gate by the hardest h_i·h'_k"
)
_VICREG = Floor(
    FEATURE,
    (("Hᵀ H", "H C", "H'ᵀ H'", "H' C"), (*_SAME, *_OTHER)),
    "C = HᵀH and H C in each view, or HHᵀ and (HHᵀ) H",
)
_BARLOW = Floor(
    FEATURE,
    (("Hᵀ H'", "H C", "H' Cᵀ"), ("H Hᵀ", "H' H'ᵀ", "A H", "A H'")),
    "C = HᵀH', H C and H'Cᵀ, or ‖C‖² and its gradients from HHᵀ and H'H'ᵀ",
)
_TAO_BARLOW = Floor(
    FEATURE,
    (("Hᵀ H'", "Hᵀ H", "H C", "H' C"), ("H H'ᵀ", "A H")),
    "stopped weights h_i·h'_k times h_k, in both roles: H(H'ᵀH) + H'(HᵀH), or (S + Sᵀ)H",
)
_OPEN_GATES = "H H'ᵀ for the gate; the push of the open rows in D×D, or in N×N"
_BARLOW_GD = Floor(
    FEATURE,
    (("H H'ᵀ", "H'ᵀ H'", "H' C", "H'ᵀ H'", "H' C"), ("H H'ᵀ", "H' H'ᵀ", "A H")),
    _OPEN_GATES,
)
_VICREG_GD = Floor(
    GLOBAL, (("H H'ᵀ", "Hᵀ H", "H C", "Hᵀ H", "H C"), ("H H'ᵀ", "H Hᵀ", "A H")), _OPEN_GATES
)
_SPECTRAL = Floor(
    ROW,
    (_CROSS,),
    "as the others; linear coefficients would allow four D×D products, cheaper from N > 4D/3",
)
_TAO_VICREG = Floor(
    GLOBAL, (_SAME,), "as the others; linear coefficients would allow two D×D products"
)

FLOORS: dict[str, Floor] = {
    **dict.fromkeys(("infonce", "arccon", "dcl", "dcl_plus", "simple", "paradigm"), _ROW_WISE),
    **dict.fromkeys(("hard_simple", "hard_infonce"), _ROW_WISE),
    **dict.fromkeys(("mixup_infonce", "mixup_infonce_positive"), _ROW_WISE),  # S_ip + S_iq: mixed
    "spectral": _SPECTRAL,
    **dict.fromkeys(("infonce_symmetric", "siglip", "uniform", "align_uniform"), _BOTH_WAYS),
    **dict.fromkeys(("ntxent", "supcon"), _TWO_VIEWS),
    **dict.fromkeys(("mhe", "uniform_same_view"), _WITHIN),
    **dict.fromkeys((x for x in names() if x.startswith("alpha_")), _WITHIN),
    "tao_vicreg": _TAO_VICREG,
    **dict.fromkeys(("mmhe", "mvicreg", "mhe_gd", "mhe_gd_w", "vicreg_gd_w"), _GATED),
    **dict.fromkeys(("mbarlow", "barlow_twins_gd_w"), _CROSS_WEIGHTS),
    "vicreg_gd": _VICREG_GD,
    **dict.fromkeys(("mpt", "met", "mat"), _ONE_HOT),
    **dict.fromkeys(("mhs", "mhs_anchor"), _ONE_HOT_SAME),
    **dict.fromkeys(("mmhs", "mhs_gd"), _ONE_HOT_GATED),
    **dict.fromkeys(("vicreg", "vicreg_original", "vicreg_code"), _VICREG),
    **dict.fromkeys(("barlow_twins", "barlow_twins_original"), _BARLOW),
    "barlow_twins_gd": _BARLOW_GD,
    "tao_barlow": _TAO_BARLOW,
    "align": Floor(NONE, ((),), "no negatives: differences and their multiples, N·D each"),
}


def multiplications(route: Route, n: int, d: int) -> int:
    """Of all products of a route, at (N, D)."""
    return sum(n * d * (n if name in _GRAM or "A" in name else d) for name in route)


def bare(floor: Floor, h: Tensor, h_prime: Tensor) -> Callable[[], None]:
    """The products of the cheapest route as a step to time, independent of any engine."""
    route = floor.route(*h.shape)
    if not route:
        return lambda: _passes(h, h_prime)
    if floor.active < 1:
        return lambda: _of_active_rows(h, h_prime, round(floor.active * len(h)))

    def step() -> None:
        blocks: Blocks = {"H": h, "H'": h_prime}
        for name in route:
            result = PRODUCTS[name](blocks)
            if name in _GRAM:
                blocks["A"] = result
            elif name in _FEATURES:
                blocks["C"] = result

    return step


def _of_active_rows(h: Tensor, h_prime: Tensor, rows: int) -> None:
    """All cosines; the other two products for some rows only."""
    a = (h @ h_prime.T)[:rows]
    torch.zeros_like(h)[:rows] = a @ h_prime
    a.T @ h[:rows]


def _passes(h: Tensor, h_prime: Tensor) -> None:
    """The value and the gradients of ‖h_i − h'_i‖², without a product."""
    apart = h - h_prime
    torch.linalg.vector_norm(apart)
    2 * apart
    -2 * apart
