"""A container's health check: the age of the status, by the exit code."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.helpers.clocks import StoppedClock
from tests.helpers.trader_statuses import healthy
from trading.health_check import health
from trading.status_file import STATUS_FILE, write_status
from utils.paths import PROJECT_ROOT


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2025-11-20T15:00:07+00:00", ""),
        ("2025-11-20T15:01:07+00:00", ""),
        ("2025-11-20T15:01:08+00:00", "is 61 s old, more than 60 s"),
        ("2025-11-20T14:58:00+00:00", "is -127 s old"),  # a clock that was set back
    ],
)
def test_health_goes_by_the_age_of_the_status(tmp_path, now, words):
    file = tmp_path / STATUS_FILE
    write_status(file, healthy())
    problem = health(file, StoppedClock(now))
    assert words in problem
    assert (problem == "") == (words == "")


def test_health_without_a_status_is_bad(tmp_path):
    assert "has a trader run here" in health(tmp_path / STATUS_FILE, StoppedClock("2025-01-01"))


def check(*arguments):
    command = [sys.executable, "-m", "trading.health_check", *map(str, arguments)]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_health_check_run_as_a_program_tells_by_its_exit_code(tmp_path):
    file = tmp_path / STATUS_FILE
    write_status(file, healthy(at=datetime.now(UTC)))
    good = check(file)
    assert (good.returncode, good.stdout, good.stderr) == (0, "", "")
    bad = check(tmp_path / "none")
    assert bad.returncode == 1
    assert len(bad.stderr.splitlines()) == 1
    assert check().returncode == 1
