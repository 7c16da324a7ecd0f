"""Holds of a running trader have a word in the log: when they are put, found again, and lifted."""

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from tests.helpers.clocks import StoppedClock
from trading.mode_keeper import ModeKeeper
from trading.modes import Hold, LiftedBy

JOURNAL: Any = SimpleNamespace(note=lambda *events: None)


@pytest.fixture
def said(caplog, monkeypatch):
    """Return a function that says which lines of which level were logged since it was asked."""
    monkeypatch.setattr(logging.getLogger("futuresgym"), "propagate", True)
    caplog.set_level(logging.INFO, "futuresgym.modes")

    def lines():
        found = [
            (record.levelname, record.getMessage())
            for record in caplog.records
            if record.name == "futuresgym.modes"
        ]
        caplog.clear()
        return found

    return lines


def keeper(**holds):
    """Return a keeper that begins with holds of an earlier process."""
    before = {Hold(name): why for name, why in holds.items()}
    return ModeKeeper(JOURNAL, StoppedClock("2024-01-02T12:00:00+00:00"), before)


def test_hold_is_logged_once_and_its_lift_too(said):
    modes = keeper()
    for _ in range(2):
        modes.hold(Hold.OPERATOR, "flatten by ann: lunch", "ann")
    assert said() == [("WARNING", "held: operator: flatten by ann: lunch")]
    for _ in range(2):
        modes.lift(Hold.OPERATOR, LiftedBy.OPERATOR, "lunch is over", "ann")
    assert said() == [("INFO", "lifted: operator: lunch is over")]


def test_hold_of_an_earlier_process_is_logged_at_the_start(said):
    keeper(kill_switch="kill by ann: news")
    assert said() == [
        ("WARNING", "still held, as the journal says: kill_switch: kill by ann: news")
    ]


def test_hold_of_an_orderly_end_is_no_warning(said):
    keeper().hold(Hold.STOPPING, "SIGTERM")
    assert said() == [("INFO", "held: stopping: SIGTERM")]
