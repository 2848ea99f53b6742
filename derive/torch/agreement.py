"""Ranks agree on what they compute before they exchange it: all refuse a batch, or none does."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

from derive.errors import InputError

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

_FACTS = ("the shape of a row", "dtype", "kind of device", "what the objective was given")


def backends_of(group: "ProcessGroup | None" = None) -> dict[str, str]:
    """The backend for each kind of device. Raises `InputError` if this process is in no group."""
    if not (dist.is_available() and dist.is_initialized()):
        raise InputError(
            "gather=True shares a batch among processes, and torch.distributed is not initialised: "
            "each process would train on its own. Start with torchrun and call "
            "torch.distributed.init_process_group(), or leave gather out."
        )
    if dist.get_rank(group) < 0:
        raise InputError(
            f"this process (rank {dist.get_rank()}) is not in the group that gather=True was given."
            " Give each process a group it belongs to."
        )
    pairs = dist.get_backend_config(group).split(",")
    return {device: backend for device, _, backend in (pair.partition(":") for pair in pairs)}


def exchange(
    mine: list[int], group: "ProcessGroup | None", backends: dict[str, str]
) -> list[list[int]]:
    """A row of numbers from each rank, over a channel that does not depend on the batch."""
    device = "cpu" if "cpu" in backends else next(iter(backends))
    sent = torch.tensor(mine, dtype=torch.int64, device=device)
    world = dist.get_world_size(group)
    got = sent.new_empty(world * len(mine))  # one after the other: gloo takes no other form
    dist.all_gather_single(got, sent, group=group)
    return got.view(world, len(mine)).tolist()


def refuse_together(error: Exception | None, group: "ProcessGroup | None") -> None:
    """Raises `error`, if this rank has one, or `InputError` if another rank has. Every rank of the
    group calls it, and none waits for one that gave up. 8·(W − 1) bytes."""
    table = exchange([int(error is not None)], group, backends_of(group))
    if error is not None:
        raise error
    _check_refusals([row[0] for row in table], f"Here is rank {dist.get_rank(group)}.")


def _check_refusals(flags: Sequence[int], here: str) -> None:
    refused = [rank for rank, flag in enumerate(flags) if flag]
    if refused:
        raise InputError(
            f"rank {_listed(refused)} refused its batch, so this one stops too. {here} The message "
            f"of rank {refused[0]} says why."
        )


def check(table: list[list[int]], here: str) -> None:
    """Raises `InputError` unless the batch can be computed on, the same one on every rank.

    table: of each rank its rows, whether it has an error, and the digests of _FACTS; here: a
    sentence on this rank's batch.
    """
    _check_refusals([row[1] for row in table], here)
    for position, fact in enumerate(_FACTS, start=2):
        others = [rank for rank, row in enumerate(table) if row[position] != table[0][position]]
        if others:
            raise InputError(
                f"the ranks differ in {fact}: rank {_listed(others)} from rank 0. {here} Give "
                "every rank a shard of one batch, and the same objective."
            )
    empty = [rank for rank, row in enumerate(table) if not row[0]]
    if empty:
        raise InputError(
            f"rank {_listed(empty)} has no rows. {here} Give every rank at least one pair, for "
            "example with drop_last=True."
        )


def _listed(ranks: Sequence[int]) -> str:
    return ", ".join(map(str, ranks))


def digest(text: str) -> int:
    """A text as 56 bits, the same in every process."""
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest())
