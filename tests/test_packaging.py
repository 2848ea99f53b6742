"""What the wheel holds, and a real environment with the base dependencies only."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from derive.objectives import names

ROOT = Path(__file__).parents[1]
PACKAGES = ("derive", "verify", "train", "reports")
GENERATED = shutil.ignore_patterns("__pycache__", "*.pyc")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy so that no build folder is left in the source tree."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for package in (*PACKAGES, "tests"):  # tests/ is there to be left out
        shutil.copytree(ROOT / package, source / package, ignore=GENERATED)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(source)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = (source / "dist").glob("*.whl")
    return file


def contents(wheel):
    return [Path(name) for name in zipfile.ZipFile(wheel).namelist()]


def test_the_wheel_holds_the_four_packages_and_nothing_else(wheel):
    assert wheel.name.startswith("contragrad-")
    top = {path.parts[0] for path in contents(wheel)}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_holds_every_source_and_data_file(wheel):
    held = set(contents(wheel))
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*"):
            notes = file.suffix == ".md"  # train/LOG.md is for readers of the repository
            if file.is_file() and "__pycache__" not in file.parts and not notes:
                assert file.relative_to(ROOT) in held, f"{file} is not packaged"


def test_the_wheel_carries_licence_and_commands(wheel):
    archive = zipfile.ZipFile(wheel)
    (commands,) = (x for x in archive.namelist() if x.endswith("entry_points.txt"))
    for package in PACKAGES:
        assert f"{package} = {package}.cli:main" in archive.read(commands).decode()
    assert any(x.endswith("LICENSE") for x in archive.namelist())


def test_the_base_dependencies_are_light():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    light = ["sympy", "click", "rich", "platformdirs"]
    assert [x.split(">")[0] for x in project["dependencies"]] == light


def test_constraints_pin_public_versions_of_packages_only():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert "torch==2.13.0" in pins
    for pin in pins:
        name, equals, version = pin.partition("==")
        assert name, pin
        assert equals, pin
        assert not set(version) & set("+@/ "), f"{pin}: a local version or a path"


@pytest.mark.slow  # installs from the package index
def test_derive_show_in_an_environment_with_the_base_dependencies_only(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    bin_ = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [bin_ / "python", "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt"]
    subprocess.run([*pip, wheel], check=True)
    torch = subprocess.run(
        [bin_ / "python", "-c", "import torch"], capture_output=True, check=False
    )
    assert b"ModuleNotFoundError" in torch.stderr
    for name in names():
        # From another folder: the installed package, not the source tree.
        show = [bin_ / "derive", "show", "--loss", name]
        shown = subprocess.run(show, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stderr
    missing = subprocess.run(
        [bin_ / "verify", "run"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert missing.returncode == 2
    assert "pip install 'contragrad[verify]'" in missing.stderr
