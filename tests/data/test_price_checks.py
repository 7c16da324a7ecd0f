"""Jumps, spikes and flat bars among hand-made bars with a true range of two points each."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.price_checks import (
    doubt_about,
    flat_without_volume,
    jumps,
    longest_run,
    moved_without_volume,
    spikes,
    wild_moves,
)
from tests.helpers.bars import make_bars, real_data

CALM = (100.0, 101.0, 99.0, 100.0)


def calm(n_bars=40):
    """Return bars that do not move, of two points' range."""
    return make_bars([CALM] * n_bars)


def shifted(bars, first, points):
    """Return the bars with all prices from row `first` on moved."""
    moved = bars.copy()
    moved.iloc[first:, :4] += points
    return moved


@pytest.mark.parametrize(("points", "expected"), [(10.0, []), (10.25, [30]), (-10.25, [30])])
def test_jumps_open_beyond_five_ranges_is_one(points, expected):
    assert np.flatnonzero(jumps(shifted(calm(), 30, points))).tolist() == expected


def test_jumps_at_a_marked_roll_or_another_contract_is_none():
    bars = shifted(calm(), 30, 200.0)
    is_new = np.arange(40) >= 30

    assert not jumps(bars.assign(is_roll=np.arange(40) == 30)).any()
    assert not jumps(bars.assign(contract=np.where(is_new, "M", "H"))).any()
    assert jumps(bars.assign(is_roll=np.arange(40) == 29)).sum() == 1


def test_jumps_soon_after_a_marked_roll_are_not_hidden_by_its_gap():
    bars = shifted(shifted(calm(), 30, 200.0), 33, 12.0)

    assert np.flatnonzero(jumps(bars.assign(is_roll=np.arange(40) == 30))).tolist() == [33]


def test_jumps_within_the_first_bars_are_told_by_the_median_range():
    assert np.flatnonzero(jumps(shifted(calm(), 3, 50.0))).tolist() == [3]


def test_jumps_after_a_still_hour_are_not_made_of_a_few_ticks():
    bars = calm(60)
    bars.iloc[20:40, :4] = 100.0  # flat, so that the mean range before bar 40 is nothing

    assert not jumps(shifted(bars, 40, 2.0)).any()


@pytest.mark.parametrize(
    ("column", "price", "expected"),
    [("high", 120.0, []), ("high", 120.25, [30]), ("low", 80.0, []), ("low", 79.75, [30])],
)
def test_spikes_wick_beyond_ten_ranges_is_one(column, price, expected):
    bars = calm()
    bars.iloc[30, bars.columns.get_loc(column)] = price

    assert np.flatnonzero(spikes(bars)).tolist() == expected


def test_flat_bars_without_volume_are_told_from_moving_ones_and_from_traded_flat_ones():
    flat = (100.0,) * 4
    bars = make_bars([CALM, flat, flat, CALM])
    bars["volume"] = [0.0, 0.0, 5.0, 5.0]

    assert flat_without_volume(bars).tolist() == [False, True, False, False]
    assert moved_without_volume(bars).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("text", "expected"), [("0110111", 3), ("0000", 0), ("1", 1), ("110", 2), ("", 0)]
)
def test_longest_run_is_counted_to_the_edges(text, expected):
    assert longest_run(np.array([letter == "1" for letter in text], dtype=np.bool_)) == expected


WILD = "moving by a factor of 1.5 or more"


@pytest.mark.parametrize(
    ("price", "column", "expected"),
    [(150.0, "high", []), (150.25, "high", [30]), (67.0, "low", []), (66.5, "low", [30])],
)
def test_wild_moves_are_half_as_much_again_or_a_third_less(price, column, expected):
    bars = calm()
    bars.iloc[30, bars.columns.get_loc(column)] = price

    assert np.flatnonzero(wild_moves(bars)).tolist() == expected


def test_wild_moves_at_a_roll_or_from_a_negative_close_say_nothing():
    bars = shifted(calm(), 30, 200.0)
    assert np.flatnonzero(wild_moves(bars)).tolist() == [30]
    assert not wild_moves(bars.assign(is_roll=np.arange(40) == 30)).any()
    assert not wild_moves(shifted(calm(), 0, -200.0)).any()


def test_doubt_about_sound_bars_is_none():
    assert doubt_about(shifted(calm(), 0, 17_000.0), get_instrument("MNQ")) is None


def test_doubt_about_counts_each_kind_and_names_the_first():
    bars = shifted(calm(), 0, 17_000.0)
    bars.iloc[30, :4] *= 10.0  # 171,000 is still a price, but not there
    bars.iloc[35, bars.columns.get_loc("low")] = -5.0

    assert doubt_about(bars, get_instrument("MNQ")) == (
        "3 of 40 bars look wrong (1 priced where it has never been, 1 priced at zero or less, "
        f"3 {WILD}), first 2024-01-02 01:30:00+00:00"
    )


def test_doubt_about_allows_what_the_product_and_the_adjustment_allow():
    assert doubt_about(shifted(calm(), 0, -110.0), get_instrument("CL")) is None
    assert doubt_about(shifted(calm(), 0, -110.0), get_instrument("MNQ"), "difference") is None
    assert WILD in doubt_about(shifted(calm(), 30, 200.0), get_instrument("MNQ"), "ratio")


@pytest.mark.parametrize(
    ("name", "symbol"),
    [("NQ_5min", "MNQ"), ("CL_30min", "CL"), ("MGC_5min", "MGC"), ("BTCUSDT_5min", "BTCUSDT")],
)
def test_doubt_about_real_bars_is_none(name, symbol):
    bars = pd.read_parquet(real_data(f"{name}.parquet")).set_index("timestamp")

    assert doubt_about(bars, get_instrument(symbol)) is None
