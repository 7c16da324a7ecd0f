"""When the same alert is told again."""

from datetime import UTC, datetime, timedelta

import pytest

from trading.alert_repeats import MAX_REMEMBERED, AlertRepeats
from utils.errors import ConfigError

NOON = datetime(2025, 6, 10, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_alert_is_due_once_per_interval_of_its_kind_and_for_each_subject() -> None:
    repeats = AlertRepeats()
    told = [repeats.is_due("stop_missing", "", NOON + n * SECOND) for n in (0, 1, 59, 60, 61)]
    assert told == [True, False, False, True, False]
    assert repeats.is_due("stop_missing", "bot/d1/stop/1", NOON + 61 * SECOND)
    assert repeats.is_due("stop_rejected", "", NOON + 61 * SECOND)


def test_alert_is_due_where_the_clock_was_set_back() -> None:
    repeats = AlertRepeats()
    assert repeats.is_due("halted", "", NOON)
    assert repeats.is_due("halted", "", NOON - SECOND)


def test_alert_of_no_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="halted"):
        AlertRepeats().is_due("halt", "", NOON)


def test_alerts_of_endless_subjects_are_forgotten_the_oldest_first() -> None:
    repeats = AlertRepeats()
    for n in range(MAX_REMEMBERED):
        repeats.is_due("drift", str(n), NOON)
    repeats.is_due("drift", "0", NOON + timedelta(minutes=5))  # now the newest
    repeats.is_due("drift", "one more", NOON)
    assert len(repeats._last) == MAX_REMEMBERED
    assert repeats.is_due("drift", "1", NOON)
    assert not repeats.is_due("drift", "0", NOON + timedelta(minutes=6))
