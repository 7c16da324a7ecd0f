"""A container's health check: the age of the status, by the exit code."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.helpers.clocks import StoppedClock
from tests.helpers.trader_statuses import healthy
from trading.health_check import health
from trading.status_file import STATUS_FILE, write_status
from utils.paths import PROJECT_ROOT

READ = StoppedClock("2026-03-02T09:00:00+00:00")


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


def written(file, status, seconds_ago, now=READ):
    """Write a status so many seconds before it is read."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_status(file, status)
    moment = now.now().timestamp() - seconds_ago
    os.utime(file, (moment, moment))
    return file


def test_health_of_a_rehearsal_goes_by_its_file_since_its_market_has_another_time(tmp_path):
    file = written(tmp_path / STATUS_FILE, healthy(venue="sim"), 60)
    assert health(file, READ) == ""
    written(file, healthy(venue="sim"), 61)
    assert "is 61 s old" in health(file, READ)


def test_health_of_a_folder_is_that_of_the_trader_who_spoke_last(tmp_path):
    written(tmp_path / "paper" / STATUS_FILE, healthy(at=READ.now()), 0)
    written(tmp_path / "live-0123456789ab" / STATUS_FILE, healthy(), 3_600)
    assert health(tmp_path, READ) == ""
    written(tmp_path / "paper" / STATUS_FILE, healthy(at=READ.now()), 7_200)
    assert "live-0123456789ab" in health(tmp_path, READ)


def test_health_of_an_empty_folder_is_bad(tmp_path):
    assert "has a trader run here" in health(tmp_path, READ)


def test_image_asks_for_the_health_of_whatever_trader_it_runs():
    image = (PROJECT_ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert 'CMD ["python", "-m", "trading.health_check", "var/trading"]' in image


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
