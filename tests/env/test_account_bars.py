"""The bars of an account: which are flagged, by the clock of each session and each contract."""

import gc
import weakref

import numpy as np
import pandas as pd
import pytest

from config.settings import EnvSettings
from env.account_bars import KEPT_PER_MARKET, account_bars
from env.kernel.names import BarFlag
from env.market import Market
from tests.helpers.session_markets import (
    flagged,
    market_of,
    session_frame,
    still_frame,
    with_roll,
)
from utils.errors import ConfigError

START, LAST_CHANCE = BarFlag.SESSION_START, BarFlag.LAST_CHANCE
FLATTEN, NO_ENTRY, AHEAD = BarFlag.FLATTEN, BarFlag.NO_ENTRY, BarFlag.ROLL_AHEAD


def test_session_start_and_last_chance_are_the_first_and_last_bar_of_each_trade_date():
    market = market_of(session_frame("2024-07-01", "2024-07-02"))

    # 17:00 Chicago the evening before is 22:00 UTC; the last bar opens at 15:55, 20:55 UTC
    assert flagged(market, START) == ["06-30 22:00", "07-01 22:00"]
    assert flagged(market, LAST_CHANCE) == ["07-01 20:55"]  # whether the last goes on is not known
    assert flagged(market, FLATTEN) == flagged(market, NO_ENTRY) == flagged(market, AHEAD) == []


@pytest.mark.parametrize(
    ("day", "late"),
    [
        ("2024-07-02", ["07-02 20:40", "07-02 20:45", "07-02 20:50", "07-02 20:55"]),  # 16:00
        ("2024-07-03", ["07-03 16:55", "07-03 17:00", "07-03 17:05", "07-03 17:10"]),  # 12:15
        ("2024-03-08", ["03-08 21:40", "03-08 21:45", "03-08 21:50", "03-08 21:55"]),  # winter
        ("2024-03-11", ["03-11 20:40", "03-11 20:45", "03-11 20:50", "03-11 20:55"]),  # summer
    ],
)
def test_flatten_is_on_bars_that_close_so_near_to_that_days_close(day, late):
    market = market_of(session_frame(day, day))

    assert flagged(market, FLATTEN, flatten_minutes_before_close=15) == late
    assert flagged(market, FLATTEN, flatten_minutes_before_close=14) == late[1:]
    assert flagged(market, FLATTEN, flatten_minutes_before_close=0) == late[3:]
    assert flagged(market, NO_ENTRY, no_entry_minutes_before_close=10) == late[1:]


def test_no_entry_may_begin_before_the_flatten():
    market = market_of(session_frame("2024-07-02", "2024-07-02"))
    minutes = {"flatten_minutes_before_close": 5, "no_entry_minutes_before_close": 10}

    assert flagged(market, FLATTEN, **minutes) == ["07-02 20:50", "07-02 20:55"]
    assert flagged(market, NO_ENTRY, **minutes) == ["07-02 20:45", "07-02 20:50", "07-02 20:55"]


def test_flatten_is_on_the_last_bar_of_a_session_whose_data_end_early():
    frame = session_frame("2024-07-01", "2024-07-02")
    stamps = pd.DatetimeIndex(frame.index)
    market = market_of(
        frame[(stamps <= "2024-07-01 15:00+00:00") | (stamps >= "2024-07-01 22:00+00:00")]
    )

    assert flagged(market, LAST_CHANCE) == ["07-01 15:00"]
    assert flagged(market, FLATTEN) == []
    late = flagged(market, FLATTEN, flatten_minutes_before_close=0)
    assert late == ["07-01 15:00", "07-02 20:55"]
    # the clock alone bars entries, so that a decision cannot tell that nothing follows
    assert flagged(market, NO_ENTRY, no_entry_minutes_before_close=0) == ["07-02 20:55"]


def test_flatten_is_on_bars_beyond_the_close_and_on_days_without_a_session():
    late = ["2024-07-05 20:55", "2024-07-05 21:00", "2024-07-06 12:00"]  # 15:55, 16:00, Saturday
    market = market_of(still_frame(["2024-07-05 15:00", "2024-07-05 15:05", *late]))

    assert flagged(market, FLATTEN, flatten_minutes_before_close=0) == [
        "07-05 20:55",
        "07-05 21:00",
        "07-06 12:00",
    ]


