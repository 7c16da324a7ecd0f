"""The broker's count of the day beside ours: told where the two stay apart, and only then."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from config.trader_settings import SessionSettings
from trading import day_reports
from trading.broker_events import ConnectionLost, ProfitSeen
from trading.day_reports import DayReports

NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)
TODAY, TOMORROW = date(2024, 1, 2), date(2024, 1, 3)


def seen(daily_usd):
    return ProfitSeen(account="DU1", daily_usd=daily_usd, unrealised_usd=0.0, realised_usd=0.0)


@dataclass
class Desk:
    """Reports of a trader that has lost 40 USD today, and a watch that a test sets."""

    reports: DayReports
    day: SimpleNamespace
    told: list
    seconds: float = 0.0

    def look_at(self, seconds):
        self.seconds = seconds
        self.reports.look([], NOW)


@pytest.fixture
def desk(monkeypatch):
    day = SimpleNamespace(comparable_pnl_usd=-40.0, day=SimpleNamespace(trading_day=TODAY))
    told = []
    settings = SessionSettings(profit_tolerance_usd=25.0)
    reports = DayReports(None, settings, day, None, told.append)
    desk = Desk(reports, day, told)
    monkeypatch.setattr(day_reports.time, "monotonic", lambda: desk.seconds)
    monkeypatch.setattr(reports, "_report", lambda *_: None)
    return desk


def test_profit_that_stays_apart_for_a_minute_is_told(desk):
    desk.reports.hear(seen(-65.01))
    desk.look_at(0.0)
    desk.look_at(59.9)
    assert desk.told == []
    desk.look_at(60.0)
    (alert,) = desk.told
    assert (alert.kind, alert.subject, alert.at) == ("drift", "profit", NOW)
    assert "25.01 apart" in alert.text


def test_profit_that_agrees_meanwhile_begins_its_minute_anew(desk):
    for seconds, daily in ((0.0, -65.01), (30.0, -65.0), (40.0, -65.01), (99.9, -65.01)):
        desk.reports.hear(seen(daily))
        desk.look_at(seconds)
    assert desk.told == []


def test_profit_of_a_line_that_is_down_says_nothing(desk):
    desk.reports.hear(seen(-65.01))
    desk.look_at(0.0)
    desk.reports.hear(ConnectionLost(reason="reset by peer"))
    desk.look_at(61.0)
    assert desk.told == []


def test_profit_of_yesterday_is_not_compared_with_today(desk):
    desk.reports.hear(seen(-65.01))
    desk.look_at(0.0)
    desk.day.day = SimpleNamespace(trading_day=TOMORROW)
    desk.look_at(61.0)
    assert desk.told == []
