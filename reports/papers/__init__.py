"""The figures and tables of the literature, by name: what `reports list` prints.

001 is arXiv:2402.18281, 002 arXiv:2012.09740, 003 Nie et al. (ICLR 2023), 004 arXiv:2201.12680.
"""

from reports.items import Item
from reports.papers.recipes import drawn_from

ITEMS: tuple[Item, ...] = (
    Item("001-figure-1", "001, Figure 1", "STS average before and after the modification",
         "scores:before_and_after", drawn_from("001-figure-1")),
    Item("001-figure-2", "001, Figure 2", "mean GD of ArcCon and MET over μ_pos and μ_neg",
         "dissipation:figure_2"),
    Item("001-figure-3", "001, Figure 3", "share of the hardest negative against μ_neg",
         "hardest:figure_3"),
    Item("001-figure-4", "001, Figure 4", "the dynamic ratios, with the regions out of reach",
         "ratios:figure_4"),
    Item("001-figure-5", "001, Figure 5", "distributions of cos θ_ii' and cos θ_ij', GD against 1",
         "distributions:figure_5", drawn_from("001-figure-5")),
    Item("001-figure-6", "001, Figure 6", "STS-B dev as m, τ and r vary", "varied:figure_6",
         drawn_from("001-figure-6")),
    Item("001-figure-7", "001, Figure 7", "measured share of the hardest negative against τ",
         "measured:figure_7", drawn_from("001-figure-7")),
    Item("001-figure-8", "001, Figure 8", "Lemma 1's least ratio, the ratios, the positive pairs",
         "measured:figure_8", drawn_from("001-figure-8")),
    Item("001-figure-9", "001, Figure 9", "mean and deviation of the angles while training",
         "measured:figure_9", drawn_from("001-figure-9")),
    Item("001-figure-10", "001, Figure 10", "mean GD of InfoNCE and MPT, and of MAT",
         "dissipation:figure_10"),
    Item("001-figure-11", "001, Figure 11", "Lemma 1's construction, with both bounds",
         "lemma:figure_11"),
    Item("001-figure-12", "001, Figure 12", "the three mechanisms on the sphere",
         "mechanisms:figure_12"),
    Item("001-table-1", "001, Table 1", "components of four contrastive losses, derived",
         "components:table_1"),
    Item("001-table-2", "001, Table 2", "components before and after the modification, derived",
         "components:table_2"),
    Item("001-table-3", "001, Table 3", "seven STS tasks, printed and ours", "published:table_3",
         drawn_from("001-table-3")),
    Item("001-table-4", "001, Table 4", "seven transfer tasks, printed and ours",
         "published:table_4", drawn_from("001-table-4")),
    Item("001-table-5", "001, Table 5", "what each replaced component adds", "published:table_5",
         drawn_from("001-table-5")),
    Item("001-table-6", "001, Table 6", "hyper-parameters with BERT, printed and ours",
         "hyperparameters:table_6", drawn_from("001-table-6")),
    Item("001-table-7", "001, Table 7", "hyper-parameters with RoBERTa, printed and ours",
         "hyperparameters:table_7", drawn_from("001-table-7")),
    Item("002-relative-penalty", "002, hardness", "relative penalty against similarity, by τ",
         "temperature:relative_penalty"),
    Item("002-entropy", "002, hardness", "entropy of the relative penalty against τ",
         "temperature:entropy"),
    Item("002-uniformity-tolerance", "002, the dilemma", "uniformity against tolerance, by τ",
         "measured:uniformity_tolerance", drawn_from("002-uniformity-tolerance")),
    Item("003-figure-1", "003, Figure 1", "L_cl, L_align and L_uniform, trained on and held out",
         "overfitting:figure_1", drawn_from("003-figure-1")),
    Item("003-figure-2", "003, Figure 2", "gradient norms of the pull over θ_ii' and θ_ij'",
         "norms:figure_2"),
    Item("003-figure-3", "003, Figure 3", "scores and distance gaps as m varies",
         "overfitting:figure_3", drawn_from("003-figure-3")),
    Item("003-figure-4", "003, Figure 4", "gradient norms of the push of one negative",
         "norms:figure_4"),
    Item("003-table-1", "003, Table 1", "STS and transfer averages, printed and ours",
         "published:paper_003_table_1", drawn_from("003-table-1")),
    Item("003-table-2", "003, Table 2", "hyper-parameters, printed and ours",
         "hyperparameters:paper_003_table_2", drawn_from("003-table-2")),
    Item("004-alpha", "004, α", "pair importance α against distance, by member of the family",
         "alpha:figure"),
)  # fmt: skip


def known() -> dict[str, Item]:
    """Every item by its name, in the order of the papers."""
    return {item.name: item for item in ITEMS}
