"""`make gpu-check`, the part of it that needs no GPU, and that it finds what it looks for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from benchmarks import gpu_check
from benchmarks.gpu import page, speed, training
from benchmarks.gpu.exactness import exactness
from benchmarks.gpu.formats import FORMATS, EmulatedTF32, cut, matmul_precision
from benchmarks.gpu.sections import Section
from benchmarks.gpu.syncs import SyncError, no_syncs
from benchmarks.gpu.waiting import waiting
from derive.torch import objective

CPU = torch.device("cpu")
SIZE = (21, 12)
Make = Callable[..., Callable[..., Tensor]]


def check(*given: str, make: Make = objective) -> int:
    return gpu_check.main(["--device", "cpu", *given], make)


def test_the_part_without_a_gpu_passes_and_writes_a_page(tmp_path: Path) -> None:
    out = tmp_path / "gpu.md"
    given = ("--steps", "60", "--loss", "infonce", "--loss", "met")
    assert check("--out", str(out), *given) == 0
    text = out.read_text(encoding="utf-8")
    for expected in ("**Never run on a GPU.**", "emulated", "| infonce | ", "Not run: it needs"):
        assert expected in text
    assert text.count("**Passed.**") == 3
    assert str(page.ROOT) not in text


@pytest.mark.slow
def test_the_whole_catalogue_passes(tmp_path: Path) -> None:
    assert check("--out", str(tmp_path / "gpu.md")) == 0


def test_without_cuda_it_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_check.main([]) == 2
    assert "no CUDA" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "message"), [([], "--out FILE"), (["--out", "x", "--steps", "3"], "10 or more")]
)
def test_bad_arguments_are_refused(
    given: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(*given) == 2
    assert message in capsys.readouterr().err


def test_the_page_says_whether_it_was_run_on_a_gpu() -> None:
    text = gpu_check.PAGE.read_text(encoding="utf-8")
    assert ("Never run on a GPU" in text) != ("| Driver |" in text)


class Scaled(torch.autograd.Function):
    """The right value and a gradient that is not."""

    @staticmethod
    def forward(ctx: object, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor  # type: ignore[attr-defined]
        return x.clone()

    @staticmethod
    def backward(ctx: object, upstream: Tensor) -> tuple[Tensor, None]:
        return ctx.factor * upstream, None  # type: ignore[attr-defined]


def wrong_by(error: float) -> Make:
    """Objectives whose gradients are too large by that share."""

    def make(loss: str, **options: object) -> Callable[..., Tensor]:
        right = objective(loss, **options)
        return lambda *views, **inputs: Scaled.apply(right(*views, **inputs), 1 + error)

    return make


@pytest.mark.parametrize(("error", "caught"), [(1e-12, 1), (1e-4, 2), (0.2, 4)])
def test_a_wrong_gradient_is_found_in_every_format_that_can_show_it(
    error: float, caught: int
) -> None:
    failures = exactness(["infonce"], CPU, *SIZE, make=wrong_by(error)).failures
    found = [x.name for x in FORMATS if any(f", {x.name}:" in failure for failure in failures)]
    assert len(found) == caught
    assert "float64" in found
    assert not any("value" in failure for failure in failures)


def test_a_failure_is_told_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "gpu.md"
    given = ("--out", str(out), "--loss", "infonce", "--steps", "60")
    assert check(*given, make=wrong_by(0.2)) == 1
    assert "infonce, float32: ∂/∂h is" in capsys.readouterr().out
    assert "**FAILED (8).**" in out.read_text(encoding="utf-8")


def test_a_share_is_counted_in_full_precision() -> None:
    """A tenth of 20 negatives is two of them, and three if .1 is first rounded to float32."""
    assert not exactness(["hard_infonce"], CPU, *SIZE).failures


def test_not_a_number_is_no_pass() -> None:
    assert exactness(["met"], CPU, *SIZE, make=wrong_by(float("nan"))).failures


def syncing(loss: str, **options: object) -> Callable[..., Tensor]:
    """Objectives that look at their value."""
    right = objective(loss, **options)

    def forward(*views: Tensor, **inputs: Tensor) -> Tensor:
        value = right(*views, **inputs)
        value.detach().item()
        return value

    return forward


def test_a_planted_sync_is_found() -> None:
    section = waiting(["infonce"], CPU, *SIZE, make=syncing)
    assert len(section.failures) == 2
    assert "test_gpu_check.py" in section.failures[0]
    assert not waiting(["infonce"], CPU, *SIZE).failures


def test_what_the_guard_raises_is_a_failure() -> None:
    @contextmanager
    def as_cuda_does(device: torch.device) -> Iterator[None]:
        yield
        raise RuntimeError("called a synchronizing CUDA operation\nmore")

    section = waiting(["met"], CPU, *SIZE, guard=as_cuda_does)
    assert section.failures[0] == "met, unit rows: called a synchronizing CUDA operation"


def test_with_cuda_torch_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[object] = []
    monkeypatch.setattr(torch.cuda, "get_sync_debug_mode", lambda: 0)
    monkeypatch.setattr(torch.cuda, "set_sync_debug_mode", modes.append)
    with pytest.raises(SyncError), no_syncs(torch.device("cuda")):
        raise SyncError
    assert modes == ["error", 0]


def test_tf32_keeps_ten_bits() -> None:
    x = torch.tensor([1 + 2.0**-10, 1 + 2.0**-11, -1 - 2.0**-11, 3.0])
    assert cut(x).tolist() == [1 + 2.0**-10, 1.0, -1.0, 3.0]
    one = torch.ones(1, 1)
    with EmulatedTF32():
        assert (one * (1 + 2.0**-11) @ one).item() == 1
        assert (one.double() * (1 + 2.0**-11) @ one.double()).item() > 1


def test_the_setting_of_products_is_put_back() -> None:
    before = torch.get_float32_matmul_precision()
    with matmul_precision("high"):
        assert torch.backends.cuda.matmul.allow_tf32
        assert torch.backends.cuda.matmul.fp32_precision == "tf32"
        h = torch.eye(3, requires_grad=True)
        objective("infonce")(h, torch.eye(3)).backward()
        assert torch.get_float32_matmul_precision() == "high"  # an objective leaves it alone
    assert torch.get_float32_matmul_precision() == before


def test_a_run_that_resumes_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_set_dropout_state", lambda device, state: None)
    section = training.training(CPU, 20)
    assert any("resumed run" in x for x in section.failures)


def test_a_loss_that_does_not_fall_is_found() -> None:
    values = torch.tensor([1.0, float("nan")])
    assert training.verdicts(values, 1.0, 0.9, 0.0) == [
        "a loss is not finite",
        "the loss went from 1.0000 to 0.9000",
    ]
    nets = nn.Linear(2, 2), nn.Linear(2, 2)
    assert training.distance(*nets) > 0
    assert training.distance(nets[0], nets[0]) == 0


def test_times_are_taken_in_turn_and_slow_steps_once() -> None:
    order: list[str] = []
    takes = {"quick": 1.0, "slow": 2 * speed.SLOW, "large": speed.OUT_OF_MEMORY}
    steps = {name: lambda name=name: order.append(name) for name in takes}

    def clock(step: Callable[[], None]) -> float:
        step()
        return takes[order[-1]]

    times = speed.interleaved(steps, 3, clock)
    assert order == ["quick", "slow", "large"] * 2 + ["quick"] * 3
    assert {name: len(x) for name, x in times.items()} == {"quick": 3, "slow": 2, "large": 2}


@pytest.mark.parametrize(("own", "failed"), [(1.0, 0), (3.0, 1), (speed.OUT_OF_MEMORY, 1)])
def test_an_objective_slower_than_autograd_fails(own: float, failed: int) -> None:
    turns = cycle([1.0, own, 2.0])  # the products, the objective, autograd
    section = speed.timing(["infonce"], CPU, [speed.SLOWEST_FROM], lambda step: next(turns))
    assert len(section.failures) == failed
    assert section.rows[0][0] == "infonce"


def test_steps_are_timed_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    class Event:
        def __init__(self, enable_timing: bool) -> None:
            assert enable_timing

        def record(self) -> None: ...

        def elapsed_time(self, end: "Event") -> float:
            return 7.0

    def large() -> None:
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: None)
    ran: list[int] = []
    steps = speed.steps_of("supcon", 32, 8, CPU)
    steps = {**steps, "large": large, "own": lambda: ran.append(1)}
    times = speed.interleaved(steps, 1, speed.milliseconds)
    assert times["products"] == times["objective"] == times["autograd"] == [7.0]
    assert times["large"] != times["own"] == [7.0]
    assert len(ran) == 3


@pytest.mark.parametrize(("above", "failed"), [(2**30, 0), (2**30 + 1, 1)])
def test_peak_memory_is_held_against_its_limit(
    above: int, failed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    n, d = 64, 8
    monkeypatch.setattr(speed, "MEMORY_AT", (n, d))
    for name in ("synchronize", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda *device: None)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 100)
    peak = 100 + 2 * 4 * n * d + above
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: peak)
    section = speed.memory(["mixup_infonce"], CPU)
    assert len(section.failures) == failed
    assert section.rows == [["mixup_infonce", "1.00"]]


def test_the_page_of_a_gpu_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    about = SimpleNamespace(name="A GPU", total_memory=80 * 2**30, major=9, minor=0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: about)
    text = page.page([Section("Title", "About.")], torch.device("cuda"))
    for expected in ("| Device | A GPU |", "| Memory | 80 GiB |", "| Driver | ", "| Commit | "):
        assert expected in text
    assert "Never run" not in text


def test_a_cell_of_times() -> None:
    times = {"objective": [2.0, 3.0, 4.0], "products": [2.0], "autograd": [6.0]}
    assert speed.cell(times) == "3.00; 1.50 (1.00 to 2.00); 0.50"
    assert speed.cell({**times, "autograd": [speed.OUT_OF_MEMORY]}).endswith("; —")


def test_a_section_is_a_page_part() -> None:
    section = Section("Title", "About.", ["a", "b"], [[1, 2]], ["too much"])
    assert "**FAILED (1).**\n\n- too much\n\n| a | b |" in section.markdown()
    assert "| 1 | 2 |" in section.markdown()
    assert Section("Title", "").verdict == "Passed."
