"""The outermost loop: exit codes, one line per mistake, a traceback only for bugs or on request."""

import re

import pytest
import typer

from utils.cli import DebugOption, make_app, run
from utils.errors import DataError
from utils.logger import get_logger


def app_that(error: BaseException | None) -> typer.Typer:
    """Return an app whose only command raises `error`, or says "done"."""
    app = make_app()

    @app.command()
    def command(count: int = 1, debug: DebugOption = False) -> None:
        if error is not None:
            raise error
        typer.echo("done")

    return app


def exit_code(app: typer.Typer, *arguments: str) -> object:
    """Run the app and return the code that the process would leave with."""
    with pytest.raises(SystemExit) as left:
        run(app, arguments)
    return left.value.code


def test_run_success_leaves_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(app_that(None), "--count", "2") == 0
    assert capsys.readouterr() == ("done\n", "")


def test_run_user_error_is_one_line_and_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(app_that(DataError("bars are\n  unsorted"))) == 2
    assert capsys.readouterr() == ("", "error: bars are unsorted\n")


def test_run_user_error_with_debug_shows_the_traceback() -> None:
    with pytest.raises(DataError, match="unsorted"):
        run(app_that(DataError("unsorted")), ["--debug"])


@pytest.mark.parametrize("words", [["work", "--debug"], ["--debug", "work"]])
def test_run_debug_may_stand_behind_a_command_too(words: list[str]) -> None:
    app = make_app()

    @app.callback()
    def main(debug: DebugOption = False) -> None: ...

    @app.command()
    def work() -> None:
        raise DataError("unsorted")

    with pytest.raises(DataError, match="unsorted"):
        run(app, words)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [(["--count", "many"], "--count"), (["--cuont", "1"], "--cuont"), (["extra"], "extra")],
)
def test_run_bad_command_line_is_one_line_and_two(
    capsys: pytest.CaptureFixture[str], arguments: list[str], part: str
) -> None:
    assert exit_code(app_that(None), *arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert part in lines[0]


def test_run_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run(app_that(ZeroDivisionError()), [])


def test_run_interrupted_says_so_and_leaves_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(app_that(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_run_log_lines_go_to_standard_error_with_time_and_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = make_app()

    @app.command()
    def command() -> None:
        get_logger("jit").warning("compiled anew")

    assert exit_code(app) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"[-0-9]{10}T[:0-9]{8}Z WARNING futuresgym\.jit: compiled anew\n", err)
