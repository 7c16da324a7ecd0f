"""Where one order fills in one bar: the table of env/kernel/matching.py, a row each. Ticks."""

import numpy as np
import pytest

from env.kernel.matching import (
    NEVER,
    NO_FILL,
    fill_ticks_at_open,
    fill_ticks_in_range,
    protective_stop_ticks,
    touch_ticks,
)
from env.kernel.names import OrderKind
from tests.helpers.accounts import Terms, bar_records, new_account

MARKET, STOP, NONE = OrderKind.MARKET, OrderKind.STOP, OrderKind.NONE
SLIPPAGE = 2


def matched(match, order, row):
    account = new_account(Terms(slippage_ticks=SLIPPAGE))[0]
    record = account.orders[0]
    record.kind, record.quantity, record.trigger_ticks = order
    return match(record, bar_records([row])[0], account.costs)


AT_OPEN = [
    # order: kind, quantity, trigger; bar: O H L C; fill
    pytest.param((MARKET, 1, 0), (100, 110, 90, 95), 102, id="buy slips up"),
    pytest.param((MARKET, -3, 0), (100, 110, 90, 95), 98, id="sale slips down"),
    pytest.param((STOP, -1, 100), (99, 110, 90, 95), 97, id="sell stop gapped over"),
    pytest.param((STOP, -1, 100), (100, 110, 90, 95), 98, id="opens at the sell stop"),
    pytest.param((STOP, -1, 100), (101, 110, 90, 95), NO_FILL, id="opens above it"),
    pytest.param((STOP, 1, 100), (101, 110, 90, 95), 103, id="buy stop gapped over"),
    pytest.param((STOP, 1, 100), (99, 110, 90, 95), NO_FILL, id="opens below a buy stop"),
    pytest.param((NONE, -1, 100), (99, 110, 90, 95), NO_FILL, id="empty slot"),
]


@pytest.mark.parametrize(("order", "row", "ticks"), AT_OPEN)
def test_order_at_the_open_fills_as_the_table_says(order, row, ticks):
    assert matched(fill_ticks_at_open, order, row) == ticks


IN_RANGE = [
    pytest.param((STOP, -1, 95), (100, 110, 90, 92), 93, id="sell stop traded through"),
    pytest.param((STOP, -1, 90), (100, 110, 90, 92), 88, id="sell stop touched by the low"),
    pytest.param((STOP, -1, 89), (100, 110, 90, 92), NO_FILL, id="low stays above it"),
    pytest.param((STOP, 1, 105), (100, 110, 90, 92), 107, id="buy stop traded through"),
    pytest.param((STOP, 1, 110), (100, 110, 90, 92), 112, id="buy stop touched by the high"),
    pytest.param((STOP, 1, 111), (100, 110, 90, 92), NO_FILL, id="high stays below it"),
    pytest.param((STOP, -1, 105), (100, 110, 90, 92), 103, id="born inside: at its price"),
    pytest.param((STOP, -1, 120), (100, 110, 90, 92), 108, id="born beyond: at the best"),
    pytest.param((STOP, 1, 80), (100, 110, 90, 92), 92, id="buy stop born beyond"),
    pytest.param((MARKET, 1, 0), (100, 110, 90, 92), NO_FILL, id="market never waits"),
    pytest.param((NONE, -1, 95), (100, 110, 90, 92), NO_FILL, id="empty slot"),
]


def filled_in_range(order, bar, costs):
    is_reached = touch_ticks(order, bar, False, True, costs.through_ticks) != NEVER
    return fill_ticks_in_range(order, bar, costs) if is_reached else NO_FILL


@pytest.mark.parametrize(("order", "row", "ticks"), IN_RANGE)
def test_order_in_the_range_fills_as_the_table_says(order, row, ticks):
    assert matched(filled_in_range, order, row) == ticks


@pytest.mark.parametrize(
    ("position", "entry", "offset", "ticks"),
    [
        (1, 1000.0, 200.0, 800),  # on the grid
        (-1, 1000.0, 200.0, 1200),
        (2, 1000.5, 200.0, 801),  # off the grid: a sell stop rounds up
        (-2, 1000.5, 200.0, 1200),  # a buy stop down
        (1, 1000.0, 200.5, 800),  # a fractional offset likewise
        (3, 1000.0 + 1e-9, 200.0, 800),  # float noise of an average is no fraction
        (1, -3763.0, 50.0, -3813),  # below zero
    ],
)
def test_protective_stop_off_the_grid_rounds_to_the_smaller_loss(position, entry, offset, ticks):
    assert protective_stop_ticks(np.int32(position), entry, offset) == ticks
