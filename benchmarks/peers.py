"""The losses of other packages, and what each of them equals here. Packages are imported late."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from benchmarks import dcl_both_views
from benchmarks.packages import prepare
from benchmarks.stand_in import of_embeddings
from benchmarks.timing import Loss
from derive.objective import Objective

Inputs = Mapping[str, Tensor]
Build = Callable[[Inputs], Loss]
PML_PAIRS = 512  # NTXentLoss compares all pairs with all pairs: 49 s here, and cubic


@dataclass(frozen=True)
class Peer:
    """build(inputs) → loss(h, h_prime); settings: as written in the peer's own API."""

    name: str
    build: Build
    settings: str
    largest: int | None = None


@dataclass(frozen=True)
class Case:
    """A loss that several have. hyper: as text for ours, as numbers for the oracle.

    normalised: whether everybody normalises the rows first. scale: standard deviation of the
    features of raw embeddings. remark: what equality needs.
    """

    loss: str | Objective
    hyper: Mapping[str, str]
    peers: tuple[Peer, ...]
    normalised: bool = True
    scale: float = 1.0
    inputs: tuple[str, ...] = ()
    remark: str = ""
    oracle: Callable[..., Tensor] | None = field(default=None)


def _mnrl(**settings: object) -> Build:
    def build(inputs: Inputs) -> Loss:
        prepare()
        from sentence_transformers.losses import MultipleNegativesRankingLoss

        return of_embeddings(MultipleNegativesRankingLoss, **settings)

    return build


def _cached(**settings: object) -> Build:
    def build(inputs: Inputs) -> Loss:
        prepare()
        from sentence_transformers.losses import CachedMultipleNegativesRankingLoss

        return of_embeddings(CachedMultipleNegativesRankingLoss, **settings)

    return build


def _info_nce(inputs: Inputs) -> Loss:
    from info_nce import InfoNCE

    return InfoNCE(temperature=0.05)


def _lightly(kind: str, **settings: float) -> Build:
    def build(inputs: Inputs) -> Loss:
        prepare()
        from lightly import loss

        return getattr(loss, kind)(**settings)

    return build


def _of_one_batch(kind: str, **settings: float) -> Build:
    """pytorch-metric-learning takes both views as one batch; a pair shares its label."""

    def build(inputs: Inputs) -> Loss:
        from pytorch_metric_learning import losses

        loss = getattr(losses, kind)(**settings)

        def value(h: Tensor, h_prime: Tensor) -> Tensor:
            labels = inputs.get("labels", torch.arange(len(h)))
            return loss(torch.cat([h, h_prime]), torch.cat([labels, labels]))

        return value

    return build


def _metric_vicreg(inputs: Inputs) -> Loss:
    from pytorch_metric_learning.losses import VICRegLoss

    loss = VICRegLoss()
    return lambda h, h_prime: loss(h, ref_emb=h_prime)


_BOTH_WAYS = {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}
_SYMMETRIC = 'directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"'
ST, PML = "sentence-transformers", "pytorch-metric-learning"
CASES: dict[str, Case] = {
    "infonce": Case(
        "infonce",
        {"tau": "1/20"},
        (
            Peer(f"{ST} MNRL", _mnrl(scale=20.0), "scale=20"),
            Peer(
                f"{ST} CachedMNRL, 32",
                _cached(scale=20.0, mini_batch_size=32),
                "scale=20, mini_batch_size=32 (default)",
            ),
            Peer(
                f"{ST} CachedMNRL, 512",
                _cached(scale=20.0, mini_batch_size=512),
                "scale=20, mini_batch_size=512",
            ),
            Peer("info-nce-pytorch", _info_nce, "temperature=0.05"),
        ),
    ),
    "infonce_symmetric": Case(
        "infonce_symmetric",
        {"tau": "1/20"},
        (
            Peer(f"{ST} MNRL", _mnrl(scale=20.0, **_BOTH_WAYS), f"scale=20, {_SYMMETRIC}"),
            Peer(
                f"{ST} CachedMNRL, 512",
                _cached(scale=20.0, mini_batch_size=512, **_BOTH_WAYS),
                f"scale=20, mini_batch_size=512, {_SYMMETRIC}",
            ),
        ),
    ),
    "ntxent": Case(
        "ntxent",
        {"tau": "1/2"},
        (
            Peer("lightly NTXentLoss", _lightly("NTXentLoss", temperature=0.5), "temperature=0.5"),
            Peer(
                f"{PML} NTXentLoss",
                _of_one_batch("NTXentLoss", temperature=0.5),
                "temperature=0.5, both views in one batch, a label a pair",
                PML_PAIRS,
            ),
        ),
    ),
    "supcon": Case(
        "supcon",
        {"tau": "1/10"},
        (
            Peer(
                f"{PML} SupConLoss",
                _of_one_batch("SupConLoss", temperature=0.1),
                "temperature=0.1, both views in one batch",
            ),
        ),
        inputs=("labels",),
        remark="The peer leaves out anchors whose term is not above zero; here there are none.",
    ),
    "dcl_both_views": Case(
        dcl_both_views.DCLBothViews(),
        {"tau": "1/10"},
        (Peer("lightly DCLLoss", _lightly("DCLLoss", temperature=0.1), "temperature=0.1"),),
        oracle=dcl_both_views.oracle,
        remark="The peer is not `dcl`, whose negatives are those of the other view alone: it has "
        "those of both views, in both directions. Ours is that loss written as an objective of "
        "one's own, benchmarks/dcl_both_views.py.",
    ),
    "vicreg_code": Case(
        "vicreg_code",
        {},
        (
            Peer("lightly VICRegLoss", _lightly("VICRegLoss"), "defaults"),
            Peer(f"{PML} VICRegLoss", _metric_vicreg, "defaults"),
        ),
        normalised=False,
        remark="Not `vicreg_original`: the peers average the invariance over features and halve "
        "the variance term.",
    ),
    "barlow_twins_original": Case(
        "barlow_twins_original",
        {"nu": "1/200"},
        (Peer("lightly BarlowTwinsLoss", _lightly("BarlowTwinsLoss"), "lambda_param=0.005"),),
        normalised=False,
        scale=100.0,
        remark="The peer adds 10⁻⁵ to each variance (batch_norm). Measured on features of "
        "standard deviation 100, where that is below 10⁻⁸ of the variance.",
    ),
}
