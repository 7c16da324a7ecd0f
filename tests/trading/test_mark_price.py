"""Which prices a position is marked at. MNQ: a tick is 0.25 points; CL: 0.01."""

import math

import pytest

from config.instruments import get_instrument
from trading.mark_price import MarkPrice

ENTRY = 80_000  # ticks: 20,000 points


def mnq():
    return MarkPrice(get_instrument("MNQ"))


@pytest.mark.parametrize("price", [20_000.0, 20_000.1, 10_000.0, 30_000.0, 19_000.25])
def test_mark_price_near_the_entry_is_believed(price):
    assert mnq().believed(price, ENTRY) == price


@pytest.mark.parametrize(
    "price", [None, math.nan, math.inf, -math.inf, 0.0, -20_000.0, 9_999.75, 30_000.25, 2e9]
)
def test_mark_price_that_no_market_has_is_not_believed(price):
    assert mnq().believed(price, ENTRY) is None


def test_mark_price_may_go_far_in_steps():
    mark = mnq()
    steps = (14_000.0, 8_000.0, 4_500.0)
    assert [mark.believed(price, ENTRY) for price in steps] == list(steps)
    assert mark.believed(2_000.0, ENTRY) is None
    assert mark.believed(4_400.0, ENTRY) == 4_400.0


def test_mark_price_that_was_wrongly_believed_keeps_out_no_good_one():
    mark = mnq()
    assert mark.believed(10_500.0, ENTRY) == 10_500.0
    assert mark.believed(20_001.0, ENTRY) == 20_001.0


def test_mark_price_remembers_nothing_from_before_the_position():
    mark = mnq()
    assert mark.believed(0.25, None) == 0.25
    assert mark.believed(0.25, ENTRY) is None


def test_mark_price_of_a_position_of_unknown_entry_is_not_believed():
    assert mnq().believed(20_000.0, math.nan) is None


def test_mark_price_of_oil_may_go_below_zero():
    oil = MarkPrice(get_instrument("CL"))
    prices = (5.0, 0.01, -9.0, -18.0, -27.0, -37.63)
    assert [oil.believed(price, 1_000) for price in prices] == list(prices)
    assert oil.believed(-60.0, 1_000) is None