def test_sessions_of_a_market_that_never_closes_are_utc_days():
    stamps = pd.date_range("2024-07-05 23:30", periods=10, freq="5min", tz="UTC")
    market = market_of(still_frame(stamps, 60_000.0), "BTCUSDT")

    assert flagged(market, START) == ["07-05 23:30", "07-06 00:00"]  # a Saturday
    assert flagged(market, FLATTEN, flatten_minutes_before_close=5) == [
        "07-05 23:50",
        "07-05 23:55",
    ]


def test_sessions_of_grains_end_at_their_own_close():
    market = market_of(session_frame("2024-07-02", "2024-07-02", "ZC", 400.0), "ZC")

    # 13:20 Chicago is 18:20 UTC
    assert flagged(market, FLATTEN, flatten_minutes_before_close=5) == [
        "07-02 18:10",
        "07-02 18:15",
    ]


def test_minutes_are_exact_for_bars_of_half_a_minute():
    market = market_of(session_frame("2024-07-02", "2024-07-02", seconds=30))

    late = flagged(market, FLATTEN, flatten_minutes_before_close=1)
    assert late == ["07-02 20:58", "07-02 20:59", "07-02 20:59"]  # close at :59:00, :59:30, :00


def test_rules_without_minutes_do_not_ask_the_calendar(monkeypatch):
    market = market_of(session_frame("2024-07-02", "2024-07-02"))
    monkeypatch.setattr(Market, "minutes_left", None)

    account_bars(market, EnvSettings(off_hours_slippage_ticks=1, volatility_slippage_ticks=1.0))
    with pytest.raises(TypeError):
        account_bars(market, EnvSettings(flatten_minutes_before_close=5))


ROLL_DAYS = ("2024-06-17", "2024-06-18")
ROLL = "2024-06-17 22:00"


@pytest.mark.parametrize(
    ("flatten", "first"), [(None, "06-17 20:45"), (30, "06-17 20:25"), (5, "06-17 20:50")]
)
def test_roll_flatten_is_announced_before_the_last_close_of_the_old_contract(flatten, first):
    market = market_of(with_roll(session_frame(*ROLL_DAYS), ROLL, 272.25))
    ahead = flagged(market, AHEAD, flatten_minutes_before_close=flatten)

    assert (ahead[0], ahead[-1]) == (first, "06-17 20:55")
    is_flat = flagged(market, FLATTEN, flatten_minutes_before_close=flatten)
    assert is_flat[: len(ahead)] == ahead
    assert (len(is_flat) > len(ahead)) == (flatten is not None)  # the next session's end
    bars = account_bars(market, EnvSettings())
    assert bars["roll_gap"].sum() == bars["roll_gap"][276] == 1_089  # 272.25 / 0.25


@pytest.mark.parametrize("marks", ["is_roll", "contract"])
def test_roll_without_a_gap_is_known_by_its_mark_or_name(marks):
    frame = session_frame(*ROLL_DAYS)
    is_new = pd.DatetimeIndex(frame.index) >= pd.Timestamp(ROLL, tz="UTC")
    columns = {
        "is_roll": np.arange(len(frame)) == 276,
        "contract": np.where(is_new, "MNQU24", "MNQM24"),
    }
    market = market_of(frame.assign(roll_gap=0.0, **{marks: columns[marks]}))

    assert flagged(market, AHEAD) == ["06-17 20:45", "06-17 20:50", "06-17 20:55"]
    assert np.flatnonzero(market.is_roll).tolist() == [276]


def test_roll_within_a_session_has_a_last_chance_and_no_minutes():
    market = market_of(with_roll(session_frame(*ROLL_DAYS), "2024-06-17 14:00", 272.25))

    assert flagged(market, AHEAD) == flagged(market, FLATTEN) == ["06-17 13:55"]
    assert flagged(market, LAST_CHANCE) == ["06-17 13:55", "06-17 20:55"]
    assert flagged(market, START) == ["06-16 22:00", "06-17 22:00"]


