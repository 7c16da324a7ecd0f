"""Average ranges and further slippage: by hand, without a later bar, and once per true range."""

import numpy as np
import pandas as pd
import pytest

from config.settings import EnvSettings
from data.calendar import calendar
from data.feature_frames import rolled
from data.feature_set import FeatureSet
from env.account_bars import account_bars
from env.bar_ranges import excess_ranges, n_usual_bars
from env.market import build_market
from tests.helpers.feature_kit import walking_frame
from tests.helpers.session_markets import market_of, session_frame, still_frame

VOLATILE = EnvSettings(volatility_slippage_ticks=5.0)


def ranging_frame(ranges, price=20_000.0):
    """Return bars of these heights (ticks), each from the price upward and closing at it."""
    stamps = pd.date_range("2024-07-02 14:00", periods=len(ranges), freq="5min", tz="UTC")
    frame = still_frame(stamps, price)
    frame["high"] += np.asarray(ranges) * 0.25
    return frame


def test_average_range_is_wilders_of_14_bars_at_the_close():
    # 14 bars of 4 ticks; then (13 x 4 + 18) / 14 = 5, then (13 x 5 + 19) / 14 = 6
    bars = account_bars(market_of(ranging_frame([4] * 14 + [18, 19])), EnvSettings())

    assert np.isnan(bars["average_range"][:13]).all()
    assert bars["average_range"][13:].tolist() == [4.0, 5.0, 6.0]


def test_average_range_counts_from_the_close_before():
    frame = ranging_frame([4] * 15)
    frame.loc[frame.index[14], ["open", "high", "low", "close"]] += 3.5  # 14 ticks higher: 18
    bars = account_bars(market_of(frame), EnvSettings())

    assert bars["average_range"][13:].tolist() == [4.0, 5.0]


def test_average_range_does_not_see_the_gap_of_a_roll():
    with_gap, _ = rolled(ranging_frame([4] * 14 + [18, 19, 20]), 15, -250.0)
    bars = account_bars(market_of(with_gap), EnvSettings())

    assert bars["roll_gap"].tolist() == [0] * 15 + [-1_000, 0]
    assert bars["average_range"][13:].tolist() == [4.0, 5.0, 6.0, 7.0]


def test_average_range_is_the_one_of_the_features():
    frame = walking_frame(400)
    bars = account_bars(build_market(frame, ["rsi"]), EnvSettings())
    percent = FeatureSet(["atr"]).compute(frame)[:, 0]

    points = percent / 100 * frame["close"].to_numpy()
    np.testing.assert_allclose(bars["average_range"] * 0.25, points, rtol=1e-12)


def test_slippage_grows_with_the_range_before_the_bar():
    # average ranges from bar 13 on: 4, then (13 x 4 + 172) / 14 = 16, then 15.07
    market = market_of(ranging_frame([4] * 14 + [172, 3, 3]))
    slippage = account_bars(market, VOLATILE)["slippage"]

    # before bar 15: 16 is 1.6 times the mean of 4 and 16: 0.6 x 5; before bar 16: 15.07 is 1.289
    # times the mean of the three: 0.289 x 5 = 1.45
    assert slippage.tolist() == [0.0] * 15 + [3.0, 1.0]


def test_excess_is_counted_against_a_day_and_never_more_than_ten():
    ranges = np.array([np.nan] * 13 + [1.0] * 30 + [3.0, 100.0, 0.5])
    excess = excess_ranges(ranges, 20)

    assert excess[:44].tolist() == [0.0] * 44
    assert excess[44] == pytest.approx(3 * 20 / 22 - 1)  # 19 of 1, and 3
    assert excess[45] == 10.0  # 100 x 20 / 121 = 16.5 times
    assert excess_ranges(np.zeros(40), 20).tolist() == [0.0] * 40


@pytest.mark.parametrize(
    ("template", "seconds", "n_bars"),
    [
        ("equity_index", 300, 276),
        ("always_open", 3_600, 24),
        ("grains", 300, 211),  # 12:45 and 4:50 hours
        ("energy", 86_400, 14),
        ("energy", 0, 82_800),
    ],
)
def test_usual_is_what_a_session_has(template, seconds, n_bars):
    assert n_usual_bars(calendar(template).template, seconds) == n_bars


@pytest.mark.parametrize(
    ("symbol", "first", "last"),
    # bars of five minutes that open from 08:30 to 15:00 Chicago, and CL from 08:00 to 13:30
    [("MNQ", "07-02 13:30", "07-02 19:55"), ("CL", "07-02 13:00", "07-02 18:25")],
)
def test_slippage_outside_regular_hours(symbol, first, last):
    market = market_of(session_frame("2024-07-02", "2024-07-02", symbol, 80.0), symbol)
    slippage = account_bars(market, EnvSettings(symbol=symbol, off_hours_slippage_ticks=2))[
        "slippage"
    ]

    regular = market.timestamps[slippage == 0.0].strftime("%m-%d %H:%M")
    assert (regular[0], regular[-1]) == (first, last)
    assert set(slippage) == {0.0, 2.0}


def test_slippage_of_a_market_that_never_closes_has_no_off_hours():
    stamps = pd.date_range("2024-07-05 23:30", periods=10, freq="5min", tz="UTC")
    settings = EnvSettings(off_hours_slippage_ticks=2)

    market = market_of(still_frame(stamps, 60_000.0), "BTCUSDT")
    assert account_bars(market, settings)["slippage"].tolist() == [0.0] * 10


def test_slippage_on_a_weekend_is_that_of_off_hours():
    market = market_of(still_frame(["2024-07-05 15:00", "2024-07-06 15:00", "2024-07-07 15:00"]))
    settings = EnvSettings(off_hours_slippage_ticks=2)

    assert account_bars(market, settings)["slippage"].tolist() == [0.0, 2.0, 2.0]


def test_further_slippages_add_up():
    market = market_of(ranging_frame([4] * 14 + [172, 3]).shift(freq="8h"))  # 17:00 Chicago
    settings = EnvSettings(off_hours_slippage_ticks=2, volatility_slippage_ticks=5.0)

    assert account_bars(market, settings)["slippage"][-2:].tolist() == [2.0, 5.0]


@pytest.mark.parametrize("row", [30, 150, 277, 399])
def test_slippage_and_average_range_ignore_poisoned_later_bars(row):
    frame = walking_frame(400)
    poisoned = frame.copy()
    poisoned.iloc[row:, :4] *= 7.0
    poisoned.iloc[row, 1] += 5_000.0
    plain = account_bars(market_of(frame), VOLATILE)
    other = account_bars(market_of(poisoned), VOLATILE)

    # the bar itself may be known to its average range, never to the slippage of its own fills
    assert plain["slippage"][: row + 1].tobytes() == other["slippage"][: row + 1].tobytes()
    assert plain["average_range"][:row].tobytes() == other["average_range"][:row].tobytes()
    assert plain["average_range"][row] != other["average_range"][row]
    if row < 399:
        assert plain["slippage"][row + 1] != other["slippage"][row + 1]


@pytest.mark.parametrize("n_bars", [30, 150, 277])
def test_slippage_and_average_range_ignore_whether_later_bars_exist(n_bars):
    frame = walking_frame(400)
    whole = account_bars(market_of(frame), VOLATILE)[:n_bars]
    cut = account_bars(market_of(frame.iloc[:n_bars]), VOLATILE)

    assert whole["slippage"].tobytes() == cut["slippage"].tobytes()
    assert whole["average_range"].tobytes() == cut["average_range"].tobytes()
