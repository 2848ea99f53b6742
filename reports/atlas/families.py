"""Which losses belong together, and what they are called elsewhere."""

from collections.abc import Sequence

from derive.objectives import REGISTRY

# A family begins at the loss named here and ends at the next one, in the catalogue's order.
STARTS = {
    "infonce": "Contrastive",
    "paradigm": "The paradigm itself",
    "mhe": "Non-contrastive",
    "mhe_gd": "Non-contrastive, modified",
    "tao_barlow": "Gradient surrogates",
    "alpha_infonce": "The α-CL family",
}
OWN = "Your own"
# What goes by one name in papers and packages; each pair of a line is compared.
NAMESAKES = {
    "InfoNCE": ("infonce", "infonce_symmetric", "ntxent", "alpha_infonce"),
    "Uniformity": ("uniform", "uniform_same_view", "mhe"),
    "Triplet loss": ("mpt", "met", "alpha_triplet"),
    "MHE": ("mhe", "mhe_gd", "mhe_gd_w", "mmhe"),
    "MHS": ("mhs", "mhs_anchor", "mhs_gd", "mmhs"),
    "Barlow Twins": (
        "barlow_twins", "barlow_twins_original", "tao_barlow", "barlow_twins_gd", "mbarlow",
    ),
    "VICReg": (
        "vicreg", "vicreg_original", "vicreg_code", "tao_vicreg", "vicreg_gd", "mvicreg",
    ),
    "Eq. 5 of arXiv:2402.18281": ("paradigm", "infonce", "mpt"),
}  # fmt: skip
# What a loss is called where its key and its title do not say so: search finds these too.
ALIASES = {
    "infonce": ("L_cl", "multiple negatives ranking", "NT-Xent of one direction", "CPC", "SimCSE"),
    "infonce_symmetric": ("CLIP",),
    "ntxent": ("SimCLR",),
    "dcl": ("L_dcl",),
    "dcl_plus": ("L_dcl+",),
    "mpt": ("L_mpt", "triplet", "hinge"),
    "met": ("L_met", "triplet", "hinge"),
    "mat": ("L_mat", "triplet", "hinge"),
    "align": ("L_align", "L^a"),
    "uniform": ("L_uniform",),
    "barlow_twins": ("L^B", "redundancy reduction"),
    "vicreg": ("L^V", "variance invariance covariance"),
    "mbarlow": ("L^mB",),
    "mvicreg": ("L^mV",),
    "mhe": ("hyperspherical energy",),
    "mhs": ("hyperspherical separation",),
}


def family_of(name: str) -> str:
    """The family of a loss by its name in the catalogue; `OWN` for any other."""
    if name not in REGISTRY:
        return OWN
    family = ""
    for key in REGISTRY:
        family = STARTS.get(key, family)
        if key == name:
            break
    return family


def families(names: Sequence[str]) -> dict[str, list[str]]:
    """Family → its losses among these, in the catalogue's order, one's own last."""
    found: dict[str, list[str]] = {x: [] for x in (*STARTS.values(), OWN)}
    for name in names:
        found[family_of(name)].append(name)
    return {family: members for family, members in found.items() if members}


def aliases_of(name: str) -> tuple[str, ...]:
    """Other names of a loss, for the search."""
    shared = tuple(x for x, members in NAMESAKES.items() if name in members)
    return (*ALIASES.get(name, ()), *shared)


def pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Which losses are compared: those of one family, those of one name, and one's own with all."""
    groups = [*families(names).values(), *NAMESAKES.values()]
    order = {name: at for at, name in enumerate(names)}
    found = {
        (a, b)
        for group in groups
        for a in group
        for b in group
        if a in order and b in order and order[a] < order[b]
    }
    own = [x for x in names if family_of(x) == OWN]
    found |= {(a, b) for a in names for b in own if a != b and order[a] < order[b]}
    found |= {(a, b) for a in own for b in names if a != b and order[a] < order[b]}
    return sorted(found, key=lambda pair: (order[pair[0]], order[pair[1]]))
