"""Where a loss comes from: catalogue, file, package, recipe; and what is wrong when it does not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from derive import store
from derive.cli import main
from derive.errors import ContragradError, SourceError, UnknownNameError
from derive.packages import entry_points
from derive.sources import find

LOSS = """
from derive.hyper import POSITIVE, Hyper
from derive.nodes import Exp, Log
from derive.notation import cosine, score, sum_samples
from derive.objective import CROSS, Objective


class Mine(Objective):
    title = "Mine"
    source = "this test"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (Hyper("tau", "τ", r"\\\\tau", "1/10", POSITIVE, "temperature"),)

    def terms(self, i, x):
        s = score(lambda k: cosine(k, k))
        return -s(i) + x.tau * Log(sum_samples(lambda k: Exp(cosine(i, k) / x.tau), other_than=i))
"""
LAST = LOSS.count("\n")
ALPHA = {"version": 1, "kind": "alpha", "phi": "log(1+x)", "psi": "exp(x)"}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.HOME, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "my.py") -> str:
    Path(name).write_text(LOSS + text, encoding="utf-8")
    return name


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_class_and_an_instance_in_a_file_are_losses() -> None:
    file = written("\n\nOTHER = Mine()\n")
    assert find(f"{file}:Mine").title == "Mine"
    assert find(f"{file}:OTHER").name == "mine"
    assert type(find(f"{file}:Mine")) is type(find(f"{file}:OTHER"))
    shown = run("show", "--loss", f"{file}:Mine", "--set", "tau=1/sqrt(64)")
    assert shown.exit_code == 0, shown.output
    assert "e^(8 c_ij')" in shown.output


def test_a_changed_file_is_read_again() -> None:
    file = written("")
    assert find(f"{file}:Mine").title == "Mine"
    Path(file).write_text(LOSS.replace('"Mine"', '"Your"'), encoding="utf-8")
    assert find(f"{file}:Mine").title == "Your"


def test_a_file_may_import_what_lies_beside_it_and_shadows_nothing() -> None:
    Path("beside_it.py").write_text("VALUE = 2\n", encoding="utf-8")
    Path("numbers.py").write_text("raise SystemExit\n", encoding="utf-8")  # a standard module
    path, modules = list(sys.path), set(sys.modules)
    find(written("\n\nimport beside_it\nimport numbers\n", "json.py") + ":Mine")
    assert sys.path == path
    assert "json" in modules
    assert sys.modules["json"].__file__ != "json.py"
    del sys.modules["beside_it"]


def test_a_class_with_a_name_of_the_catalogue_says_where_it_is_from() -> None:
    file = written("\n\nclass InfoNCE(Mine):\n    pass\n")
    assert find(f"{file}:InfoNCE").name == "my:InfoNCE"
    assert find("infonce").name == "infonce"


@pytest.mark.parametrize(
    ("text", "spec", "message"),
    [
        ("", "my.py:Mein", "Did you mean Mine?"),
        ("", "my.py", "It defines Mine"),
        ("", "my.py:", "It defines Mine"),
        ("", "your.py:Mine", "there is no file your.py"),
        ("\nX = 3\n", "my.py:X", "of type int, and no objective"),
        ("\nimport sympy\n", "my.py:sympy", "of type module, and no objective"),
        ("\n1/0\n", "my.py:Mine", f"line {LAST + 2}: ZeroDivisionError: division by zero"),
        ("\nx = (\n", "my.py:Mine", f"line {LAST + 2}: SyntaxError"),
        ("\nraise SystemExit(1)\n", "my.py:Mine", f"line {LAST + 2}: SystemExit"),
        ("\nimport no_such_thing\n", "my.py:Mine", f"line {LAST + 2}: ModuleNotFoundError"),
        ("\n\0\n", "my.py:Mine", "null bytes"),
        (
            "\n\nclass A(Mine):\n    def terms(self, i, x):\n        return x.tao\n",
            "my.py:A",
            f"line {LAST + 5}: AttributeError",
        ),
        (
            "\n\nclass A(Mine):\n    def terms(self, i, x):\n        return 1.0\n",
            "my.py:A",
            "make a float",
        ),
        (
            "\n\nclass A(Mine):\n    def __init__(self, k):\n        pass\n",
            "my.py:A",
            "takes arguments (k)",
        ),
        ("\n\nclass A(Mine):\n    hyper = Mine.hyper[0]\n", "my.py:A", "no tuple of Hyper"),
        ("\n\nclass A(Objective):\n    title = 'A'\n", "my.py:A", "does not state source"),
        ("\n\nclass A(Mine):\n    pool = 'x'\n", "my.py:A", "pool is 'x'"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_without_a_traceback(
    text: str, spec: str, message: str
) -> None:
    written(text)
    with pytest.raises(ContragradError) as caught:
        find(spec)
    assert message in str(caught.value)
    result = run("show", "--loss", spec)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert message in result.output


def test_a_loss_without_terms_is_told() -> None:
    written(
        "\n\nclass A(Objective):\n"
        + "".join(LOSS.split("class Mine(Objective):\n")[1].partition("    hyper")[:1])
    )
    with pytest.raises(SourceError, match="does not define terms"):
        find("my.py:A")


# ---- φ and ψ ----


def test_a_member_of_the_alpha_family_is_named_by_its_functions() -> None:
    loss = find("alpha(log(1 + x); exp(x/tau); tau=1/2; pool=cross-view)")
    assert loss.title == "α-CL: φ(x) = log(1 + x), ψ(x) = exp(x/tau)"
    assert loss.pool == "cross-view"
    shown = run("show", "--loss", "alpha(x; x)")
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("alpha(x)", "is not of the form"),
        ("alpha(x; x; tau)", "is not of the form"),
        ("alpha(x; k*x; k=1; k=2)", "is not of the form"),
        ("alpha(x; x;)", "is not of the form"),
        ("alpha(; x)", "ends where a number or a name"),
        ("alpha(x; x; pool=both)", "Choose 'same-view'"),
        ("alpha(x; y)", "no name here"),
        ("alpha(x", "unknown loss"),
    ],
)
def test_another_form_is_a_clear_error(spec: str, message: str) -> None:
    with pytest.raises(ContragradError, match=message):
        find(spec)


# ---- entry points ----


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package `theirs` with losses good and broken."""
    site = tmp_path / "site"
    info = site / "theirs-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[contragrad.losses]\ntheir_loss = theirs_losses:Mine\ninfonce = theirs_losses:Mine\n"
        "gone = theirs_losses:Gone\nbroken = theirs_broken:Mine\nnumber = theirs_losses:LAST\n"
    )
    (site / "theirs_losses.py").write_text(LOSS + "\nLAST = 3\n", encoding="utf-8")
    (site / "theirs_broken.py").write_text("1/0\n")
    monkeypatch.syspath_prepend(str(site))
    yield site
    for name in ("theirs_losses", "theirs_broken"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("package")
def test_a_loss_of_another_package_is_found_by_its_entry_point() -> None:
    assert find("their_loss").title == "Mine"
    assert {x.package for x in entry_points()} == {"theirs"}
    listed = run("list").output.splitlines()
    line = next(x for x in listed if x.startswith("their_loss "))
    assert "package" in line
    assert "theirs_losses:Mine" in line


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("infonce", "is a loss of the catalogue and an entry point of theirs"),
        ("gone", "cannot be loaded: AttributeError"),
        ("broken", "cannot be loaded: ZeroDivisionError: division by zero"),
        ("number", "of type int, and no objective"),
        ("their_los", "Did you mean their_loss?"),
    ],
)
def test_a_broken_or_ambiguous_entry_point_is_a_clear_error(name: str, message: str) -> None:
    with pytest.raises(ContragradError, match=message):
        find(name)
    assert run("show", "--loss", name).exit_code == 2


