"""Whole traders killed at every write: whoever comes after one finds its way, and trades on."""

import json
import subprocess
import sys

import pytest

from tests.helpers.trader_crashes import END
from utils.paths import PROJECT_ROOT

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal"),
]

SIZE = 50
"""Points of a market: each has a trader of its own, who lives on with what the others left."""

SOME = {
    "trading": range(20, 500, 90),
    "daily loss": range(100, 201, 100),
    "kill switch": range(100, 201, 100),
}
MOST = 700
"""More points than any trader comes to here."""


def lived(folder, ordeal, points):
    """Return the lives of traders of which each but the last was to be killed at a point."""
    bounds = map(str, (points.start, points.stop, points.step))
    command = [sys.executable, "-m", "tests.helpers.trader_crashes", str(folder), ordeal, *bounds]
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, timeout=1_200, capture_output=True, text=True, check=False
    )
    lives = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (lives[-1:], done.stderr)
    return lives


def assert_all_found_their_way(lives):
    """Check that nobody failed, and that the last one was not killed."""
    ended = [life for life in lives if not life["is_killed"]]
    assert [life for life in ended if not life["point"].startswith(END)] == []
    assert not lives[-1]["is_killed"]
    assert any(life["is_killed"] for life in lives)


@pytest.mark.parametrize("ordeal", SOME)
def test_fault_30_trader_killed_at_some_writes_is_followed_by_one_that_goes_on(tmp_path, ordeal):
    assert_all_found_their_way(lived(tmp_path, ordeal, SOME[ordeal]))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, MOST, SIZE))
def test_fault_30_trader_killed_at_any_write_is_followed_by_one_that_trades_on(tmp_path, first):
    lives = lived(tmp_path, "trading", range(first, first + SIZE))
    if lives[0]["is_killed"]:
        assert_all_found_their_way(lives)
    else:
        assert lives[0]["point"].startswith(END)  # nobody comes so far


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1, 8))
@pytest.mark.parametrize("ordeal", ["daily loss", "kill switch"])
def test_fault_31_lock_and_kill_switch_hold_over_a_kill_at_any_write(tmp_path, ordeal, first):
    assert_all_found_their_way(lived(tmp_path, ordeal, range(first, 260, 7)))
