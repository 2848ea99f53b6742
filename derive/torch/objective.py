"""Any objective as a `torch.nn.Module`: `objective("mvicreg", r=1.5)`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import torch
from sympy import Expr
from torch import Tensor, nn

from derive.errors import InputError
from derive.nodes import D, N
from derive.objective import Objective
from derive.sources import find
from derive.torch.alone import Alone
from derive.torch.batches import no_autocast
from derive.torch.engines import engine_of, is_of_rows, pool_of
from derive.torch.fused import Call, fused
from derive.torch.given import Given, agreed, split, together
from derive.torch.learned import Settings
from derive.torch.processes import Processes

if TYPE_CHECKING:
    from torch.distributed import ProcessGroup

Embeddings = Literal["unit", "raw"]


def objective(
    loss: str | Objective,
    *,
    embeddings: Embeddings | None = None,
    tile: int | None = None,
    gather: bool = False,
    group: "ProcessGroup | None" = None,
    **hyper: object,
) -> "FastObjective":
    """A loss module with a closed-form backward, lowered from the symbolic gradient.

    loss: what `derive.sources.find` takes (a name, FILE.py:NAME, FILE.json), or an `Objective`.
    embeddings: "unit", rows of norm 1 as given (the gradient is the ambient one of the formula),
    or "raw", normalised first; a loss of raw embeddings takes them as they are and has no such
    choice. tile: anchors a tile. gather: the batch is spread over the processes of `group` (the
    default one if None), see `FastObjective`. hyper: hyper-parameters (tau=0.1); the others take
    their defaults. One that is a tensor of one number, or an `nn.Parameter`, gets a gradient.

    Raises `UnknownNameError`, `HyperparameterError`, `ObjectiveError` or `InputError`.

    >>> loss = objective("infonce", tau=0.1)
    >>> loss(torch.eye(3), torch.eye(3)) < 1e-3
    tensor(True)
    """
    found = find(loss) if isinstance(loss, str) else loss
    return FastObjective(found, embeddings, tile, hyper, gather=gather, group=group)


class FastObjective(nn.Module):
    """forward(h, h_prime, labels, negatives, mask, **others) -> scalar: the training scalar.

    h, h_prime: (N, D) float tensors, N ≥ 2, the two views of N samples. The mean over anchors for
    objectives of one anchor's term, else the batch scalar. float16 and bfloat16 are computed in
    float32, also under autocast. Differentiable once.

    labels: integers (N,). An input of losses that name them; for others, samples with one label
    are no negatives of each other. negatives: (N, D) or (N, K, D), further candidates of every
    anchor, N·K of them behind the N samples; only for losses of one anchor's term with negatives
    of one view, whose N counts them. mask: bool (N, candidates), True for pairs to leave out of
    the sums over candidates and of the search for the hardest; its diagonal is not read; symmetric
    where either sample of a pair is an anchor (a scalar of the batch). others:
    arrays of sample numbers that the objective names, integers (N, M), and hyper-parameters.

    gather=True: each process gives its own rows, in the order of the ranks; sample numbers and the
    columns of a mask count over all of them. Every process gets the loss of the whole batch, and
    in backward W × its gradient by the own rows, whose mean over the W ranks, as
    DistributedDataParallel takes it, is the gradient of one process with the whole batch.

    Raises `InputError` for other shapes; on the CPU also for zero rows or entries that are not
    finite (and rows that are not of norm 1, where unit ones were promised). On an accelerator
    values are not looked at, since the host would have to wait for them.
    """

    def __init__(
        self,
        objective: Objective,
        embeddings: Embeddings | None,
        tile: int | None,
        hyper: Mapping[str, object],
        *,
        gather: bool = False,
        group: "ProcessGroup | None" = None,
    ):
        super().__init__()
        if embeddings not in (None, "unit", "raw"):
            raise InputError(f"embeddings={embeddings!r}: choose 'unit' or 'raw'.")
        if embeddings == "unit" and objective.embeddings == "raw":
            raise InputError(
                f"{objective.name} is a loss of raw embeddings, and embeddings='unit' was asked. "
                "Leave the option out."
            )
        self.objective = objective
        self.embeddings = embeddings or objective.embeddings
        self.tile, self.gather, self.group = tile, gather, group
        self.settings = Settings(objective.hyper, hyper)
        engine_of(objective, tile)  # what cannot be derived is told here

    @property
    def hyper(self) -> Mapping[str, Expr | Tensor]:
        """The value of every hyper-parameter."""
        return self.settings.all()

    def __repr__(self) -> str:
        return f"FastObjective({self.extra_repr()})"

    def extra_repr(self) -> str:
        settings = ", ".join(f"{name}={_shown(x)}" for name, x in self.hyper.items())
        gathered = ", gather=True" if self.gather else ""
        return f"{self.objective.name}, {settings}, embeddings={self.embeddings!r}{gathered}"

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def forward(
        self,
        h: Tensor,
        h_prime: Tensor,
        labels: Tensor | None = None,
        negatives: Tensor | None = None,
        mask: Tensor | None = None,
        **others: Any,
    ) -> Tensor:
        hyper, inputs = split(others, self.objective)
        if labels is not None and "labels" in self.objective.inputs:
            inputs["labels"], labels = labels, None
        given = Given(h, h_prime, labels, negatives, mask, inputs)
        with no_autocast(h.device.type):
            return self._loss(given, self.settings.replaced(hyper)).to(h.dtype)

    def _loss(self, given: Given, settings: Settings) -> Tensor:
        shards = self._shards(given, settings)
        call, tensors = self._call(given, settings, shards)
        if torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in tensors):
            return fused(call, *tensors)
        with torch.no_grad():
            return call.value(*tensors)

    def _shards(self, given: Given, settings: Settings) -> Processes:
        """Reads what was given, and finds whose rows are whose."""

        def read() -> None:
            given.read(self.objective, normalised=self.embeddings == "unit", alone=not self.gather)

        if not self.gather:
            read()
            shards: Processes = Alone(len(given.h))
        else:
            same = f"{self.objective.name} {self.embeddings} {settings.numbers}"
            shards = agreed(given, read, same, self.group)
        symmetric = not is_of_rows(self.objective)
        together(shards, lambda: given.check_across(shards, symmetric=symmetric))
        return shards

    def _call(
        self, given: Given, settings: Settings, shards: Processes
    ) -> tuple[Call, tuple[Any, ...]]:
        """The evaluation, and the tensors it is a function of."""
        further = given.negatives is not None
        left_out = given.left_out(shards)
        engine = engine_of(
            self.objective,
            self.tile,
            masked=left_out is not None,
            one_sided=given.mask is not None,
            further=further,
        )
        sizes = {N: given.candidates(shards.total), D: given.h.shape[1]}
        values, learned = settings.values(sizes, given.h)
        call = Call(
            engine,
            values,
            given.gathered(shards),
            left_out,
            shards,
            tuple(learned),
            further and pool_of(self.objective) == self.objective.anchor,
            self.embeddings != self.objective.embeddings,
        )
        return call, (given.h, given.h_prime, given.negatives, *learned.values())


def _shown(value: Expr | Tensor) -> str:
    if not isinstance(value, Tensor):
        return str(value)
    kind = "Parameter" if isinstance(value, nn.Parameter) else "tensor"
    return f"{kind}({float(value.detach()):.4g})"
