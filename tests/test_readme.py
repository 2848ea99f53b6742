"""The README's outputs and examples are those of the programs."""

import doctest
from pathlib import Path

import derive

README = Path(__file__).parents[1] / "README.md"


def test_the_output_of_show_is_the_real_one() -> None:
    assert derive.show("met").render() in README.read_text(encoding="utf-8")


def test_the_python_examples_run() -> None:
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0
