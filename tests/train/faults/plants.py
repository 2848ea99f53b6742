"""What a test plants in a child before `train` runs there; each takes the process's rank."""

from types import SimpleNamespace


def agreed(rank: int) -> None:
    """No verification: tests/verify covers it."""
    import verify.ladder
    from derive.verdict import Verdict

    report = SimpleNamespace(loss="infonce", verdict=Verdict.AGREED, results=(), reference="oracle")
    verify.ladder.verify_loss = lambda *_, **__: report


def tiny(rank: int) -> None:
    """An encoder of one layer, 16 wide: a step takes milliseconds."""
    from train import encoder

    shape = encoder.SmallBert(vocabulary=120, width=16, layers=1, heads=2)
    encoder.SmallBert = lambda: shape


def marker_first(rank: int) -> None:
    """The fault: a checkpoint counts as whole before its files are there."""
    from pathlib import Path

    from train.checkpoints import MARKER
    from train.trainer import TwoViewTrainer

    save = TwoViewTrainer._save

    def marked(self, output_dir=None, state_dict=None):
        Path(output_dir).mkdir(parents=True, exist_ok=True)
        Path(output_dir, MARKER).touch()
        save(self, output_dir, state_dict)

    TwoViewTrainer._save = marked


def best_pruned_early(rank: int) -> None:
    """The fault: the best before goes as soon as there is a better one."""
    import shutil

    from train.best import Best

    offer = Best.offer

    def pruned(self, model, step, scores):
        before = self.path
        better = offer(self, model, step, scores)
        if better and before is not None:
            shutil.rmtree(before)
        return better

    Best.offer = pruned


def rising(rank: int) -> None:
    """The best is always the last: every kept encoder replaces one."""
    from train.best import Best

    offer = Best.offer
    Best.offer = lambda self, model, step, scores: offer(self, model, step, {"score": step / 100})


def worse_later(rank: int) -> None:
    """No score from step 3 on is better than the one of step 2."""
    from train.best import Best

    offer = Best.offer
    Best.offer = lambda self, model, step, scores: step < 3 and offer(self, model, step, scores)


def at_step(step, damage):
    """Have `damage(loss module, views)` return other views at one forward pass, from 1."""
    from train.loss import DerivedLoss

    encoded, calls = DerivedLoss._encoded, []

    def damaged(self, columns):
        calls.append(1)
        views = list(encoded(self, columns))
        return damage(self, views) if len(calls) >= step else views

    DerivedLoss._encoded = damaged


def nan_embeddings(rank: int) -> None:
    """Row 5 of the positives is no number from the fourth step on."""
    import torch

    row = torch.zeros(8, 1)
    row[5] = float("nan")
    at_step(4, lambda loss, views: [views[0], views[1] + row.to(views[1])])


def zero_embeddings(rank: int) -> None:
    """Rows 2 and 3 of the anchors are zero from the fourth step on."""
    import torch

    keep = torch.ones(8, 1)
    keep[2:4] = 0
    at_step(4, lambda loss, views: [views[0] * keep.to(views[0]), views[1]])


def nan_weights(rank: int) -> None:
    """A weight is no number from the fourth step on, and so is what it gives."""

    def damage(loss, views):
        import torch

        model = getattr(loss.model, "module", loss.model)
        with torch.no_grad():
            next(model.parameters()).fill_(float("nan"))
        return [view * float("nan") for view in views]

    at_step(4, damage)


def nan_on_the_way_back(rank: int) -> None:
    """The gradient becomes infinite between the embeddings and the weights, at the fourth step."""

    def damage(loss, views):
        import torch

        class Broken(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x.clone()

            @staticmethod
            def backward(ctx, gradient):
                return gradient * float("inf")

        return [Broken.apply(view) for view in views]

    at_step(4, damage)


def nan_loss(rank: int) -> None:
    """The loss is no number at the fourth step, of embeddings that are."""
    from derive.torch.objective import FastObjective

    forward, calls = FastObjective.forward, []

    def broken(self, *views, **more):
        calls.append(1)
        loss = forward(self, *views, **more)
        return loss * float("nan") if len(calls) >= 4 else loss

    FastObjective.forward = broken


def nan_gradient(rank: int) -> None:
    """The loss is a number at the fourth step, and its gradient by the embeddings is not."""
    from derive.torch.objective import FastObjective

    forward, calls = FastObjective.forward, []

    def broken(self, h, h_prime, **more):
        calls.append(1)
        loss = forward(self, h, h_prime, **more)
        return loss + (h * 0).sum().sqrt() if len(calls) >= 4 else loss

    FastObjective.forward = broken


def nan_gradient_in_one(rank: int) -> None:
    """`nan_gradient` in the second of two processes; the sum of both is no number in each."""
    if rank == 1:
        nan_gradient(rank)


def killed_in_step_18(rank: int) -> None:
    """kill -9 in the eighteenth step, or in the ninth of two batches each."""
    import os
    import signal

    at_step(18, lambda loss, views: os.kill(os.getpid(), signal.SIGKILL))


def killed_in_step_5(rank: int) -> None:
    """kill -9 after the fourth step's checkpoint."""
    import os
    import signal

    at_step(5, lambda loss, views: os.kill(os.getpid(), signal.SIGKILL))


def full_at(rank: int) -> None:
    """The disk is full for the file $FULL_AT, however it is written."""
    import errno
    import os
    import sys

    full = os.environ["FULL_AT"]
    no_space = OSError(errno.ENOSPC, "No space left on device")

    def hook(event, args):
        if event == "open" and args[0] == full and args[2] & (os.O_WRONLY | os.O_RDWR):
            raise no_space

    def refusing(save, where, error):
        def save_unless_full(*args, **kwargs):
            if os.fspath(where(args)) == full:
                raise error
            return save(*args, **kwargs)

        return save_unless_full

    import safetensors.torch
    import torch
    from safetensors import SafetensorError

    sys.addaudithook(hook)
    rust = SafetensorError(
        "Error while serializing: I/O error: No space left on device (os error 28)"
    )
    safetensors.torch.serialize_file = refusing(
        safetensors.torch.serialize_file, lambda args: args[1], rust
    )
    closing = RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0")
    closing.__context__ = no_space
    torch.save = refusing(torch.save, lambda args: args[1], closing)


def limited(rank: int) -> None:
    """No file may grow beyond $LARGEST_FILE bytes; what is there already is not written."""
    import os
    import resource
    import signal

    size = int(os.environ["LARGEST_FILE"])
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # as Python does for itself: an error instead
    import train.run as runs

    finish = runs.finish

    def limit(run, model, checkpoint):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return finish(run, model, checkpoint)

    runs.finish = limit


def no_gather(rank: int) -> None:
    """The fault: each process's loss is of its own rows."""
    import train.fit

    derived = train.fit.derived_loss
    train.fit.derived_loss = lambda *args, gather: derived(*args, gather=False)


def killed_rank(rank: int) -> None:
    """kill -9 of the process $KILLED_RANK after the fourth step's checkpoint."""
    import os

    if rank == int(os.environ["KILLED_RANK"]):
        killed_in_step_5(rank)


def broken_rank(rank: int) -> None:
    """Anchors that are no numbers in the fifth step, of the process $BROKEN_RANK or of all."""
    import os

    if os.environ.get("BROKEN_RANK", str(rank)) == str(rank):
        at_step(5, lambda loss, views: [views[0] * float("nan"), views[1]])


def slow_from_step_5(rank: int) -> None:
    """Steps of three seconds: time for a signal."""
    import time

    def wait(loss, views):
        time.sleep(3)
        return views

    at_step(5, wait)
