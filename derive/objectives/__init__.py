"""The catalogue: every objective by its name on the command line, loaded when asked for.

Adding a loss is one file here, one oracle in verify/oracles, and one line below
(CONTRIBUTING.md, "Adding a loss").
"""

from importlib import import_module

from derive.errors import ObjectiveError, UnknownNameError
from derive.objective import Objective

REGISTRY: dict[str, str] = {
    "infonce": "InfoNCE",
    "infonce_symmetric": "InfoNCESymmetric",
    "ntxent": "NTXent",
    "arccon": "ArcCon",
    "mpt": "MPT",
    "met": "MET",
    "mat": "MAT",
    "dcl": "DCL",
    "dcl_plus": "DCLPlus",
    "simple": "Simple",
    "hard_simple": "HardSimple",
    "hard_infonce": "HardInfoNCE",
    "mixup_infonce": "MixupInfoNCE",
    "mixup_infonce_positive": "MixupInfoNCEPositive",
    "supcon": "SupCon",
    "siglip": "SigLIP",
    "spectral": "Spectral",
    "align": "Align",
    "uniform": "Uniform",
    "uniform_same_view": "UniformSameView",
    "align_uniform": "AlignUniform",
    "paradigm": "Paradigm",
    "mhe": "MHE",
    "mhs": "MHS",
    "mhs_anchor": "MHSAnchor",
    "barlow_twins": "BarlowTwins",
    "barlow_twins_original": "BarlowTwinsOriginal",
    "vicreg": "VICReg",
    "vicreg_original": "VICRegOriginal",
    "vicreg_code": "VICRegCode",
    "mhe_gd": "MHEWithGD",
    "mhe_gd_w": "MHEWithGDW",
    "mhs_gd": "MHSWithGD",
    "barlow_twins_gd": "BarlowTwinsWithGD",
    "barlow_twins_gd_w": "BarlowTwinsWithGDW",
    "vicreg_gd": "VICRegWithGD",
    "vicreg_gd_w": "VICRegWithGDW",
    "mmhe": "MMHE",
    "mmhs": "MMHS",
    "mbarlow": "MBarlow",
    "mvicreg": "MVICReg",
    "tao_barlow": "TaoBarlow",
    "tao_vicreg": "TaoVICReg",
    "alpha_infonce": "AlphaInfoNCE",
    "alpha_mine": "AlphaMINE",
    "alpha_triplet": "AlphaTriplet",
    "alpha_soft_triplet": "AlphaSoftTriplet",
    "alpha_n_plus_1_tuplet": "AlphaTuplet",
    "alpha_lifted": "AlphaLifted",
    "alpha_modified_triplet": "AlphaModifiedTriplet",
    "alpha_triplet_contrastive": "AlphaTripletContrastive",
    "alpha_direct": "AlphaDirect",
}


def names() -> list[str]:
    """The keys of the catalogue, in its order."""
    return list(REGISTRY)


def load(name: str) -> Objective:
    """The objective of that name. Raises `UnknownNameError` with the nearest names."""
    if name not in REGISTRY:
        raise UnknownNameError("loss", name, REGISTRY)
    try:
        kind: type[Objective] = getattr(import_module(f"derive.objectives.{name}"), REGISTRY[name])
    except (ModuleNotFoundError, AttributeError) as error:
        raise ObjectiveError(
            f"the registry names {REGISTRY[name]} in derive/objectives/{name}.py, and {error}. "
            "Mend the line in derive/objectives/__init__.py or the file."
        ) from error
    kind.name = name
    return kind()
