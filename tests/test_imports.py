"""Imports point one way, and light commands load nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from derive.objectives import load, names
from tests.catalogue import FEW, sampled

ROOT = Path(__file__).parents[1]
ORDER = ("derive", "verify", "train", "reports")  # each may import those before it
HEAVY = ("torch", "transformers", "sentence_transformers", "hypothesis", "numpy", "matplotlib")

# Stands in for an environment without the packages named in argv[1]; argv[2:] is the command.
WITHOUT = """
import sys
blocked = sys.argv[1].split(",")

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
from importlib import import_module
main = import_module(sys.argv[2] + ".cli").main
main(sys.argv[3:], prog_name=sys.argv[2])
"""


def python(*arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def without(packages, *command):
    return python("-c", WITHOUT, ",".join(packages), *command)


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names that a module imports, also by `import_module("...")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
        elif isinstance(node, ast.Call) and node.args and "import_module" in ast.unparse(node.func):
            first = node.args[0]
            first = first.values[0] if isinstance(first, ast.JoinedStr) else first
            if isinstance(first, ast.Constant):
                yield first.value


def wrong_way(root: Path) -> list[str]:
    """Every import from a package of a later one, as "file imports name"."""
    found = []
    for place, package in enumerate(ORDER):
        for file in sorted((root / package).rglob("*.py")):
            for name in imported(ast.parse(file.read_text())):
                if name.partition(".")[0] in (*ORDER[place + 1 :], "tests", "benchmarks"):
                    found.append(f"{file.relative_to(root)} imports {name}")
    return found


def heavy_in_derive(root: Path) -> list[str]:
    """Imports in derive/, outside derive/torch, of anything but the base dependencies."""
    allowed = {
        *sys.stdlib_module_names,
        "derive",
        "sympy",
        "mpmath",
        "click",
        "rich",
        "platformdirs",
    }
    files = sorted(set((root / "derive").rglob("*.py")) - set((root / "derive/torch").rglob("*")))
    return [
        f"{file.relative_to(root)} imports {name}"
        for file in files
        for name in imported(ast.parse(file.read_text()))
        if name.partition(".")[0] not in allowed
    ]


def test_imports_point_one_way():
    assert wrong_way(ROOT) == []


def test_derive_imports_its_base_dependencies_only():
    assert heavy_in_derive(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "import verify",
        "import train.cli as x",
        "from reports.page import build",
        "def f():\n    from verify.ladder import verify_loss",
        "from importlib import import_module\nimport_module('verify.oracles')",
        "import importlib\nname = 'mpt'\nimportlib.import_module(f'verify.oracles.{name}')",
    ],
)
def test_the_checkers_catch_a_planted_import(tmp_path, line):
    (tmp_path / "derive").mkdir()
    (tmp_path / "derive" / "bad.py").write_text(line)
    assert len(wrong_way(tmp_path)) == 1
    assert heavy_in_derive(tmp_path)


def test_the_checkers_pass_what_is_allowed(tmp_path):
    for package in ("derive/torch", "train"):
        (tmp_path / package).mkdir(parents=True)
    (tmp_path / "derive" / "good.py").write_text("import sympy\nfrom derive.errors import X")
    (tmp_path / "derive" / "torch" / "good.py").write_text("import torch")
    (tmp_path / "train" / "good.py").write_text("import verify.ladder\nimport torch")
    assert wrong_way(tmp_path) == []
    assert heavy_in_derive(tmp_path) == []


@pytest.mark.parametrize("module", ["derive", "derive.cli", "derive.objectives", "verify"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    run = python("-c", code)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


@pytest.mark.parametrize("module", ["verify.cli", "train.cli", "reports.cli"])
def test_command_lines_import_their_packages_late(module):
    code = f"import sys, {module}; print(*sorted(set({HEAVY}) & set(sys.modules)))"
    run = python("-c", code)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == []


@pytest.mark.parametrize("name", sampled(names(), FEW))
def test_derive_show_works_without_the_extras(name):
    run = without(HEAVY, "derive", "show", "--loss", name)
    assert run.returncode == 0, run.stderr
    assert load(name).title.split()[0].rstrip(",:") in run.stdout


def test_the_blocker_blocks():
    code = WITHOUT.replace("from importlib", "import torch\nfrom importlib")
    run = python("-c", code, "torch", "derive", "list")
    assert run.returncode == 1
    assert "No module named 'torch'" in run.stderr


TRAIN = ("train", "run", "--loss", "infonce")


@pytest.mark.parametrize(
    ("command", "missing", "extra"),
    [
        (("verify", "run"), "torch", "verify"),
        pytest.param(("verify", "run"), "hypothesis", "verify", marks=pytest.mark.slow),
        pytest.param(TRAIN, "torch", "train", marks=pytest.mark.slow),
        pytest.param(TRAIN, "transformers", "train", marks=pytest.mark.slow),
        (TRAIN, "sentence_transformers", "train"),
        (("reports", "page", "--out", "unused"), "matplotlib", "reports"),
    ],
)
def test_a_missing_extra_is_named_with_its_pip_line(tmp_path, command, missing, extra):
    if "--out" in command:
        command = (*command[:-1], str(tmp_path / "out"))
    run = without([missing], *command)
    assert run.returncode == 2, run.stdout + run.stderr
    assert f"pip install 'contragrad[{extra}]'" in run.stderr
    assert missing in run.stderr
    assert "Traceback" not in run.stderr
