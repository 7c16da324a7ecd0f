"""The faults once more, over the archived client library: the very tests, in a process with it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.helpers.borrowed_library import INTERPRETER, borrowed, is_there
from utils.paths import PROJECT_ROOT

CORE = (4, 11, 12, 13, 17, 19, 26)
"""Resets, orders and words that are lost or come twice, rejections, stops that vanish."""

FOLDER = Path(__file__).parent
RAN = re.compile(r"^(PASSED|FAILED|ERROR) \S+::test_fault_(\d+)_", re.MULTILINE)
LIMIT_SECONDS = 540.0


def files_of(names):
    """Return the files here that have a test of one of these names."""
    pattern = re.compile(rf"^def ({names})", re.MULTILINE)
    return [str(one) for one in FOLDER.glob("test_*.py") if pattern.search(one.read_text())]


def there(environment, *command):
    """Run a program of the other interpreter."""
    return subprocess.run(
        [str(INTERPRETER), *command],
        cwd=PROJECT_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def outcomes_over_insync(folder, names, marks):
    """Run tests over ib_insync, and return what became of each: its outcome and its fault."""
    if not is_there():
        pytest.skip("no environment of ib_insync of this Python; run `make broker-envs`")
    environment = borrowed(folder)
    library = "from data.ib_client import ib_library; print(ib_library().__name__)"
    assert there(environment, "-c", library).stdout == "ib_insync\n"
    options = ("-q", "-rA", "-p", "no:cacheprovider", "-m", marks, "-k", " or ".join(names))
    answer = there(environment, "-m", "pytest", *options, *files_of("|".join(names)))
    assert answer.returncode == 0, answer.stdout[-4_000:] + answer.stderr[-1_000:]
    return [(word, int(number)) for word, number in RAN.findall(answer.stdout)]


def test_core_faults_over_the_archived_library_are_met_as_over_the_maintained_one(tmp_path):
    told = outcomes_over_insync(tmp_path, [f"test_fault_{number}_" for number in CORE], "faults")
    assert set(told) == {("PASSED", number) for number in CORE}


@pytest.mark.slow
def test_all_faults_over_the_archived_library_are_met_too(tmp_path):
    told = outcomes_over_insync(tmp_path, ["test_fault_"], "faults and not slow")
    assert len({number for _, number in told}) >= 40
