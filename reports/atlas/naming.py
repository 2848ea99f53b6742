"""Which losses of the catalogue a claim of a paper is about: those that it names.

Each paper writes the losses in its own way; what is listed here is that notation, and nothing of
what is claimed.
"""

import re
from collections.abc import Sequence

from derive.objectives import REGISTRY

# Paper → (what it writes, the losses that are meant). A key of the catalogue names itself.
NOTATION: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "001": (
        (r"InfoNCE", ("infonce",)),
        (r"ArcCon", ("arccon",)),
        (r"(?<!\w)MPT", ("mpt",)),
        (r"(?<!\w)MET", ("met",)),
        (r"L\^tri", ("mpt", "met")),
        (r"(?<![a-z])MHE|L\^\{u,MHE\}", ("mhe",)),
        (r"(?<![a-z])MHS|L_i\^\{u,MHS\}", ("mhs", "mhs_anchor")),
        (r"mMHE", ("mmhe",)),
        (r"mMHS", ("mmhs",)),
        (r"Barlow Twins|L\^B\b|C\^B\b|\^B\b", ("barlow_twins",)),
        (r"VICReg|L\^V\b|C\^V\b|\^V\b", ("vicreg",)),
        (r"\^mB\b|Eq\. 6$", ("mbarlow",)),
        (r"\^mV\b|Eq\. 13$", ("mvicreg",)),
        (r"Eq\. 14$", ("mmhe",)),
        (r"Eq\. 15$", ("mmhs",)),
        (r"\^eB\b|Tao", ("tao_barlow",)),
        (r"\^eV\b|Tao", ("tao_vicreg",)),
        (r"the gradient of the alignment", ("align",)),
        (r"Eq\. 5\b", ("paradigm",)),
    ),
    "002": (
        (r"[Cc]ontrastive loss|elative penal|As τ|pushes on", ("infonce",)),
        (r"[Ss]imple loss", ("simple",)),
        (r"hard negative sampling", ("hard_simple",)),
    ),
    "003": (
        (r"L_cl\b|_cl\b", ("infonce",)),
        (r"L_a&u", ("align_uniform",)),
        (r"L_align|alignment of one|one pair's alignment", ("align",)),
        (r"L_uniform|L\^j_uniform|uniformity of a batch", ("uniform",)),
        (r"_dcl(?!\+)", ("dcl",)),
        (r"_dcl\+", ("dcl_plus",)),
        (r"L_mpt|_mpt\b", ("mpt",)),
        (r"L_met|_met\b", ("met",)),
        (r"L_mat|_mat\b", ("mat",)),
        (r"L_mix", ("mixup_infonce", "mixup_infonce_positive")),
    ),
    "004": (
        (r"004-table-infonce|InfoNCE", ("alpha_infonce",)),
        (r"004-table-mine", ("alpha_mine",)),
        (r"004-table-triplet$", ("alpha_triplet",)),
        (r"004-table-soft-triplet", ("alpha_soft_triplet",)),
        (r"004-table-n-plus-1", ("alpha_n_plus_1_tuplet",)),
        (r"004-table-lifted", ("alpha_lifted",)),
        (r"004-table-modified", ("alpha_modified_triplet",)),
        (r"004-table-triplet-contrastive", ("alpha_triplet_contrastive",)),
    ),
}
# Keys that are also words of the language: the papers' notation speaks for these.
_WORDS = {"simple", "uniform", "align", "spectral", "paradigm", "infonce", "mhs", "mhe"}
_MADE = re.compile(r"is (?:the catalogue's|that of) (\w+)|(?:of|Of) (mhs_anchor|mhe|infonce)\b")


def losses_named(paper: str, texts: Sequence[str]) -> tuple[str, ...]:
    """The losses that a claim names, in the catalogue's order.

    paper: its number; texts: its id, where it is printed, the statement, the formula.
    """
    found: set[str] = set()
    for pattern, meant in NOTATION.get(paper, ()):
        if any(re.search(pattern, x) for x in texts):
            found.update(meant)
    for text in texts:
        found.update(x for pair in _MADE.findall(text) for x in pair if x in REGISTRY)
        words = set(re.findall(r"(?<![\w^])[a-z]\w+", text)) - _WORDS
        found.update(words & set(REGISTRY))
    return tuple(x for x in REGISTRY if x in found)
