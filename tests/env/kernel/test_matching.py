"""Where one order fills in one bar: the table of env/kernel/matching.py, a row each. Ticks."""

import numpy as np
import pytest

from env.kernel.matching import (
    BORN_INSIDE_LAST,
    LIMITS_LAST,
    NEVER,
    NO_FILL,
    fill_ticks_at_open,
    fill_ticks_in_range,
    is_high_first,
    is_triggered_at_open,
    protective_stop_ticks,
    target_limit_ticks,
    touch_ticks,
)
from env.kernel.names import Birth, OrderKind, PathPolicy
from tests.helpers.accounts import Terms, bar_records, new_account

MARKET, STOP, NONE = OrderKind.MARKET, OrderKind.STOP, OrderKind.NONE
LIMIT, STOP_LIMIT = OrderKind.LIMIT, OrderKind.STOP_LIMIT
SLIPPAGE = 2


def matched(match, order, row, through_ticks=1):
    """Match (kind, quantity, price[, birth]); the price is the trigger, or a limit's limit."""
    account = new_account(Terms(slippage_ticks=SLIPPAGE, through_ticks=through_ticks))[0]
    return match(written(account, *order), bar_records([row])[0], account.costs)


def written(account, kind, quantity, price, birth=Birth.RESTED):
    record = account.orders[0]
    record.kind, record.quantity, record.birth = kind, quantity, birth
    record.limit_ticks = price if kind == LIMIT else 0
    record.trigger_ticks = 0 if kind == LIMIT else price
    return record


AT_OPEN = [
    # order: kind, quantity, trigger; bar: O H L C; fill
    pytest.param((MARKET, 1, 0), (100, 110, 90, 95), 102, id="buy slips up"),
    pytest.param((MARKET, -3, 0), (100, 110, 90, 95), 98, id="sale slips down"),
    pytest.param((STOP, -1, 100), (99, 110, 90, 95), 97, id="sell stop gapped over"),
    pytest.param((STOP, -1, 100), (100, 110, 90, 95), 98, id="opens at the sell stop"),
    pytest.param((STOP, -1, 100), (101, 110, 90, 95), NO_FILL, id="opens above it"),
    pytest.param((STOP, 1, 100), (101, 110, 90, 95), 103, id="buy stop gapped over"),
    pytest.param((STOP, 1, 100), (99, 110, 90, 95), NO_FILL, id="opens below a buy stop"),
    pytest.param((LIMIT, 1, 100), (99, 110, 90, 95), 99, id="opens below a buy limit: better"),
    pytest.param((LIMIT, 1, 100), (100, 110, 90, 95), NO_FILL, id="opens at a buy limit"),
    pytest.param((LIMIT, -1, 100), (101, 110, 90, 95), 101, id="opens above a sell limit: better"),
    pytest.param((LIMIT, -1, 100), (100, 110, 90, 95), NO_FILL, id="opens at a sell limit"),
    pytest.param((STOP_LIMIT, 1, 100), (101, 110, 90, 95), NO_FILL, id="triggers, fills not"),
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
    pytest.param((LIMIT, 1, 95), (100, 110, 94, 98), 95, id="buy limit traded through"),
    pytest.param((LIMIT, 1, 95), (100, 110, 95, 98), NO_FILL, id="buy limit touched"),
    pytest.param((LIMIT, -1, 105), (100, 106, 90, 98), 105, id="sell limit traded through"),
    pytest.param((LIMIT, -1, 105), (100, 105, 90, 98), NO_FILL, id="sell limit touched"),
    pytest.param(
        (LIMIT, -1, 105, Birth.AT_OPEN), (100, 106, 90, 98), 105, id="limit born at the open"
    ),
    pytest.param(
        (LIMIT, -1, 105, Birth.INSIDE), (100, 110, 90, 98), NO_FILL, id="limit born inside waits"
    ),
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


@pytest.mark.parametrize(
    ("through_ticks", "low", "ticks"),
    [(0, 95, 95), (0, 96, NO_FILL), (1, 95, NO_FILL), (1, 94, 95), (2, 94, NO_FILL), (2, 93, 95)],
)
def test_limit_fills_when_the_price_goes_so_many_ticks_beyond(through_ticks, low, ticks):
    row = (100, 110, low, 98)
    assert matched(filled_in_range, (LIMIT, 1, 95), row, through_ticks) == ticks


@pytest.mark.parametrize(
    ("quantity", "open_", "is_triggered"),
    [(1, 100, True), (1, 101, True), (1, 99, False), (-1, 100, True), (-1, 101, False)],
)
def test_stop_is_triggered_by_an_open_at_or_beyond_it(quantity, open_, is_triggered):
    account = new_account(Terms())[0]
    order = written(account, STOP_LIMIT, quantity, 100)
    assert is_triggered_at_open(order, bar_records([(open_, 110, 90, 95)])[0]) == is_triggered


# the bar goes 100, 110, 90, 95 or 100, 90, 110, 95: ticks travelled when each order is reached
TOUCHES = [
    # order, high first, low first, worst
    pytest.param((STOP, -1, 95), 25, 5, 0, id="sell stop"),  # 10 up and 15 down; 5 down
    pytest.param((STOP, 1, 105), 5, 25, 0, id="buy stop"),  # 5 up; 10 down and 15 up
    pytest.param((STOP_LIMIT, 1, 105), 5, 25, 0, id="stop-limit"),
    pytest.param((LIMIT, -1, 105), 6, 26, LIMITS_LAST, id="sell limit"),  # a tick through
    pytest.param((LIMIT, 1, 95), 26, 6, LIMITS_LAST, id="buy limit"),
    pytest.param(
        (STOP, -1, 95, Birth.INSIDE), *[BORN_INSIDE_LAST] * 3, id="born inside: after all else"
    ),
    pytest.param((MARKET, 1, 0), NEVER, NEVER, NEVER, id="market"),
]


@pytest.mark.parametrize(("order", "high_first", "low_first", "worst"), TOUCHES)
def test_range_reaches_an_order_when_the_path_says(order, high_first, low_first, worst):
    account = new_account(Terms())[0]
    record = written(account, *order)
    bar = bar_records([(100, 110, 90, 95)])[0]
    assert touch_ticks(record, bar, True, False, 1) == high_first
    assert touch_ticks(record, bar, False, False, 1) == low_first
    assert touch_ticks(record, bar, False, True, 1) == worst


@pytest.mark.parametrize(
    ("policy", "row", "is_first"),
    [
        (PathPolicy.OHLC, (100, 110, 90, 95), True),
        (PathPolicy.OLHC, (100, 110, 90, 95), False),
        (PathPolicy.ADAPTIVE, (100, 109, 90, 95), True),  # 9 up, 10 down
        (PathPolicy.ADAPTIVE, (100, 110, 91, 95), False),
        (PathPolicy.ADAPTIVE, (100, 110, 90, 95), False),  # as near: the low
    ],
)
def test_path_policy_says_which_extreme_comes_first(policy, row, is_first):
    assert is_high_first(policy, bar_records([row])[0]) == is_first


@pytest.mark.parametrize(
    ("position", "entry", "offset", "ticks"),
    [
        (1, 1000.0, 200.0, 1200),
        (-1, 1000.0, 200.0, 800),
        (2, 1000.5, 200.0, 1201),  # off the grid: the better price
        (-2, 1000.5, 200.0, 800),
        (3, 1000.0 + 1e-9, 200.0, 1200),  # float noise is no fraction
    ],
)
def test_target_off_the_grid_rounds_to_the_better_price(position, entry, offset, ticks):
    assert target_limit_ticks(np.int32(position), entry, offset) == ticks
