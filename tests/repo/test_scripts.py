"""Every script answers --help: directly, as a module, from another folder, and at once."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from utils.paths import PROJECT_ROOT

HELP_SECONDS = 0.5
SCRIPTS = sorted(
    path.stem
    for path in (PROJECT_ROOT / "scripts").glob("*.py")
    if 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")
)


def help_text(command: list[str], folder: Path) -> str:
    """Return what `python <command> --help` prints when started in `folder`."""
    result = subprocess.run(
        [sys.executable, *command, "--help"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def direct(script: str) -> list[str]:
    """Return the command that runs a script by its path."""
    return [str(PROJECT_ROOT / "scripts" / f"{script}.py")]


def test_scripts_of_the_interface_are_all_there() -> None:
    assert {"backtest", "demo", "fetch_data", "trade", "train"} <= set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_help_from_another_folder_answers(script: str, tmp_path: Path) -> None:
    text = help_text(direct(script), tmp_path)
    assert f"{script}.py" in text
    assert "--debug" in text


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_help_as_a_module_answers(script: str) -> None:
    assert "--debug" in help_text(["-m", f"scripts.{script}"], PROJECT_ROOT)


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_help_answers_in_under_half_a_second(script: str) -> None:
    seconds = []
    for _ in range(3):
        before = computed_by_children()
        help_text(direct(script), PROJECT_ROOT)
        seconds.append(computed_by_children() - before)
    assert min(seconds) < HELP_SECONDS


def computed_by_children() -> float:
    """Return the seconds that finished children computed, whatever else the machine did."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
