"""Yahoo by way of yfinance: its limits, its frames, its silence. No network."""

import logging
import sys

import pandas as pd
import pytest

from data.history_request import BAR_SIZES
from data.yahoo import YAHOO_SIZES, check_reach, download
from tests.helpers.yahoo import FakeYahoo, yahoo_frame
from utils.errors import ConfigError, DataError

NOW = pd.Timestamp("2025-03-05T15:02:00Z")
ROW = (20_000.0, 20_002.0, 19_999.0, 20_001.0, 321)
DEAD = (
    "Cookie/crumb fetch failed (DNSError), continuing without crumb",
    "\n1 Failed download:",
    "['NQ=F']: DNSError('Could not resolve host: query2.finance.yahoo.com.')",
)


def days_ago(days):
    """Return the time so many days before NOW."""
    return NOW - pd.Timedelta(days=days)


@pytest.mark.parametrize(
    ("bar_size", "days"),
    [
        ("1 min", 7),
        ("2 mins", 60),
        ("5 mins", 60),
        ("15 mins", 60),
        ("30 mins", 60),
        ("1 hour", 730),
    ],
)
def test_check_reach_one_day_beyond_the_limit_is_refused_with_it(bar_size, days):
    assert check_reach(bar_size, days_ago(days), NOW).days == days
    with pytest.raises(ConfigError) as caught:
        check_reach(bar_size, days_ago(days + 1), NOW)

    message = str(caught.value)
    assert f'keeps "{bar_size}" bars for {days} days' in message
    assert f'"{days} D" at most' in message
    assert '"1 day" for decades' in message


def test_check_reach_daily_bars_go_back_for_decades():
    assert check_reach("1 day", days_ago(20_000), NOW).interval == "1d"


@pytest.mark.parametrize("bar_size", sorted(set(BAR_SIZES) - set(YAHOO_SIZES)))
def test_check_reach_sizes_that_yahoo_lacks_are_refused(bar_size):
    with pytest.raises(ConfigError, match=f'Yahoo has no "{bar_size}" bars; it has 1 min, 2 mins'):
        check_reach(bar_size, days_ago(1), NOW)


def test_download_intraday_frame_becomes_plain_columns_in_utc(monkeypatch):
    stamps = pd.date_range("2025-03-05 09:30", periods=2, freq="5min", tz="America/New_York")
    yahoo = FakeYahoo(yahoo_frame("NQ=F", stamps, [ROW, ROW])).install(monkeypatch)

    bars = download("NQ=F", "5 mins", days_ago(1), NOW)

    assert list(bars.columns) == ["open", "high", "low", "close", "volume"]
    assert bars.iloc[0].tolist() == [20_000.0, 20_002.0, 19_999.0, 20_001.0, 321.0]
    assert bars.index[0] == pd.Timestamp("2025-03-05T14:30:00Z")
    assert (bars.index.name, str(bars.index.tz)) == ("timestamp", "UTC")
    (asked,) = yahoo.asked
    assert (asked["ticker"], asked["interval"]) == ("NQ=F", "5m")
    assert asked["auto_adjust"] is False


def test_download_daily_frame_without_zone_is_dated_at_midnight_utc(monkeypatch):
    stamps = pd.DatetimeIndex(["2025-03-03", "2025-03-04"])
    FakeYahoo(yahoo_frame("NQ=F", stamps, [ROW, ROW])).install(monkeypatch)

    bars = download("NQ=F", "1 day", days_ago(400), NOW)

    assert bars.index[0] == pd.Timestamp("2025-03-03T00:00:00Z")


def test_download_frame_with_one_level_of_columns_is_read_too(monkeypatch):
    stamps = pd.date_range("2025-03-05 09:30", periods=1, tz="America/New_York")
    frame = yahoo_frame("NQ=F", stamps, [ROW]).droplevel("Ticker", axis="columns")
    FakeYahoo(frame).install(monkeypatch)

    assert download("NQ=F", "5 mins", days_ago(1), NOW)["volume"].item() == 321


def test_download_at_the_very_limit_stays_within_it(monkeypatch):
    stamps = pd.date_range("2025-03-05 09:30", periods=1, tz="America/New_York")
    yahoo = FakeYahoo(yahoo_frame("NQ=F", stamps, [ROW])).install(monkeypatch)

    download("NQ=F", "5 mins", days_ago(60), NOW)

    assert yahoo.asked[0]["start"] == (days_ago(60) + pd.Timedelta(minutes=5)).to_pydatetime()


def test_download_dead_network_is_one_clear_line_and_nothing_else_is_said(monkeypatch, caplog):
    FakeYahoo(words=DEAD).install(monkeypatch)

    with pytest.raises(DataError) as caught:
        download("NQ=F", "5 mins", days_ago(1), NOW)

    message = str(caught.value)
    assert message.startswith("no NQ=F bars came from Yahoo (['NQ=F']: DNSError('Could not resolve")
    assert "is the network there?" in message
    assert "\n" not in message
    assert caplog.records == []
    assert logging.getLogger("yfinance").propagate


def test_download_failure_that_is_raised_is_the_same_line(monkeypatch):
    yahoo = FakeYahoo().install(monkeypatch)

    def fail(*_, **__):
        raise ConnectionError("Connection refused " + "and so on " * 50)

    monkeypatch.setattr(sys.modules["yfinance"], "download", fail)
    with pytest.raises(DataError, match=r"\(Connection refused and so on .*\.\.\.\)") as caught:
        download("NQ=F", "5 mins", days_ago(1), NOW)

    assert len(str(caught.value)) < 300
    assert yahoo.asked == []


def test_download_answer_without_a_column_is_refused(monkeypatch):
    stamps = pd.date_range("2025-03-05 09:30", periods=1, tz="America/New_York")
    frame = yahoo_frame("NQ=F", stamps, [ROW]).drop(columns="Volume", level="Price")
    FakeYahoo(frame).install(monkeypatch)

    with pytest.raises(DataError, match=r"answer for NQ=F lacks volume \(it has adj close, close"):
        download("NQ=F", "5 mins", days_ago(1), NOW)


def test_download_without_yfinance_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "yfinance", None)  # as if it were not there

    with pytest.raises(ConfigError, match=r"run `pip install -r requirements-extras\.txt`"):
        download("NQ=F", "5 mins", days_ago(1), NOW)
