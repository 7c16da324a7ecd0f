"""Larger bars by hand, and that none of them knows anything of what comes after it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.bars import check_bars
from data.calendar import calendar
from data.resample import resample_bars
from data.session_templates import TEMPLATES
from tests.helpers.bars import real_data
from utils.errors import ConfigError, DataError

CLOCK = calendar("equity_index")

ROWS = [
    # open, high, low, close, volume
    (100.0, 101.0, 99.0, 100.5, 10.0),
    (100.5, 104.0, 100.0, 103.0, 20.0),
    (103.0, 103.5, 98.0, 99.0, 5.0),
    (99.0, 99.5, 98.5, 99.25, 0.0),
    (99.25, 100.0, 99.0, 100.0, 7.0),
    (100.0, 102.0, 100.0, 101.0, 1.0),
    (101.0, 101.0, 97.0, 97.5, 2.0),
]


def bars_at(stamps, seed=0):
    """Return random, consistent bars with these opens."""
    rng = np.random.default_rng(seed)
    prices = 20_000.0 + np.sort(rng.integers(-400, 400, (len(stamps), 4)) * 0.25, axis=1)
    return check_bars(
        pd.DataFrame(
            {
                "open": prices[:, 1],
                "high": prices[:, 3],
                "low": prices[:, 0],
                "close": prices[:, 2],
                "volume": rng.integers(0, 1_000, len(stamps)).astype(float),
            },
            index=pd.DatetimeIndex(stamps, name="timestamp"),
        )
    )


def hand_made(start="2025-01-06T23:00Z"):
    index = pd.date_range(start, periods=len(ROWS), freq="min", name="timestamp")
    columns = ["open", "high", "low", "close", "volume"]
    return check_bars(pd.DataFrame(ROWS, columns=columns, index=index))


def minutes_of(template, first, last, seed=0):
    """Return random one-minute bars of all open minutes of some trade dates."""
    return bars_at(calendar(template).expected_bars(first, last, 60), seed)


def chicago(frame):
    return list(frame.index.tz_convert("America/Chicago").strftime("%d %H:%M"))


def test_resample_bars_five_minutes_by_hand():
    larger = resample_bars(hand_made(), 5, CLOCK)

    assert chicago(larger) == ["06 17:00"]
    assert list(larger.iloc[0]) == [100.0, 104.0, 98.0, 100.0, 42.0]


def test_resample_bars_unfinished_last_bar_is_left_out():
    assert len(resample_bars(hand_made().iloc[:4], 5, CLOCK)) == 0
    assert len(resample_bars(hand_made().iloc[:5], 5, CLOCK)) == 1
    assert chicago(resample_bars(hand_made(), 2, CLOCK)) == ["06 17:00", "06 17:02", "06 17:04"]


def test_resample_bars_result_is_in_the_projects_form():
    larger = resample_bars(minutes_of("equity_index", "2025-01-07", "2025-01-08"), 15, CLOCK)

    pd.testing.assert_frame_equal(check_bars(larger), larger)
    assert larger.index.name == "timestamp"


def test_resample_bars_same_size_changes_nothing():
    bars = minutes_of("equity_index", "2025-01-07", "2025-01-08")

    pd.testing.assert_frame_equal(resample_bars(bars, 1, CLOCK), bars)


def test_resample_bars_grid_begins_with_each_session():
    bars = minutes_of("equity_index", "2025-01-07", "2025-01-08")

    larger = resample_bars(bars, 7, CLOCK)

    firsts = larger.index[CLOCK.minutes_since_open(larger.index) == 0]
    assert chicago(larger.loc[firsts]) == ["06 17:00", "07 17:00"]
    assert chicago(larger)[196:199] == ["07 15:52", "07 15:59", "07 17:00"]  # the last has 1 minute
    assert larger["volume"].iloc[197] == bars["volume"].iloc[1_379]


def test_resample_bars_half_day_ends_with_the_market():
    larger = resample_bars(minutes_of("equity_index", "2024-07-03", "2024-07-03"), 30, CLOCK)

    assert chicago(larger)[-2:] == ["03 11:30", "03 12:00"]  # the last one from 12:00 to 12:15


def test_resample_bars_halt_ends_the_bar_before_data_go_on():
    bars = minutes_of("equity_index", "2025-01-09", "2025-01-10")

    larger = resample_bars(bars, 60, CLOCK)

    assert chicago(larger)[15:17] == ["09 08:00", "09 17:00"]
    assert larger["close"].iloc[15] == bars["close"].iloc[929]


def test_resample_bars_pause_is_never_spanned():
    bars = minutes_of("equity_index", "2021-06-25", "2021-06-25")

    larger = resample_bars(bars, 60, CLOCK)

    assert chicago(larger)[-3:] == ["25 14:00", "25 15:00", "25 15:30"]
    assert larger["volume"].iloc[-2] == bars["volume"].iloc[1_320:1_335].sum()
    assert larger["volume"].iloc[-1] == bars["volume"].iloc[1_335:].sum()


def test_resample_bars_grains_pause_starts_a_new_bar():
    clock = calendar("grains")
    larger = resample_bars(minutes_of("grains", "2025-01-08", "2025-01-08"), 60, clock)

    assert chicago(larger)[11:15] == ["08 06:00", "08 07:00", "08 08:30", "08 09:00"]


def test_resample_bars_always_open_is_cut_at_midnight_utc():
    clock = calendar("always_open")
    larger = resample_bars(minutes_of("always_open", "2025-01-07", "2025-01-08"), 7, clock)

    assert [f"{stamp:%d %H:%M}" for stamp in larger.index[205:207]] == ["07 23:55", "08 00:00"]


@pytest.mark.parametrize("day", ["2025-03-10", "2025-11-03"])
def test_resample_bars_clock_change_moves_the_grid(day):
    friday = {"2025-03-10": "2025-03-07", "2025-11-03": "2025-10-31"}[day]
    larger = resample_bars(minutes_of("equity_index", friday, day), 240, CLOCK)

    walls = [stamp[3:] for stamp in chicago(larger)]
    assert walls == ["17:00", "21:00", "01:00", "05:00", "09:00", "13:00"] * 2


def test_resample_bars_outside_hours_are_kept_apart():
    inside = CLOCK.expected_bars("2025-01-10", "2025-01-10", 60)
    stray = pd.DatetimeIndex(["2025-01-10T22:02Z", "2025-01-11T16:00Z", "2025-01-12T23:00Z"])
    bars = bars_at(inside.union(stray))

    larger = resample_bars(bars, 45, CLOCK)

    assert chicago(larger)[-3:] == ["10 15:30", "10 16:00", "11 09:30"]
    assert list(larger["volume"].iloc[-2:]) == list(bars["volume"].iloc[-3:-1])


def test_resample_bars_missing_minutes_leave_bars_of_what_there_is():
    bars = hand_made().drop(hand_made().index[[0, 4]])

    larger = resample_bars(bars, 5, CLOCK)

    assert chicago(larger) == ["06 17:00"]
    assert list(larger.iloc[0]) == [100.5, 104.0, 98.0, 99.25, 25.0]


def test_resample_bars_empty_buckets_are_not_filled():
    bars = hand_made().iloc[[0, 5, 6]]

    assert chicago(resample_bars(bars, 2, CLOCK)) == ["06 17:00", "06 17:04"]


def test_resample_bars_further_columns_follow_their_rules():
    bars = hand_made().assign(
        contract=["MNQH25"] * 4 + ["MNQM25"] * 3,
        is_rth=[True, False, False, False, False, True, True],
        is_roll=[False, False, True, False, False, False, False],
        roll_gap=[0.0, 0.0, 12.5, 0.0, 0.0, 0.0, 0.0],
        bar_count=[1, 2, 3, 4, 5, 6, 7],
        wap=[100.0, 102.0, 100.0, 99.0, 99.5, 101.0, 99.0],
        signal_1=[0.1, 0.2, 0.3, 0.4, np.nan, 0.6, 0.7],
    )

    row = resample_bars(bars, 5, CLOCK).iloc[0]

    assert row["contract"] == "MNQM25"
    assert row["is_rth"]
    assert row["is_roll"]
    assert row["roll_gap"] == 12.5
    assert row["bar_count"] == 15
    assert row["wap"] == pytest.approx((1_000 + 2_040 + 500 + 0 + 696.5) / 42)
    assert np.isnan(row["signal_1"])


def test_resample_bars_price_of_nothing_traded_is_the_last():
    bars = hand_made().assign(volume=0.0, wap=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])

    assert resample_bars(bars, 5, CLOCK)["wap"].iloc[0] == 5.0


def test_resample_bars_leaves_the_given_frame_alone():
    bars = hand_made().assign(wap=1.0)
    before = bars.copy()

    larger = resample_bars(bars, 1, CLOCK)
    larger[:] = 0.0

    pd.testing.assert_frame_equal(bars, before)


BAD = {
    "zero": (0, ConfigError, "`minutes` must be 1 to 1,439, was 0"),
    "a_day": (1_440, ConfigError, "`minutes` must be 1 to 1,439, was 1440"),
    "finer": (1, ConfigError, "must be at least 5, the size of the bars, was 1; smaller bars"),
    "no_multiple": (7, ConfigError, "must be a multiple of 5, the bars' size, was 7; where many"),
}


@pytest.mark.parametrize(("minutes", "error", "message"), BAD.values(), ids=BAD)
def test_resample_bars_bad_size_is_refused(minutes, error, message):
    bars = bars_at(CLOCK.expected_bars("2025-01-07", "2025-01-07", 300))

    with pytest.raises(error, match=message):
        resample_bars(bars, minutes, CLOCK)


def test_resample_bars_single_bar_needs_its_size():
    bars = hand_made().iloc[:1]

    with pytest.raises(DataError, match="cannot tell the size of 1 bars .* `source_seconds`"):
        resample_bars(bars, 5, CLOCK)
    assert len(resample_bars(bars, 5, CLOCK, source_seconds=300)) == 1
    assert len(resample_bars(bars, 5, CLOCK, source_seconds=60)) == 0


@pytest.mark.parametrize("minutes", [[0, 4], [0, 4, 8], [0, 8, 12, 16]])
def test_resample_bars_so_few_that_their_size_is_a_guess_leave_the_last_bucket_out(minutes):
    # minutes, of which most are missing: those of 4 to 7 may still follow
    bars = bars_at(hand_made().index[0] + pd.to_timedelta(minutes, unit="min"))

    larger = resample_bars(bars, 4, CLOCK)

    before_last = bars.index[bars.index < bars.index[-1].floor("4min")]
    assert list(larger.index) == list(before_last)
    assert len(resample_bars(bars, 4, CLOCK, source_seconds=240)) == len(before_last) + 1


def test_resample_bars_five_in_a_row_tell_their_size():
    assert len(resample_bars(hand_made().iloc[:5], 5, CLOCK)) == 1
    assert len(resample_bars(hand_made().iloc[1:5], 5, CLOCK)) == 0
    assert len(resample_bars(hand_made().iloc[1:5], 5, CLOCK, source_seconds=60)) == 1


@pytest.mark.parametrize("source_seconds", [None, 60])
def test_resample_bars_of_none_are_none_of_the_same_columns(source_seconds):
    none = hand_made().assign(wap=1.0, contract="MNQH25").iloc[:0]

    larger = resample_bars(none, 5, CLOCK, source_seconds)

    pd.testing.assert_frame_equal(larger, none, check_freq=False)
    with pytest.raises(ConfigError, match="`minutes` must be 1 to 1,439, was 0"):
        resample_bars(none, 0, CLOCK, source_seconds)


def test_resample_bars_thin_data_never_look_finished_too_soon():
    early = hand_made().index[0] + pd.to_timedelta([0, 2, 4, 6, 8], unit="min")
    late = early[0] + pd.to_timedelta([10, 12, 13, 14], unit="min")  # the minute of 15 may follow

    larger = resample_bars(bars_at(early.append(late)), 4, CLOCK)

    assert chicago(larger) == ["06 17:00", "06 17:04", "06 17:08"]


def test_resample_bars_across_two_buckets_are_refused():
    stamps = pd.date_range("2025-01-06T23:02Z", periods=6, freq="5min")

    with pytest.raises(DataError) as caught:
        resample_bars(bars_at(stamps), 10, CLOCK)

    assert str(caught.value) == (
        "3 of 6 bars reach across two of the larger bars, first at 2025-01-06T23:07:00+00:00: "
        "bars of 300 s must begin a multiple of 300 s after the session's open; drop or restamp "
        "them"
    )


def thinned(template, first, last, seed, keep):
    """Return one-minute bars of which only a share is there."""
    bars = minutes_of(template, first, last, seed)
    return bars[np.random.default_rng(seed).random(len(bars)) < keep]


spans = st.sampled_from(
    [
        ("equity_index", "2021-06-24", "2021-06-28"),
        ("equity_index", "2025-03-07", "2025-03-10"),
        ("equity_index", "2025-01-08", "2025-01-10"),
        ("grains", "2024-11-27", "2024-12-02"),
        ("always_open", "2025-10-31", "2025-11-02"),
    ]
)


@pytest.mark.property
@settings(max_examples=60, deadline=None)
@given(
    span=spans,
    minutes=st.sampled_from([1, 2, 5, 7, 15, 60, 240]),
    keep=st.sampled_from([1.0, 0.7, 0.1]),
    cut=st.floats(0.01, 1.0),
    seed=st.integers(0, 99),
)
def test_resample_bars_of_a_prefix_are_a_prefix(span, minutes, keep, cut, seed):
    bars = thinned(*span, seed, keep)
    clock = calendar(span[0])
    whole = resample_bars(bars, minutes, clock, source_seconds=60)
    prefix = bars.iloc[: max(1, int(len(bars) * cut))]

    part = resample_bars(prefix, minutes, clock, source_seconds=60)

    pd.testing.assert_frame_equal(part, whole.iloc[: len(part)])
    begun = (whole.index <= prefix.index[-1]).sum()
    assert begun - len(part) in (0, 1)
    if keep == 1.0:  # without source_seconds nothing more is told either
        assert len(resample_bars(prefix, minutes, clock)) == len(part)


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(span=spans, minutes=st.sampled_from([2, 5, 60]), keep=st.sampled_from([1.0, 0.3]))
def test_resample_bars_lose_and_invent_nothing(span, minutes, keep):
    bars = thinned(*span, 1, keep)
    clock = calendar(span[0])

    larger = resample_bars(bars, minutes, clock, source_seconds=60)

    used = bars[bars.index < larger.index[-1] + pd.Timedelta(minutes=minutes)]
    assert larger["volume"].sum() == used["volume"].sum()
    assert larger["high"].max() == used["high"].max()
    assert larger["low"].min() == used["low"].min()
    assert clock.is_open(larger.index).all()
    assert (larger["high"] >= larger[["open", "close"]].max(axis=1)).all()
    sizes = clock.expected_bars(*span[1:], minutes * 60)
    assert larger.index.isin(sizes).all()


@pytest.mark.property
@settings(max_examples=40, deadline=None)
@given(span=spans, row=st.integers(1, 1_000), minutes=st.sampled_from([2, 5, 60]))
def test_resample_bars_poisoned_future_changes_no_bar_before_it(span, row, minutes):
    bars = minutes_of(*span)
    clock = calendar(span[0])
    poisoned = bars.copy()
    poisoned.iloc[row:] = np.nan

    clean, other = (resample_bars(frame, minutes, clock) for frame in (bars, poisoned))

    is_over = clean.index + pd.Timedelta(minutes=minutes) <= bars.index[row]
    pd.testing.assert_frame_equal(other[is_over], clean[is_over])


@pytest.mark.conformance
@pytest.mark.parametrize("template", TEMPLATES)
def test_template_resampled_minutes_are_the_expected_larger_bars(template):
    bars = minutes_of(template, "2024-12-20", "2025-01-10")
    expected = calendar(template).expected_bars("2024-12-20", "2025-01-10", 1_800)

    assert resample_bars(bars, 30, calendar(template)).index.equals(expected)


def test_resample_bars_twice_is_the_same_as_once():
    bars = minutes_of("equity_index", "2021-06-21", "2021-06-29")

    by_steps = resample_bars(resample_bars(bars, 5, CLOCK), 15, CLOCK)

    pd.testing.assert_frame_equal(by_steps, resample_bars(bars, 15, CLOCK))


def test_resample_bars_real_minutes_give_the_real_five_minutes():
    minutes, fives = (
        check_bars(pd.read_parquet(real_data(f"MNQH24_{size}.parquet")))
        for size in ("1min", "5min")
    )

    pd.testing.assert_frame_equal(resample_bars(minutes, 5, CLOCK), fives)
