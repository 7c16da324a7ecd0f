"""How long work ends before its time: with a line that says how to go on."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer
from rich.console import Console

from scripts.printing import console, errors, print_commands

TERMINATED = 128 + signal.SIGTERM
INTERRUPTED = 128 + signal.SIGINT

FOLDS_KEPT = "the folds that are finished are kept"


@contextmanager
def ending_cleanly(command: str, kept: str = FOLDS_KEPT, is_quiet: bool = False) -> Iterator[None]:
    """Turn Ctrl-C, and the system's request to terminate, into a line that says how to go on.

    Args:
        command: A script of ours and its options.
        kept: What is not lost.
        is_quiet: Whether all goes to standard error, since standard output is for JSON alone; of
            Ctrl-C itself `utils.cli.run` speaks there.
    """
    told = errors if is_quiet else console
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except _Terminated:
        _leave(command, f"interrupted; {kept}", TERMINATED, told)
    except KeyboardInterrupt:
        _leave(command, kept if is_quiet else f"interrupted; {kept}", INTERRUPTED, told)
    finally:
        signal.signal(signal.SIGTERM, before)


class _Terminated(KeyboardInterrupt):
    """The system's request, which ends what Ctrl-C ends."""


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _leave(command: str, said: str, code: int, told: Console) -> NoReturn:
    told.print(said, soft_wrap=True)
    print_commands("to go on", command, told=told)
    raise typer.Exit(code)
