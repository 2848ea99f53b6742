"""What the command line says to somebody who is new to it or mistyped."""

import pytest
from click.testing import CliRunner, Result

from derive.cli import COMMANDS, main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_help_names_every_command_in_full() -> None:
    lines = run("--help").output.partition("Commands:\n")[2].splitlines()
    assert [x.split()[0] for x in lines] == list(COMMANDS)
    assert not any("..." in x for x in lines)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_at_most_80_columns(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    assert " TEXT" not in result.output.replace("--format TEXT", "")


@pytest.mark.parametrize("command", [x for x in COMMANDS if x not in ("list", "compose")])
def test_without_a_loss_it_says_how_one_is_given(command: str) -> None:
    result = run(command, "infonce")
    assert result.exit_code == 2
    assert "--loss infonce" in result.output
    assert "derive list" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("show --loss infonce --preset bert", "infonce has no presets"),
        ("show --loss mvicreg --preset robert", "Did you mean roberta?"),
        ("show --loss infonce --wrt anchor --norms", "--wrt and --norms"),
        ("compose --phi x --psi x --param tau", "--param 'tau' is not of the form NAME=VALUE"),
        ("compose --phi x --psi x --param t=1 --param t=2", "--param gives 't' twice"),
        ("compose --weight softmax", "--ratio is missing"),
        ("compose --gd hinge --phi x", "Give the one or the other"),
        ("compare --loss infonce", "--loss is given 1 time"),
        ("limit --loss infonce --param tau --to -oo", "Choose 0 or oo"),
        ("modify --loss infonce --gd hing", "Did you mean hinge?"),
    ],
)
def test_bad_input_is_told_with_the_next_step(arguments: str, message: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_the_properties_in_a_sheet_have_no_title_of_their_own() -> None:
    assert run("show", "--loss", "simple", "--properties").output.count("[simple]") == 1
