"""The download: what is asked for, how often, and that it goes on where it was ended."""

import asyncio
import errno
from types import SimpleNamespace

import pandas as pd
import pytest
from pyarrow import parquet

from config.instruments import get_instrument
from data import store
from data.continuous import continuous_series
from data.fetcher import FetchSettings
from data.history_request import HistoryRequest
from data.ib_history import IbAccess, ib_history
from data.ib_history_errors import PacingViolationError
from data.ib_history_plan import plan_history
from data.ib_history_store import RawHistory
from data.ib_pacing import BackOff, PacingLimits
from data.rolls import RollSettings
from tests.helpers.history import FakeHistory, FakeListener, MovedClock, contracts_of_market
from utils.errors import ConfigError, DataError, FatalGatewayError, TemporaryGatewayError

NOW = "2024-03-27T14:02:30+00:00"
"""A Wednesday; the bar of 14:00 is still forming."""

MNQ = get_instrument("MNQ")
LOST = TemporaryGatewayError("the connection broke")
TOO_OFTEN = PacingViolationError("asked for too often")


@pytest.fixture(scope="module")
def contracts():
    """Return contracts of 70 sessions from 2024-01-02 on: H24 ends on 2024-03-15, then M24."""
    return contracts_of_market(70)


def fetched(source, folder, *, duration="6 W", bar_size="5 mins", now=NOW, **options):
    """Return the series that a download comes to, and the listener."""
    clock, listener = MovedClock(now), options.pop("listener", FakeListener())
    source.time = options.pop("time", now)
    is_rth_only = options.pop("is_rth_only", False)
    settings = options.pop("settings", FetchSettings(n_attempts=3))
    request = HistoryRequest(
        symbol="MNQ", duration=duration, bar_size=bar_size, is_rth_only=is_rth_only
    )
    access = IbAccess(
        source=source,
        folder=folder,
        clock=clock,
        listener=listener,
        settings=settings,
        sleep=clock.sleep,
        **options,
    )
    series, n_forming = ib_history(request, access, pd.Timestamp(now))
    return series, n_forming, listener, clock


def expected_series(contracts, first="2024-02-14"):
    """Return the bars that all the contracts make until the forming one."""
    whole = continuous_series(contracts, MNQ, RollSettings()).bars
    start = pd.Timestamp(first, tz="America/Chicago") - pd.Timedelta(hours=7)
    return whole[(whole.index >= start) & (whole.index < pd.Timestamp("2024-03-27T14:00Z"))]


def test_fetch_of_two_contracts_makes_the_series_that_all_bars_make(contracts, tmp_path):
    source = FakeHistory(contracts)

    series, n_forming, _, _ = fetched(source, tmp_path)

    pd.testing.assert_frame_equal(series.bars, expected_series(contracts))
    assert series.bars["is_roll"].sum() == 1
    assert n_forming == 1
    assert source.n_asked == {"MNQH24": 5, "MNQM24": 6}
    assert series.metadata["source"] == "ib, rolled by volume, 0 to confirm"
    assert (series.metadata["adjustment"], series.metadata["bar_seconds"]) == ("none", "300")


def test_fetch_by_a_clock_that_is_fast_leaves_the_forming_bar_out(contracts, tmp_path):
    fast = "2024-03-27T14:06:00+00:00"

    series, n_forming, _, _ = fetched(FakeHistory(contracts), tmp_path, now=fast, time=NOW)

    assert n_forming == 1
    assert series.bars.index[-1] == pd.Timestamp("2024-03-27T13:55Z")


def test_fetch_again_asks_for_the_unfinished_week_alone(contracts, tmp_path):
    fetched(FakeHistory(contracts), tmp_path)
    source = FakeHistory(contracts)

    series, _, listener, _ = fetched(source, tmp_path)

    assert source.n_asked == {"MNQM24": 1}
    assert listener.begun == (10, 11)
    pd.testing.assert_frame_equal(series.bars, expected_series(contracts))


def test_fetch_of_finished_weeks_asks_nobody(contracts, tmp_path):
    saturday = "2024-03-23T12:00:00+00:00"
    fetched(FakeHistory(contracts), tmp_path, now=saturday)
    source = FakeHistory(contracts)

    fetched(source, tmp_path, now=saturday)

    assert source.n_connections == 0


