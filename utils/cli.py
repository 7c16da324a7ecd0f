"""The outermost loop of every script: options in, one clear line and an exit code out.

Typer parses; what a user got wrong is one line on standard error and exit code 2, never a
traceback, unless `--debug` is among the arguments.
"""

import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from utils.errors import FuturesGymError
from utils.interrupts import repeat_lost_interrupts
from utils.logger import configure_logging

DEBUG = "--debug"
DebugOption = Annotated[bool, typer.Option(DEBUG, help="Show the traceback of an error.")]
"""What `--help` shows of it: `run` takes it from the command line itself, wherever it stands."""

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130
INTERRUPTED = "interrupted"


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a Typer app and leave the process with its exit code.

    Args:
        app: The script's app, made with `make_app`.
        arguments: Command line without the program's name; the process's own when None.
    """
    configure_logging()
    was_interrupted = repeat_lost_interrupts()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.exit(_exit_code(app, words))
    except Exception:
        if not was_interrupted.is_set():
            raise
        sys.exit(_complain(INTERRUPTED, EXIT_INTERRUPTED))


def make_app() -> typer.Typer:
    """Return a Typer app with plain help and no completion options, for one script."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def _exit_code(app: typer.Typer, words: list[str]) -> int:
    """Run the app once; turn what it raises into a line on standard error and an exit code."""
    debug = DEBUG in words
    others = [word for word in words if word != DEBUG]
    try:
        code = int(app(others, standalone_mode=False) or 0)
    except FuturesGymError as error:
        if debug:
            raise
        return _complain(str(error), error.exit_code)
    except TyperException as error:
        if debug:
            raise
        return _complain(error.format_message() + _refused_value(error), EXIT_USER_ERROR)
    # Typer turns Ctrl-C into this exit code, silently.
    return _complain(INTERRUPTED, code) if code == EXIT_INTERRUPTED else code


def _refused_value(error: TyperException) -> str:
    """Return what the user typed where an option's type refused it; Typer leaves it out."""
    from pydantic import ValidationError  # noqa: PLC0415 - slow to import, and seldom needed

    if not isinstance(error.__cause__, ValidationError):
        return ""
    return f", was {error.__cause__.errors()[0]['input']!r}"


def _complain(message: str, code: int) -> int:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return code
