"""Every example in a docstring runs and prints what it says."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("derive", "verify", "train", "reports")


def with_examples() -> list[str]:
    """Modules that have a `>>>` in them."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    found = (file for file in files if ">>> " in file.read_text(encoding="utf-8"))
    return sorted(
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in found
    )


@pytest.mark.parametrize("name", with_examples())
def test_the_examples_of_a_module(name: str) -> None:
    module = import_module(name)
    tests = doctest.DocTestFinder(exclude_empty=True).find(module, name)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    scope = {"import_module": import_module, **vars(module)}
    if name.startswith("derive.torch"):
        scope["torch"] = import_module("torch")
    for test in tests:
        runner.run(
            doctest.DocTest(
                test.examples,
                {**scope, **test.globs},
                test.name,
                test.filename,
                test.lineno,
                test.docstring,
            )
        )
    assert runner.summarize(verbose=False).failed == 0
    assert runner.tries > 0