def test_fetch_that_fails_keeps_what_came_and_goes_on(contracts, tmp_path):
    refused = FatalGatewayError("no market data permission")
    with pytest.raises(FatalGatewayError, match="no market data permission"):
        fetched(FakeHistory(contracts, failures=[None, None, refused]), tmp_path)
    source = FakeHistory(contracts)

    series, _, listener, _ = fetched(source, tmp_path)

    assert listener.begun == (2, 11)
    assert source.n_asked == {"MNQH24": 3, "MNQM24": 6}
    pd.testing.assert_frame_equal(series.bars, expected_series(contracts))


def test_fetch_reconnects_after_a_lost_connection(contracts, tmp_path):
    source = FakeHistory(contracts, failures=[None, LOST, LOST])
    settings = FetchSettings(
        n_attempts=3, connection_back_off=BackOff(first_seconds=7.0, most_seconds=60.0)
    )

    series, _, listener, clock = fetched(source, tmp_path, settings=settings)

    assert source.n_connections == 3
    assert [seconds for seconds in clock.slept if seconds in {7.0, 14.0}] == [7.0, 14.0]
    assert listener.said[0] == "the connection broke; trying again"
    pd.testing.assert_frame_equal(series.bars, expected_series(contracts))


def test_fetch_waits_after_a_pacing_violation_over_the_same_connection(contracts, tmp_path):
    source = FakeHistory(contracts, failures=[TOO_OFTEN])
    settings = FetchSettings(
        n_attempts=3, pacing_back_off=BackOff(first_seconds=40.0, most_seconds=600.0)
    )

    series, _, _, clock = fetched(source, tmp_path, settings=settings)

    assert source.n_connections == 1
    assert clock.slept[0] == 40.0
    pd.testing.assert_frame_equal(series.bars, expected_series(contracts))


def test_fetch_gives_up_after_so_many_attempts_in_one_line(contracts, tmp_path):
    source = FakeHistory(contracts, failures=[LOST] * 3)

    with pytest.raises(TemporaryGatewayError, match="given up after 3 attempts, what is done is"):
        fetched(source, tmp_path)
    assert not source.is_connected


def test_fetch_keeps_within_its_limits(contracts, tmp_path):
    source = FakeHistory(contracts)
    limits = PacingLimits(n_requests=4, window_seconds=100.0, n_burst=4)

    _, _, _, clock = fetched(source, tmp_path, limits=limits)

    assert sum(clock.slept) == pytest.approx(200.0)  # eleven requests, four at a time


def test_fetch_shuffled_and_repeated_bars_are_sorted_and_counted(contracts, tmp_path):
    series, _, _, _ = fetched(FakeHistory(contracts, is_shuffled=True), tmp_path)

    pd.testing.assert_frame_equal(series.bars, expected_series(contracts))
    assert any("10 bars came twice in one answer" in line for line in series.remarks)


def test_fetch_revised_bars_of_an_unfinished_week_are_told(contracts, tmp_path):
    fetched(FakeHistory(contracts), tmp_path)
    june = list(contracts)[1]
    bars = contracts[june].copy()
    bars.loc["2024-03-26T14:00Z", "volume"] = 9.0
    others = {**contracts, june: bars}

    series, _, listener, _ = fetched(FakeHistory(others), tmp_path)

    (line,) = [line for line in listener.said if "other values than before" in line]
    assert line.startswith("1 bars came")
    assert "MNQM24 2024-03-26T14:00:00+00:00 volume 9, not " in line
    assert series.bars.at[pd.Timestamp("2024-03-26T14:00Z"), "volume"] == 9.0


@pytest.mark.parametrize("n_lost", [3, None], ids=["a few bars", "the whole week"])
def test_fetch_bars_that_do_not_come_again_are_kept(contracts, tmp_path, n_lost):
    fetched(FakeHistory(contracts), tmp_path)
    june = list(contracts)[1]
    week = contracts[june].loc["2024-03-24":"2024-03-27"]
    others = {**contracts, june: contracts[june].drop(week.index[:n_lost])}

    series, _, listener, _ = fetched(FakeHistory(others), tmp_path)

    pd.testing.assert_frame_equal(series.bars, expected_series(contracts))
    (line,) = [line for line in listener.said if "did not come again" in line]
    assert line.endswith("did not come again and are kept, first: 2024-03-24T22:00:00+00:00")


