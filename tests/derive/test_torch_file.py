"""The standalone files of `derive show --format torch`, run where only torch can be imported."""

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from derive.objectives import load, names
from derive.printing import render
from derive.printing.torchcode import standalone
from verify import oracles

SHAPES = ((2, 3, 0), (5, 4, 1), (9, 3, 2), (6, 16, 3))  # N, D, seed
RUNNER = Path(__file__).with_name("torch_file_runner.py")


def batch(objective, n, d, seed, dtype=torch.float64):
    """Two views of N samples, and the further inputs of the loss."""
    generator = torch.Generator().manual_seed(seed)
    h = torch.randn(n, d, generator=generator, dtype=torch.float64)
    h_prime = h + 0.8 * torch.randn(n, d, generator=generator, dtype=torch.float64)
    if objective.embeddings == "unit":
        h, h_prime = (torch.nn.functional.normalize(x, dim=1) for x in (h, h_prime))
    inputs = {}
    for name in objective.inputs:
        if name == "labels":
            inputs[name] = torch.randint(0, max(2, n // 2), (n,), generator=generator)
        else:
            away = torch.randint(1, n, (n, min(4, n)), generator=generator)
            inputs[name] = (away + torch.arange(n)[:, None]) % n
    return h.to(dtype), h_prime.to(dtype), inputs


def differentiated(loss, h, h_prime, **arguments):
    """The value and both gradients."""
    h, h_prime = (x.clone().requires_grad_() for x in (h, h_prime))
    value = loss(h, h_prime, **arguments)
    found = torch.autograd.grad(value, (h, h_prime), allow_unused=True)
    gradients = [torch.zeros_like(h) if x is None else x for x in found]
    return value.detach(), *gradients


def case(name, n, d, seed):
    """A batch, and what autograd of the oracle makes of it."""
    objective = load(name)
    h, h_prime, inputs = batch(objective, n, d, seed)
    expected = differentiated(oracles.load(name), h, h_prime, **inputs)
    return {
        "h": h,
        "h_prime": h_prime,
        "inputs": inputs,
        "unit": objective.embeddings == "unit",
        "expected": expected,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every file, its cases beside it."""
    path = tmp_path_factory.mktemp("standalone")
    for name in names():
        (path / f"{name}.py").write_text(standalone(load(name)) + "\n", encoding="utf-8")
        cases = [case(name, *shape) for shape in SHAPES]
        small = batch(load(name), 32, 16, 7, torch.float32)
        torch.save({"cases": cases, "small": small}, path / f"{name}.pt")
    return path


@pytest.fixture(scope="module")
def report(folder):
    """What an interpreter that has only torch found, loss by loss."""
    site = Path(torch.__file__).parents[1]
    command = [sys.executable, "-S", "-I", str(RUNNER), str(site), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == set(names())
    return found


@pytest.fixture(scope="module")
def infonce(folder):
    return imported(folder / "infonce.py").infonce


def imported(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", names())
def test_value_and_gradients_are_those_of_the_oracle(report, name):
    assert report[name].get("error") is None, report[name]["error"]
    assert report[name]["worst"] < 1e-10


def test_finite_in_float32_at_a_small_temperature(report):
    assert [name for name, found in report.items() if not found["finite"]] == []


def test_inputs_are_left_as_they_are(report):
    assert [name for name, found in report.items() if not found["untouched"]] == []


def test_imports_only_torch(folder):
    found = {path.stem: imported_modules(path) for path in folder.glob("*.py")}
    assert {name: x for name, x in found.items() if not x <= {"math", "torch"}} == {}


def imported_modules(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [x for x in ast.walk(tree) if isinstance(x, ast.Import | ast.ImportFrom)]
    paths = [x.module if isinstance(x, ast.ImportFrom) else x.names[0].name for x in found]
    return {path.split(".")[0] for path in paths}


def test_no_block_over_three_samples(folder):
    texts = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.py")}
    three = (":, :, None", "None, :, :", ":, None, :")
    assert [name for name, text in texts.items() if any(x in text for x in three)] == []


@pytest.mark.parametrize("width", [88, 100])
def test_formatted_and_without_lint(folder, width):
    ruff = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff is None:
        pytest.skip("ruff is not installed")
    for command in (["format", "--check"], ["check", "--select", "E,F,W,I,UP,B,C4,SIM,RET"]):
        options = ["--isolated", "--quiet", "--line-length", str(width)]
        done = subprocess.run(
            [ruff, *command, *options, str(folder)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_the_formulas_are_in_the_docstring(folder):
    text = ast.get_docstring(ast.parse((folder / "infonce.py").read_text(encoding="utf-8")))
    for part in ("L_i =", "a_ij =", "b_i =", "GD_i =", "W_ij =", "R_i ="):
        assert part in text


def test_settings_are_the_defaults():
    assert "tau: float = 0.1)" in standalone(load("infonce"), {"tau": "0.1"})


def test_render_has_the_format():
    from derive.paradigm import decompose

    assert render(decompose(load("dcl"), {"tau": "0.2"}), format="torch") == standalone(
        load("dcl"), {"tau": "0.2"}
    )


@pytest.mark.parametrize(
    ("h", "h_prime", "reason"),
    [
        (torch.eye(3), torch.eye(4), "must be"),
        (torch.eye(1), torch.eye(1), "need N >= 2"),
        (torch.ones(3), torch.ones(3), "must be"),
        (torch.eye(3), torch.eye(3, dtype=torch.float64), "need one float dtype"),
        (torch.eye(3, dtype=torch.int64), torch.eye(3, dtype=torch.int64), "need one float dtype"),
        (2 * torch.eye(3), torch.eye(3), "not of norm 1"),
        (torch.eye(3) * torch.nan, torch.eye(3), "not of norm 1"),
    ],
)
def test_wrong_batches_are_value_errors(infonce, h, h_prime, reason):
    with pytest.raises(ValueError, match=reason):
        infonce(h, h_prime)


@pytest.mark.parametrize("tau", [0.0, -1.0, float("nan")])
def test_hyperparameters_outside_their_domain_are_value_errors(infonce, tau):
    with pytest.raises(ValueError, match="need τ > 0"):
        infonce(torch.eye(3), torch.eye(3), tau=tau)


def test_wrong_inputs_are_value_errors(folder):
    supcon = imported(folder / "supcon.py").supcon
    with pytest.raises(ValueError, match="need"):
        supcon(torch.eye(3), torch.eye(3), labels=torch.zeros(4))
    mixup = imported(folder / "mixup_infonce.py").mixup_infonce
    good, own = torch.tensor([[1], [2], [0]]), torch.tensor([[0], [1], [2]])
    with pytest.raises(ValueError, match="none i in row i"):
        mixup(torch.eye(3), torch.eye(3), first=good, second=own)


def test_a_second_derivative_is_refused(infonce):
    h = torch.eye(3, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(infonce(h, torch.eye(3).double()), h, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiable once"):
        gradient.sum().backward()


def test_half_precision_is_computed_in_single(infonce):
    h = torch.nn.functional.normalize(torch.randn(8, 4, generator=torch.manual_seed(0)), dim=1)
    value = infonce(h.bfloat16(), h.bfloat16(), tau=0.01)
    assert value.dtype == torch.bfloat16
    assert value.isfinite()


@pytest.mark.parametrize("name", ["met", "mat", "arccon", "mhs", "align"])
def test_coincident_points_have_the_zero_subgradient(folder, name):
    loss = getattr(imported(folder / f"{name}.py"), name)
    h = torch.eye(4, dtype=torch.float64)[[0, 0, 1, 2]]  # two anchors coincide, and all positives
    assert all(x.isfinite().all() for x in differentiated(loss, h, h.clone()))


def test_a_tie_at_the_maximum_goes_to_one_index(folder):
    loss = imported(folder / "mpt.py").mpt
    h = torch.eye(3, dtype=torch.float64)
    _, by_h, _ = differentiated(loss, h, h.clone(), m=2.0)
    assert ((by_h[0] > 0).sum(), (by_h[0] < 0).sum()) == (1, 1)


@pytest.mark.parametrize("name", ["arccon", "mat"])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_angle_of_0_or_pi_has_the_zero_subgradient(folder, name, sign):
    loss = getattr(imported(folder / f"{name}.py"), name)
    h = batch(load(name), 6, 4, 3)[0]
    h = torch.cat([h, h[:1]])  # and a coincident pair of anchors
    _, *gradients = differentiated(loss, h, sign * h)
    for g, view in zip(gradients, (h, sign * h), strict=True):
        assert g.abs().max() < 100  # 1 / sin is left out there
        along = g - (g * view).sum(dim=1, keepdim=True) * view
        assert along.isfinite().all()


EDGES = [
    ("alpha_infonce", {"eps": 0.0, "tau": 0.001}, "apart"),
    ("align", {"alpha": 0.5}, "coincident"),
    ("mhs", {"nu": 0.0}, "apart"),
    ("vicreg", {"eps": 0.0}, "collapsed"),
    ("barlow_twins_original", {}, "collapsed"),
    ("siglip", {"t": 1e4, "b": -1e4}, "apart"),
    ("infonce", {"tau": 1e-4}, "coincident"),
    ("hard_infonce", {"share": 1.0}, "apart"),
    ("hard_simple", {"share": 0.01}, "apart"),
    ("uniform", {"t": 500.0}, "apart"),
    ("arccon", {"u": 0.0}, "apart"),
]


@pytest.mark.parametrize(("name", "hyper", "kind"), EDGES)
def test_at_the_edges_of_the_domain(folder, name, hyper, kind):
    h, h_prime, _ = batch(load("infonce"), 6, 4, 5)
    if kind == "coincident":
        h_prime = h.clone()
    if kind == "collapsed":
        h, h_prime = torch.eye(4).double()[[0] * 6], torch.eye(4).double()[[1] * 6]
    loss = getattr(imported(folder / f"{name}.py"), name)
    value, *gradients = differentiated(loss, h, h_prime, **hyper)
    expected, *references = differentiated(oracles.load(name), h, h_prime, **hyper)
    torch.testing.assert_close(value, expected, rtol=1e-10, atol=1e-10)
    for x, y, view in zip(gradients, references, (h, h_prime), strict=True):
        along = [g - (g * view).sum(dim=1, keepdim=True) * view for g in (x, y)]
        torch.testing.assert_close(*along, rtol=1e-9, atol=1e-10)
