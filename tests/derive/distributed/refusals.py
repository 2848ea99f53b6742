"""Batches that one rank cannot compute on: what every rank does in their test."""

import torch
import torch.distributed as dist
from torch import Tensor

from derive.torch import objective

REFUSED = {
    "rows": "row 1 of h is zero or not finite",
    "shapes": "Both must be (N, D)",
    "mask": "mask or labels leave anchor 4 without a negative",
    "labels": "labels is torch.int64 of shape (3,)",
    "numbers": "other holds a number that is no other sample",
}
DIFFERENT = ("mask given", "temperature")


def refusal(what: str) -> float:
    """Something is wrong on rank 1."""
    odd = dist.get_rank() == 1
    h, given = torch.eye(4), dict[str, Tensor]()
    h_prime = h[:3] if odd and what == "shapes" else h
    if odd and what == "rows":
        h = h.clone()
        h[1] = torch.nan
    if what == "mask" or (odd and what == "mask given"):
        given["mask"] = torch.full((4, 8), odd and what == "mask")
    if what == "labels":
        given["labels"] = torch.arange(3 if odd else 4)
    if what == "numbers":
        given["other"] = torch.full((4, 2), 99 if odd else 7)
    loss = {"labels": "supcon", "numbers": "mixup_infonce_positive"}.get(what, "infonce")
    tau = 0.1 if odd and what == "temperature" else 0.2
    return objective(loss, gather=True, tau=tau)(h, h_prime, **given).item()