def test_fetch_empty_week_is_a_gap_and_update_asks_for_it_again(contracts, tmp_path):
    june = list(contracts)[1]
    week = slice("2024-03-17", "2024-03-22")
    holed = {**contracts, june: contracts[june].drop(contracts[june].loc[week].index)}
    saturday = "2024-03-30T12:00:00+00:00"
    series, _, _, _ = fetched(FakeHistory(holed), tmp_path, now=saturday)
    assert any(
        "1 chunk (MNQM24 2024-03-18 to 2024-03-22), although the market was open: a gap" in line
        for line in series.remarks
    )
    quiet, again = FakeHistory(contracts), FakeHistory(contracts)

    fetched(quiet, tmp_path, now=saturday)
    series, _, _, _ = fetched(again, tmp_path, now=saturday, should_retry_gaps=True)

    assert quiet.n_connections == 0
    assert again.n_asked == {"MNQM24": 1}
    assert not any("a gap" in line for line in series.remarks)
    assert len(series.bars.loc[week]) > 1_000


def test_fetch_empty_day_of_a_holiday_is_no_gap(contracts, tmp_path):
    # 2024-03-29 was Good Friday
    series, _, _, _ = fetched(
        FakeHistory(contracts), tmp_path, duration="5 D", now="2024-03-30T12:00:00+00:00"
    )
    assert not any("a gap" in line for line in series.remarks)
    request = HistoryRequest(symbol="MNQ", duration="5 D", bar_size="1 min", is_rth_only=False)
    plan = plan_history(request, pd.Timestamp("2024-03-30T12:00Z"))
    assert "2024-03-29" in [chunk.name for chunk in plan.chunks]


def test_fetch_says_which_contracts_are_out_of_reach_before_it_asks(contracts, tmp_path):
    listener, source = FakeListener(), FakeHistory(contracts)

    with pytest.raises(DataError, match="no MNQ bars came from Interactive Brokers; ask for"):
        fetched(source, tmp_path, now="2026-07-01T12:00Z", duration="3 Y", listener=listener)

    assert listener.said[0].startswith("no bars to be had of MNQU23, MNQZ23, MNQH24, MNQM24")
    assert listener.said[0].endswith("expired futures are kept for about two years")
    assert "MNQU24, " in listener.said[1]
    assert source.asked == []


def test_fetch_of_regular_hours_asks_for_all_hours(contracts, tmp_path):
    source = FakeHistory(contracts)

    series, _, _, _ = fetched(source, tmp_path, is_rth_only=True)

    assert all("all hours" in text for _, text in source.asked)
    assert len(series.bars.loc["2024-03-26"]) == 78
    assert series.bars["is_roll"].sum() == 1


def test_fetch_ended_in_mid_download_closes_the_connection(contracts, tmp_path):
    source = FakeHistory(contracts, failures=[None, asyncio.CancelledError()])

    with pytest.raises(asyncio.CancelledError):
        fetched(source, tmp_path)
    assert not source.is_connected


def test_disk_that_is_full_is_one_line_and_what_came_is_kept(contracts, tmp_path, monkeypatch):
    written = []

    def write_table(table, path):
        written.append(path)
        if len(written) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        parquet.write_table(table, path)

    monkeypatch.setattr(store, "pq", SimpleNamespace(write_table=write_table))
    with pytest.raises(ConfigError, match=r"cannot write .*parquet`: No space left on device"):
        fetched(FakeHistory(contracts), tmp_path)
    monkeypatch.undo()

    _, _, listener, _ = fetched(FakeHistory(contracts), tmp_path)

    assert listener.begun == (2, 11)


def test_raw_file_that_somebody_changed_is_asked_for_again(contracts, tmp_path):
    fetched(FakeHistory(contracts), tmp_path, now="2024-03-23T12:00:00+00:00")
    path = tmp_path / "MNQ" / "5mins" / "MNQH24" / "2024-02-26.parquet"
    path.write_bytes(b"not what came")
    source = FakeHistory(contracts)

    fetched(source, tmp_path, now="2024-03-23T12:00:00+00:00")

    assert source.n_asked == {"MNQH24": 1}


def test_manifest_that_is_damaged_is_refused_in_one_line(contracts, tmp_path):
    (tmp_path / "MNQ" / "5mins").mkdir(parents=True)
    (tmp_path / "MNQ" / "5mins" / "manifest.json").write_text("{", encoding="utf-8")

    with pytest.raises(DataError, match=r"manifest\.json` cannot be read .* remove it"):
        RawHistory(tmp_path / "MNQ" / "5mins", {})
