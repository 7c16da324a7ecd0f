"""Every source answers in one form, refuses what it cannot have, and drops nothing silently."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.bars import check_bars
from data.history_request import HistoryRequest, start_of
from data.ib_history import IbAccess
from data.sources import SOURCES, BarRequest, fetch_bars
from data.store import save_bars
from data.synthetic import synthetic_bars
from tests.data.test_quality import ROWS
from tests.helpers.history import FakeHistory, MovedClock, contracts_of_market
from tests.helpers.yahoo import FakeYahoo, yahoo_frame
from utils.errors import ConfigError, DataError

ROW = (20_000.0, 20_002.0, 19_999.0, 20_001.0, 321)
KEYS = {"symbol", "bar_seconds", "adjustment", "source", "zone", "quality"}


class StoppedClock:
    """It is always Wednesday 2025-03-05, 15:02 UTC."""

    def now(self):
        """Return that time."""
        return datetime(2025, 3, 5, 15, 2, tzinfo=UTC)


def request_of(symbol="MNQ", duration="5 D", bar_size="5 mins", is_rth_only=False, **others):
    """Return a request."""
    history = HistoryRequest(
        symbol=symbol, duration=duration, bar_size=bar_size, is_rth_only=is_rth_only
    )
    return BarRequest(history=history, **others)


def fetched(source, **options):
    """Return what a source sends at the stopped clock's time."""
    return fetch_bars(source, request_of(**options), StoppedClock())


@pytest.fixture
def file(tmp_path):
    """Return a file of two sessions."""
    path = tmp_path / "mine.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ", "source": "by hand"})
    return path


def install_yahoo(monkeypatch, *rows, start="2025-03-05 09:30"):
    """Let Yahoo answer with these rows, five minutes apart."""
    stamps = pd.date_range(start, periods=len(rows), freq="5min", tz="America/New_York")
    return FakeYahoo(yahoo_frame("MNQ=F", stamps, list(rows))).install(monkeypatch)


@pytest.mark.conformance
@pytest.mark.parametrize("source", [name for name in SOURCES if name != "ib"])
def test_source_sends_checked_bars_and_all_metadata(source, file, monkeypatch):
    install_yahoo(monkeypatch, ROW, ROW)

    sent = fetched(source, file=file)

    pd.testing.assert_frame_equal(sent.bars, check_bars(sent.bars, get_instrument("MNQ")))
    assert set(sent.metadata) >= KEYS
    assert all(isinstance(value, str) for value in sent.metadata.values())
    assert (sent.metadata["symbol"], sent.metadata["bar_seconds"]) == ("MNQ", "300")
    assert sent.metadata["quality"].startswith("0 errors, ")
    assert (len(sent.rejected), sent.n_forming) == (0, 0)


@pytest.mark.conformance
@pytest.mark.parametrize("source", [name for name in SOURCES if name != "ib"])
def test_source_refuses_or_answers_in_one_line(source, monkeypatch):
    FakeYahoo().install(monkeypatch)
    try:
        fetched(source)
    except (ConfigError, DataError) as error:
        assert "\n" not in str(error)  # noqa: PT017 - some sources do answer


def test_fetch_bars_unknown_source_names_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown source `yaho`: did you mean `yahoo`\?"):
        fetched("yaho")


def test_source_ib_joins_what_its_keeper_has(tmp_path):
    time = "2024-01-31T15:02:00+00:00"
    keeper, clock = FakeHistory(contracts_of_market(25), time=time), MovedClock(time)
    access = IbAccess(source=keeper, folder=tmp_path, clock=clock, sleep=clock.sleep)

    sent = fetch_bars("ib", request_of(duration="5 D", ib=access), clock)

    pd.testing.assert_frame_equal(sent.bars, check_bars(sent.bars, get_instrument("MNQ")))
    assert set(sent.metadata) >= KEYS
    assert sent.metadata["quality"].startswith("0 errors, ")
    assert sent.n_forming == 1
    assert sent.bars.index[-1] == pd.Timestamp("2024-01-31T14:55Z")
    assert set(sent.bars["contract"]) == {"MNQH24"}


def test_source_file_keeps_the_last_of_the_duration_and_what_was_noted(file):
    sent = fetched("file", file=file, duration="1 D")

    assert sent.bars.index[0] == pd.Timestamp("2024-01-22T22:55Z") - pd.Timedelta("1h")
    assert sent.bars.index[-1] == ROWS.index[-1]
    assert sent.metadata["source"] == "by hand"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "the source `file` needs --file"),
        ({"symbol": "NQ"}, "has bars of MNQ; give --symbol MNQ"),
        ({"bar_size": "1 hour"}, r'bars of 300 s, asked for "1 hour" \(3600 s\)'),
    ],
)
def test_source_file_that_does_not_fit_the_request_is_refused(file, options, message):
    given = {"file": file} if options else {}
    with pytest.raises(ConfigError, match=message):
        fetched("file", **given, **options)


