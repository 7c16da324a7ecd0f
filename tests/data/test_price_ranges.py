"""Ranges that tell bars of another product, and hold the real ones."""

from dataclasses import replace

import pandas as pd
import pytest

from config.instruments import INSTRUMENTS, get_instrument
from data.price_ranges import PRICE_RANGES, out_of_range, shown_range
from tests.helpers.bars import make_bars, real_data


@pytest.mark.conformance
def test_price_ranges_every_instrument_has_one_that_is_wide():
    assert PRICE_RANGES.keys() == INSTRUMENTS.keys()
    for lowest, highest in PRICE_RANGES.values():
        assert highest >= 10 * abs(lowest)


def test_out_of_range_points_at_single_prices():
    bars = make_bars([(17_000.0, 17_001.0, 16_999.0, 17_000.0)] * 4)
    bars.iloc[1, 2] = 0.5
    bars.iloc[3, 1] = 300_000.0

    assert out_of_range(bars, get_instrument("MNQ")).tolist() == [False, True, False, True]


@pytest.mark.parametrize("adjustment", ["difference", "ratio"])
def test_out_of_range_adjusted_prices_may_be_any(adjustment):
    bars = make_bars([(-3.0, -2.0, -4.0, -3.0)])

    assert not out_of_range(bars, get_instrument("ES"), adjustment).any()
    assert out_of_range(bars, get_instrument("ES")).all()


def test_out_of_range_of_an_instrument_that_is_not_in_the_table_says_nothing():
    other = replace(get_instrument("ES"), symbol="XX")

    assert not out_of_range(make_bars([(-3.0, -2.0, -4.0, -3.0)]), other).any()


def test_shown_range_is_text_for_people():
    assert shown_range(get_instrument("6E")) == "0.4 to 4"
    assert shown_range(get_instrument("MNQ")) == "500 to 250,000"


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("daily/ES_front_quandl", "ES"),
        ("daily/NQ_front_quandl", "NQ"),
        ("daily/GC_front_quandl", "GC"),
        ("daily/SI_front_quandl", "SI"),
        ("daily/ZC_front_quandl", "ZC"),
        ("daily/CL_yahoo", "CL"),
        ("6E_5min", "6E"),
        ("BTCUSDT_5min", "BTCUSDT"),
    ],
)
def test_out_of_range_real_bars_are_in_and_those_of_another_symbol_out(name, symbol):
    bars = pd.read_parquet(real_data(f"{name}.parquet"))

    assert not out_of_range(bars, get_instrument(symbol)).any()
    if symbol != "6E":
        assert out_of_range(bars, get_instrument("6E")).mean() > 0.9
