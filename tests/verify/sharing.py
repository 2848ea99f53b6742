"""Losses that share a batch over processes in known ways, right and wrong, as users write them."""

import time

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn import functional as carrying
from torch.nn.functional import cross_entropy


def empty_like_all(x: Tensor) -> list[Tensor]:
    return [torch.empty_like(x) for _ in range(dist.get_world_size())]


def put_back(x: Tensor) -> Tensor:
    """A gather without gradient, but for the rank's own rows."""
    rows = empty_like_all(x)
    dist.all_gather(rows, x.detach().contiguous())
    rows[dist.get_rank()] = x
    return torch.cat(rows)


def not_put_back(x: Tensor) -> Tensor:
    rows = empty_like_all(x)
    dist.all_gather(rows, x.contiguous())
    return torch.cat(rows)


def carried(x: Tensor) -> Tensor:
    return torch.cat(carrying.all_gather(x.contiguous()))


def of_anchors(h: Tensor, candidates: Tensor, tau: float) -> Tensor:
    """The rank's own anchors among the candidates of all ranks."""
    targets = len(h) * dist.get_rank() + torch.arange(len(h))
    return cross_entropy(h @ candidates.T / tau, targets)


def of_all(h: Tensor, h_prime: Tensor, tau: float) -> Tensor:
    return cross_entropy(h @ h_prime.T / tau, torch.arange(len(h)))


def whole_put_back(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return of_all(put_back(h), put_back(h_prime), tau)


def own_carried(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return of_anchors(h, carried(h_prime), tau)


def own_carried_times_world(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return own_carried(h, h_prime, tau) * dist.get_world_size()


def whole_carried_times_world(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return whole_carried(h, h_prime, tau) * dist.get_world_size()


def own_put_back(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return of_anchors(h, put_back(h_prime), tau)


def own_not_put_back(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    """One process has no gradient by h', either: it is no reference as it stands."""
    return of_anchors(h, not_put_back(h_prime), tau)


def own_detached(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return of_anchors(h, not_put_back(h_prime.detach()), tau)


def whole_not_put_back(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return of_all(not_put_back(h), not_put_back(h_prime), tau)


def plain_reduce(h: Tensor, h_prime: Tensor) -> Tensor:
    matrix = h.T @ h_prime / (len(h) * dist.get_world_size())
    dist.all_reduce(matrix)
    return (matrix - torch.eye(len(matrix), dtype=matrix.dtype)).square().sum()


def carried_reduce(h: Tensor, h_prime: Tensor) -> Tensor:
    matrix = carrying.all_reduce(h.T @ h_prime / (len(h) * dist.get_world_size()))
    return (matrix - torch.eye(len(matrix), dtype=matrix.dtype)).square().sum()


def own_batch(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return of_all(h, h_prime, tau)


def pairs_only(h: Tensor, h_prime: Tensor) -> Tensor:
    return (h - h_prime).square().sum(dim=1).mean()


def whole_carried(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return of_all(carried(h), carried(h_prime), tau)


def own_over_all(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    return own_carried(h, h_prime, tau) / dist.get_world_size()


def one_view_carried(h: Tensor, h_prime: Tensor, tau: float = 0.2) -> Tensor:
    """Another direction, and none of the known ways: one view of two carries gradient."""
    return of_all(carried(h), put_back(h_prime), tau)


def noisy(h: Tensor, h_prime: Tensor) -> Tensor:
    return own_carried(h + 0.1 * torch.randn_like(h), h_prime)


def single_precision(h: Tensor, h_prime: Tensor) -> Tensor:
    return own_carried(h.float(), h_prime.float()).double()


class Shared(nn.Module):
    """Right, as a module."""

    def __init__(self, tau: float):
        super().__init__()
        self.tau = tau

    def forward(self, h: Tensor, h_prime: Tensor) -> Tensor:
        return own_carried(h, h_prime, self.tau)


def raises(h: Tensor, h_prime: Tensor) -> Tensor:
    if dist.get_rank() == 1:
        raise ValueError("planted")
    return whole_put_back(h, h_prime)


def hangs(h: Tensor, h_prime: Tensor) -> Tensor:
    if dist.get_rank() == 1:
        time.sleep(3600)
    return whole_put_back(h, h_prime)


def rows_of_losses(h: Tensor, h_prime: Tensor) -> Tensor:
    return (h - h_prime).square().sum(dim=1)