def test_source_file_of_another_format_is_sent_to_the_importer(tmp_path):
    path = tmp_path / "bars.csv"
    path.write_text("a,b\n")

    with pytest.raises(ConfigError, match=r"data\.py import .*bars\.csv --symbol MNQ --out"):
        fetched("file", file=path)


def test_source_synthetic_makes_as_many_sessions_as_the_duration_has_weekdays():
    sent = fetched("synthetic", duration="7 D", preset="martingale", seed=3)

    assert sent.bars.equals(synthetic_bars(5 * 276, "martingale", seed=3))
    assert (sent.metadata["source"], sent.metadata["seed"]) == ("synthetic martingale", "3")


def test_source_synthetic_other_sizes_are_refused_with_the_way_out():
    with pytest.raises(ConfigError, match=r'"5 mins" bars, asked for "1 hour"; .*resample'):
        fetched("synthetic", bar_size="1 hour")


def test_source_yahoo_asks_for_the_products_own_name_from_the_durations_start(monkeypatch):
    yahoo = install_yahoo(monkeypatch, ROW)

    sent = fetched("yahoo")

    assert yahoo.asked[0]["ticker"] == "MNQ=F"
    assert yahoo.asked[0]["start"] == datetime(2025, 2, 28, 15, 2, tzinfo=UTC)
    assert sent.metadata["source"] == "yahoo MNQ=F"


def test_source_yahoo_since_goes_before_the_duration(monkeypatch):
    yahoo = install_yahoo(monkeypatch, ROW)

    fetched("yahoo", duration="1 Y", since=pd.Timestamp("2025-03-04T10:00Z"))

    assert yahoo.asked[0]["start"] == datetime(2025, 3, 4, 10, 0, tzinfo=UTC)


def test_source_yahoo_forming_bars_are_counted_and_left_out(monkeypatch):
    install_yahoo(monkeypatch, ROW, ROW, ROW, start="2025-03-05 09:52")  # the second ends now

    sent = fetched("yahoo")

    assert sent.n_forming == 1
    assert sent.bars.index[-1] == pd.Timestamp("2025-03-05T14:57Z")


def test_source_yahoo_only_a_forming_bar_is_refused(monkeypatch):
    install_yahoo(monkeypatch, ROW, start="2025-03-05 10:00")

    with pytest.raises(DataError, match="all MNQ bars that came are still forming"):
        fetched("yahoo")


def test_source_yahoo_unsound_rows_come_back_with_the_reason(monkeypatch):
    violation = (20_000.0, 19_999.0, 19_998.0, 20_001.0, 5)
    off_tick = (20_000.0, 20_002.13, 19_999.0, 20_001.0, 5)
    both = (20_000.0, 19_999.13, 19_998.0, 20_001.0, 5)
    missing = (float("nan"),) * 4 + (0,)
    install_yahoo(monkeypatch, ROW, violation, off_tick, missing, both, ROW)

    sent = fetched("yahoo")

    assert len(sent.bars) == 2
    assert sent.rejected["reason"].tolist() == [
        "ohlc_violations",
        "off_tick",
        "not_finite",
        "ohlc_violations",
    ]
    assert sent.rejected["high"].iloc[0] == 19_999.0


def test_source_yahoo_nothing_sound_is_refused(monkeypatch):
    install_yahoo(monkeypatch, (1.0, 0.5, 1.0, 1.0, 1))

    with pytest.raises(DataError, match="none of the 1 MNQ bars that came is sound, first: ohlc"):
        fetched("yahoo")


def test_fetch_bars_regular_hours_only_leaves_out_the_others(file):
    sent = fetched("file", file=file, is_rth_only=True)

    assert len(sent.bars) == 2 * 78
    assert sent.bars.index[0] == pd.Timestamp("2024-01-22T14:30Z")


def test_fetch_bars_regular_hours_of_daily_bars_are_refused():
    with pytest.raises(ConfigError, match="--rth-only is for bars within a day"):
        fetched("yahoo", bar_size="1 day", is_rth_only=True)


@pytest.mark.parametrize(
    ("duration", "start"),
    [
        ("3600 S", "2025-03-31T11:00"),
        ("5 D", "2025-03-26T12:00"),
        ("2 W", "2025-03-17T12:00"),
        ("1 M", "2025-02-28T12:00"),
        ("1 Y", "2024-03-31T12:00"),
    ],
)
def test_start_of_counts_months_and_years_by_the_date(duration, start):
    assert start_of(duration, pd.Timestamp("2025-03-31T12:00")) == pd.Timestamp(start)
