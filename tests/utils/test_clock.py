"""The machine's clock, set forward and back: what is told never stands still nor runs backwards."""

import time
from datetime import UTC, datetime

import pytest

from utils.clock import SystemClock

NOON = datetime(2025, 11, 5, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def machine(monkeypatch):
    """Return two clocks of a machine, wall and steady, that a test sets."""
    seconds = {"wall": NOON, "steady": 70.0}
    monkeypatch.setattr(time, "time", lambda: seconds["wall"])
    monkeypatch.setattr(time, "monotonic", lambda: seconds["steady"])
    return seconds


def passed(machine, seconds):
    for name in machine:
        machine[name] += seconds


def told(clock):
    return clock.now().timestamp() - NOON


def test_clock_tells_the_machines_time_in_utc():
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_clock_that_is_set_forward_is_followed_at_once(machine):
    clock = SystemClock()
    machine["wall"] += 60.0
    assert told(clock) == 60.0
    passed(machine, 1.0)
    assert told(clock) == 61.0


def test_clock_that_is_set_back_goes_on_at_half_speed_until_the_machines_has_caught_up(machine):
    clock = SystemClock()
    passed(machine, 10.0)
    assert told(clock) == 10.0
    machine["wall"] -= 60.0  # -50 s from noon
    seen = []
    for _ in range(4):
        passed(machine, 30.0)
        seen.append(told(clock))
    assert seen == [25.0, 40.0, 55.0, 70.0]  # the machine's: -20, 10, 40, 70
    passed(machine, 30.0)
    assert told(clock) == 100.0


def test_clock_never_tells_less_than_before(machine):
    clock, last = SystemClock(), 0.0
    for step in (-5.0, 0.0, 3.0, -0.5, -100.0):
        machine["wall"] += step
        machine["steady"] += 0.001
        assert told(clock) >= last
        last = told(clock)
