import pytest
import typer
from typer.testing import CliRunner

from headstart.cli.command import command
from headstart.cli.output.printing import say
from headstart.exceptions import ColumnError


def invoked(function, *arguments):
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(command(function))
    return CliRunner().invoke(app, list(arguments))


def raising(error: BaseException):
    def function() -> None:
        raise error

    return function


def test_a_mistake_of_the_user_is_one_message_without_traceback():
    result = invoked(raising(ColumnError("Column 'age' is missing.")))

    assert result.exit_code == 1
    assert result.stderr == "headstart: Column 'age' is missing.\n"
    assert result.stdout == ""


def test_a_missing_file_is_named():
    result = invoked(raising(FileNotFoundError(2, "No such file", "churn.csv")))

    assert result.exit_code == 1
    assert result.stderr == "headstart: churn.csv: No such file\n"


def test_debug_shows_the_traceback_too():
    result = invoked(raising(ValueError("not a metric")), "--debug")

    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("headstart: not a metric\n")


def test_an_interrupt_has_the_exit_code_of_shells():
    result = invoked(raising(KeyboardInterrupt()))

    assert result.exit_code == 130
    assert result.stderr == "headstart: interrupted\n"


def test_a_bug_keeps_its_traceback():
    result = invoked(raising(RuntimeError("a bug")))

    assert isinstance(result.exception, RuntimeError)


def test_wrong_usage_is_exit_code_2():
    result = invoked(raising(typer.BadParameter("write NAME=KIND")))

    assert result.exit_code == 2


def test_options_of_the_command_are_kept(capsys):
    def function(name: str, *, count: int = 1) -> None:
        say(name * count)

    assert invoked(function, "ab", "--count", "2").stdout == "abab\n"


@pytest.mark.parametrize("option", ["--debug", "--count"])
def test_help_lists_all_options(option):
    def function(*, count: int = 1) -> None:
        typer.echo(count)

    assert option in invoked(function, "--help").stdout