def test_roll_charge_announces_nothing_and_keeps_the_gap():
    market = market_of(with_roll(session_frame(*ROLL_DAYS), "2024-06-17 14:00", 272.25))
    bars = account_bars(market, EnvSettings(roll="charge", flatten_minutes_before_close=0))

    charged = {"roll": "charge", "flatten_minutes_before_close": 0}
    assert flagged(market, AHEAD, **charged) == []
    assert flagged(market, FLATTEN, **charged) == ["06-17 20:55", "06-18 20:55"]
    assert flagged(market, LAST_CHANCE, **charged) == ["06-17 20:55"]
    assert np.flatnonzero(bars["roll_gap"]).tolist() == [192]  # 16 hours after 22:00


def test_roll_charge_without_gaps_is_refused():
    names = np.repeat(["MNQM24", "MNQU24"], 276)
    market = market_of(session_frame(*ROLL_DAYS).assign(contract=names))

    assert flagged(market, AHEAD)[0] == "06-17 20:45"
    with pytest.raises(ConfigError) as caught:
        account_bars(market, EnvSettings(roll="charge"))
    assert str(caught.value) == (
        '`roll` = "charge" needs the column `roll_gap` (points) where the contract changes, first '
        "at 2024-06-17 22:00:00+00:00; roll the bars with data.continuous, or set `roll` to "
        '"flatten"'
    )


@pytest.mark.parametrize("name", ["flatten_minutes_before_close", "no_entry_minutes_before_close"])
def test_rules_under_which_nothing_can_be_opened_are_refused(name):
    days = pd.date_range("2024-07-01", periods=5, freq="B", tz="UTC")
    market = market_of(still_frame(days))

    with pytest.raises(ConfigError) as caught:
        account_bars(market, EnvSettings(**{name: 15}))
    assert str(caught.value) == (
        f"`{name}` of 15 leaves none of 5 bars of 86400 seconds at which MNQ may be bought or "
        "sold, first 2024-07-01 00:00:00+00:00; give fewer minutes, None, shorter bars, or the "
        "right symbol"
    )


@pytest.mark.parametrize("n_bars", [200, 274, 276, 400, 551])
def test_flags_that_are_no_last_chance_ignore_whether_later_bars_exist(n_bars):
    frame = with_roll(session_frame("2024-06-17", "2024-06-19"), "2024-06-18 22:00", 272.25)
    minutes = {"flatten_minutes_before_close": 15, "no_entry_minutes_before_close": 30}
    for roll, lookahead in (("charge", LAST_CHANCE), ("flatten", LAST_CHANCE | AHEAD)):
        settings = EnvSettings(roll=roll, **minutes)
        whole = account_bars(market_of(frame), settings)[:n_bars]
        cut = account_bars(market_of(frame.iloc[:n_bars]), settings)
        kept = ~int(lookahead)
        np.testing.assert_array_equal(whole["flag_bits"] & kept, cut["flag_bits"] & kept)


def test_bars_of_like_settings_are_one_array_that_nobody_writes_to():
    market = market_of(session_frame("2024-07-02", "2024-07-02"))
    bars = account_bars(market, EnvSettings(flatten_minutes_before_close=15))

    same = EnvSettings(flatten_minutes_before_close=15, stop_loss_ticks=40, reward="pnl")
    assert account_bars(market, same) is bars
    assert account_bars(market, EnvSettings(flatten_minutes_before_close=20)) is not bars
    assert bars.flags.c_contiguous
    assert bars["close"].tolist() == market.bars.close.tolist()
    with pytest.raises(ValueError, match="read-only"):
        bars["close"] = 0


def test_bars_of_many_settings_are_not_all_kept_and_go_with_their_market():
    market = market_of(session_frame("2024-07-02", "2024-07-02"))
    made = [
        weakref.ref(account_bars(market, EnvSettings(off_hours_slippage_ticks=ticks)))
        for ticks in range(KEPT_PER_MARKET + 3)
    ]
    gc.collect()
    assert [made_bars() is None for made_bars in made] == [True] * 3 + [False] * KEPT_PER_MARKET
    del market
    gc.collect()
    assert all(made_bars() is None for made_bars in made)
