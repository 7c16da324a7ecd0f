"""Alerts of an outage: one, five and fifteen minutes, the daily restart left out."""

from datetime import UTC, datetime

from config.connection_settings import ConnectionSettings
from trading.outage import Outage

SETTINGS = ConnectionSettings()
NOON = datetime(2025, 11, 5, 18, 0, tzinfo=UTC)
"""Chicago noon, in winter."""

RESTART = datetime(2025, 11, 5, 22, 30, tzinfo=UTC)
"""Chicago 16:30."""


def test_outage_alerts_at_one_five_and_fifteen_minutes_once_each() -> None:
    outage = Outage(SETTINGS)
    outage.begin(0.0)
    told = {at: outage.alerts(at, NOON) for at in (59.0, 60.0, 61.0, 299.0, 300.0, 900.0, 9e9)}
    assert {at: limits for at, limits in told.items() if limits} == {
        60.0: (60.0,),
        300.0: (300.0,),
        900.0: (900.0,),
    }


def test_outage_in_the_restart_window_does_not_count() -> None:
    outage = Outage(SETTINGS)
    outage.begin(0.0)
    assert outage.alerts(3_600.0, RESTART) == ()


def test_outage_that_outlasts_the_window_counts_from_its_end() -> None:
    outage = Outage(SETTINGS)
    outage.begin(0.0)
    assert outage.alerts(1_000.0, RESTART) == ()
    assert outage.alerts(1_059.0, NOON) == ()
    assert outage.alerts(1_060.0, NOON) == (60.0,)


def test_outage_begun_again_while_on_keeps_its_start() -> None:
    outage = Outage(SETTINGS)
    outage.begin(0.0)
    outage.begin(50.0)
    assert outage.alerts(60.0, NOON) == (60.0,)


def test_outage_that_ended_alerts_no_more_and_the_next_anew() -> None:
    outage = Outage(SETTINGS)
    outage.begin(0.0)
    assert outage.alerts(60.0, NOON) == (60.0,)
    outage.end()
    assert not outage.is_on
    assert outage.alerts(1_000.0, NOON) == ()
    outage.begin(2_000.0)
    assert outage.alerts(2_059.0, NOON) == ()
    assert outage.alerts(2_060.0, NOON) == (60.0,)


def test_outage_knows_the_limits_that_it_has_passed_until_it_ends() -> None:
    outage = Outage(SETTINGS)
    outage.begin(0.0)
    assert outage.passed == ()
    outage.alerts(301.0, NOON)
    assert outage.passed == (60.0, 300.0)
    outage.end()
    assert outage.passed == ()


def test_outage_limits_are_scaled() -> None:
    outage = Outage(ConnectionSettings(time_scale=0.01))
    outage.begin(0.0)
    assert outage.alerts(0.59, NOON) == ()
    assert outage.alerts(0.61, NOON) == (60.0,)
