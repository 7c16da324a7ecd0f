"""Run a script's app in this process, as a user would from a shell."""

import importlib
from dataclasses import dataclass

import pytest

from utils.cli import run


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a script left behind."""

    exit_code: int
    out: str
    err: str


def run_script(capsys: pytest.CaptureFixture[str], name: str, *arguments: object) -> Outcome:
    """Run scripts/<name>.py with the arguments and return its exit code and output."""
    app = importlib.import_module(f"scripts.{name}").app
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        run(app, [str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return Outcome(int(left.value.code or 0), printed.out, printed.err)


def assert_one_clear_line(outcome: Outcome, *parts: str) -> None:
    """Assert exit code 2 and exactly one line on standard error that holds all the parts."""
    lines = outcome.err.strip().splitlines()
    assert outcome.exit_code == 2
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("error: ")
    for part in parts:
        assert part in lines[0]
