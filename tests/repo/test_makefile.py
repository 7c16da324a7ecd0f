"""`make` on a fresh machine: which Python it takes, what it says without one, what it redoes."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from utils.paths import PROJECT_ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

FILES = (
    "Makefile",
    "constraints.txt",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-cluster.txt",
    "scripts/find_python.sh",
)
TOOLS = ("chmod", "cp", "make", "mkdir", "rm", "sh", "touch")

# Answers the probe with its version, makes a .venv out of itself, and notes what else it was told.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    *ensurepip*) echo "{version} {tools}" ;;
    *"import pip"*) exit 0 ;;
    *"-m venv"*) rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    *) if [ -e fail ]; then exit 1; fi ;;
esac
case "$*" in
    -c*) ;;
    *) echo "$*" >> calls ;;
esac
"""
BROKEN_SHIM = "#!/bin/sh\necho 'pyenv: python3: command not found' >&2\nexit 127\n"

INSTALL = "-m pip install -r requirements.txt"


class Machine:
    """A folder with the Makefile, and a path on which only the given fakes are Pythons."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root with a space"
        self.path = folder / "bin"
        self.path.mkdir()
        for name in FILES:
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT_ROOT / name, target)
        for tool in TOOLS:
            (self.path / tool).symlink_to(str(shutil.which(tool)))

    def add(self, name: str, text: str) -> Path:
        """Put an executable on the path."""
        fake = self.path / name
        fake.write_text(text, encoding="utf-8")
        fake.chmod(0o755)
        return fake

    def add_python(self, name: str, version: str, tools: str = "venv") -> Path:
        """Put a Python of that version on the path."""
        return self.add(name, FAKE_PYTHON.format(version=version, tools=tools))

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run make in the folder, seeing nothing of the surrounding run."""
        hidden = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON")
        variables = {name: value for name, value in os.environ.items() if name not in hidden}
        return subprocess.run(
            [str(self.path / "make"), *arguments],
            cwd=self.root,
            env={**variables, "PATH": str(self.path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self) -> list[str]:
        """Return what Pythons were told since the last look."""
        log = self.root / "calls"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine without any Python."""
    return Machine(tmp_path)


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    """Return the only line that make printed, having failed."""
    lines = (result.stdout + result.stderr).strip().splitlines()
    assert result.returncode != 0
    assert len(lines) == 1, lines
    return lines[0]


def test_make_without_any_python_says_so_in_one_line(machine: Machine) -> None:
    line = one_line(machine.make("demo"))
    assert "error: FuturesGym needs Python 3.11, 3.12 or 3.13; found none; install one" in line


def test_make_with_old_and_new_python_names_both_in_one_line(machine: Machine) -> None:
    machine.add_python("python3", "3.10.13")
    machine.add_python("python", "3.14.0")
    line = one_line(machine.make("test"))
    assert "found 3.10.13 (python3), 3.14.0 (python);" in line
    assert "make PYTHON=/path/to/python3.12" in line


def test_make_with_python_without_venv_says_what_to_install(machine: Machine) -> None:
    machine.add_python("python3", "3.11.2", "without venv: apt install python3-venv")
    line = one_line(machine.make("demo"))
    assert "3.11.2 (python3, without venv: apt install python3-venv)" in line


def test_make_with_broken_shim_takes_the_next_python(machine: Machine) -> None:
    machine.add("python3", BROKEN_SHIM)
    machine.add_python("python3.12", "3.12.1")
    assert machine.make("demo").returncode == 0
    assert machine.calls() == ["-m venv --clear .venv", INSTALL, "scripts/demo.py"]


def test_make_with_python_given_takes_that_one_only(machine: Machine) -> None:
    machine.add_python("python3", "3.12.1")
    chosen = machine.add_python("older", "3.9.18")
    assert f"found 3.9.18 ({chosen})" in one_line(machine.make("demo", f"PYTHON={chosen}"))


def test_make_run_twice_installs_nothing_the_second_time(machine: Machine) -> None:
    machine.add_python("python3", "3.13.0")
    machine.make("demo")
    machine.calls()
    second = machine.make("demo")
    assert machine.calls() == ["scripts/demo.py"]
    assert "install" not in second.stdout + second.stderr


def test_make_after_interrupted_installation_takes_it_up_again(machine: Machine) -> None:
    machine.add_python("python3", "3.13.0")
    (machine.root / "fail").touch()
    assert machine.make("demo").returncode != 0
    (machine.root / "fail").unlink()
    machine.calls()
    assert machine.make("demo").returncode == 0
    assert machine.calls() == [INSTALL, "scripts/demo.py"]


def test_make_after_changed_requirements_installs_again(machine: Machine) -> None:
    machine.add_python("python3", "3.13.0")
    machine.make("demo")
    machine.calls()
    stamp = machine.root / ".venv" / ".installed"
    later = stamp.stat().st_mtime + 10
    os.utime(machine.root / "constraints.txt", (later, later))
    machine.make("demo")
    assert machine.calls() == [INSTALL, "scripts/demo.py"]


def test_make_with_environment_made_by_hand_keeps_it(machine: Machine) -> None:
    machine.add_python("python3", "3.13.0")
    by_hand = machine.root / ".venv" / "bin" / "python"
    by_hand.parent.mkdir(parents=True)
    shutil.copy(machine.path / "python3", by_hand)
    machine.make("demo")
    assert machine.calls() == [INSTALL, "scripts/demo.py"]


def test_make_after_system_python_vanished_makes_environment_anew(machine: Machine) -> None:
    machine.add_python("python3", "3.13.0")
    machine.make("demo")
    machine.calls()
    (machine.root / ".venv" / "bin" / "python").unlink()
    machine.make("demo")
    assert machine.calls() == ["-m venv --clear .venv", INSTALL, "scripts/demo.py"]


def test_make_test_installs_the_tools_and_leaves_slow_tests_out(machine: Machine) -> None:
    machine.add_python("python3", "3.13.0")
    machine.make("test")
    assert machine.calls()[1:] == [
        INSTALL,
        "-m pip install -r requirements-dev.txt",
        "-m pytest -n 2",
    ]


def test_makefile_is_what_continuous_integration_runs() -> None:
    script = PROJECT_ROOT / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    assert "make check" in text
    assert ".ci/readme.py" in text  # every command of README.md, `make demo` among them
