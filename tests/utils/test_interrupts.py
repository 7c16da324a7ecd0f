"""A Ctrl-C inside a callback from C, which Python itself would print and forget."""

import subprocess
import sys

from utils.paths import PROJECT_ROOT

LOSING = """
import ctypes, time
from utils.interrupts import repeat_lost_interrupts

def lose():
    raise {error}

repeat_lost_interrupts()
try:
    ctypes.CFUNCTYPE(None)(lose)()
    print("lost")
    time.sleep({patience})
    print("went on")
except KeyboardInterrupt:
    print("interrupted")
"""


FAILING = """
import ctypes, typer
from utils.cli import make_app, run

def lose():
    raise KeyboardInterrupt

app = make_app()

@app.command()
def work():
    ctypes.CFUNCTYPE(None)(lose)()
    raise RuntimeError("nothing was loaded")

run(app, [])
"""


def ended(code):
    """Return the process that has run `code`."""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def outcome(error, patience):
    """Return what a process prints, and what it says, that raises `error` in a callback."""
    code = LOSING.format(error=error, patience=patience)
    run = ended(code)
    return run.stdout.split("\n")[:-1], run.stderr


def test_interrupt_inside_a_callback_comes_again():
    assert outcome("KeyboardInterrupt", patience=30) == (["lost", "interrupted"], "")


def test_other_errors_inside_a_callback_are_printed_as_ever():
    printed, said = outcome("ValueError('odd')", patience=0)

    assert printed == ["lost", "went on"]
    assert "ValueError: odd" in said


def test_script_that_fails_of_a_lost_interrupt_says_that_it_was_interrupted():
    run = ended(FAILING)

    assert (run.returncode, run.stderr) == (130, "error: interrupted\n")


def test_script_that_fails_without_one_shows_its_own_error():
    run = ended(FAILING.replace("    ctypes.CFUNCTYPE(None)(lose)()\n", ""))

    assert run.returncode == 1
    assert "RuntimeError: nothing was loaded" in run.stderr