@pytest.mark.usefixtures("package")
def test_a_loss_is_not_saved_under_the_name_of_an_entry_point() -> None:
    with pytest.raises(ContragradError, match="an entry point of theirs"):
        store.save("their_loss", ALPHA)


def test_without_entry_points_no_metadata_are_imported() -> None:
    code = "import sys; from derive.sources import find; find('mpt'); print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"importlib.metadata", "derive.expressions.exact", "derive.phi_psi", "torch"} & set(
        found.stdout.split()
    )


# ---- saved losses ----


def test_a_saved_loss_is_a_loss_and_is_listed() -> None:
    store.save("mine", ALPHA)
    assert find("mine").name == "mine"
    line = next(x for x in run("list").output.splitlines() if x.startswith("mine "))
    assert "saved" in line
    assert "log(1+x)" in line
    with pytest.raises(UnknownNameError, match=r"Did you mean .*mine"):
        find("mime")


def test_a_modified_loss_may_stand_on_another_saved_one() -> None:
    parts = {"dissipation": "hinge:m=0.3", "weight": "softmax:tau=0.05", "ratio": "1.5"}
    store.save("mine", ALPHA)
    store.save("better", {"version": 1, "kind": "modify", "base": "mine", **parts})
    assert find("better").name == "better"
    assert find("better").pool == "same-view"


def test_a_damaged_one_is_listed_as_such() -> None:
    path = store.save("mine", ALPHA)
    path.write_text("{")
    line = next(x for x in run("list").output.splitlines() if x.startswith("mine "))
    assert "damaged" in line
    assert run("show", "--loss", "mine").exit_code == 2


def test_a_recipe_in_a_file_is_a_loss() -> None:
    store.save("folder/other.json", ALPHA)
    assert find("folder/other.json").name == "other"
    assert store.saved() == []


def test_a_name_that_came_to_mean_two_losses_is_an_error_not_a_choice() -> None:
    store.save("mine", ALPHA)
    (store.folder() / "mine.json").rename(store.folder() / "infonce.json")
    with pytest.raises(SourceError, match="a loss of the catalogue and a saved loss"):
        find("infonce")
