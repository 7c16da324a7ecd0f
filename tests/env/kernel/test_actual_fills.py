"""An account that is told its fills: as one that finds them, and exact where they differ."""

from dataclasses import replace

import numpy as np
import pytest

from env.kernel.actual_fills import advance_by
from env.kernel.advance import advance
from env.kernel.limits import permitted_quantity
from env.kernel.names import BarFlag, OrderKind, Reason
from env.kernel.orders import place_market_order
from env.kernel.types import FILL, MARKET_SLOT, STOP_SLOT, TRADE
from tests.helpers.accounts import NEVER, Terms, bar_records, new_account
from tests.helpers.kernel_scenarios import draw_scenario

PATH_ONLY = ("n_ambiguous", "orders")
N_SCENARIOS = 300


def fill_records(*rows):
    """Return FILL records of (quantity, price in ticks, fee, reason)."""
    found = np.zeros(len(rows), FILL)
    for record, (quantity, price, fee, reason) in zip(found, rows, strict=True):
        record["quantity"], record["price_ticks"] = quantity, price
        record["fee_usd"], record["reason"] = fee, reason
    return found


def waiting(account):
    """Return what waits in the account's own slots."""
    names = ("kind", "reason", "quantity", "trigger_ticks", "limit_ticks", "trail_ticks", "birth")
    orders = [order for order in account.orders if order["kind"] != OrderKind.NONE]
    return [tuple(order[name] for name in names) for order in orders]


def assert_same(found, expected):
    for name in found.dtype.names:
        if name not in PATH_ONLY:
            assert np.asarray(found[name]).tobytes() == np.asarray(expected[name]).tobytes(), name
    assert waiting(found) == waiting(expected)


def papers(n_bars):
    return np.zeros(20 * n_bars, FILL), np.zeros(20 * n_bars, TRADE)


def run_both(terms, bars, quantities):
    """Let one account find its fills, and tell them to another; return the reasons."""
    finds, told = new_account(terms)[0], new_account(terms)[0]
    own, other = papers(len(bars)), papers(len(bars))
    for row in range(len(bars) - 1):
        for account in (finds, told):
            quantity = permitted_quantity(account, bars[row]["flag_bits"], quantities[row])
            place_market_order(account, quantity, Reason.SIGNAL.value)
        first = finds.n_fills
        advance(finds, bars[row + 1], *own)
        given = own[0][first : finds.n_fills]
        assert advance_by(told, bars[row + 1], given, *other)
        assert_same(told, finds)
    assert other[0].tobytes() == own[0].tobytes()
    assert other[1].tobytes() == own[1].tobytes()
    return {int(reason) for reason in own[0]["reason"][: finds.n_fills]}


def test_told_account_is_the_one_that_finds_its_fills_in_random_scenarios():
    rng = np.random.default_rng(7)

    def pick(low, high):
        return int(rng.integers(low, high, endpoint=True))

    reasons = set()
    for _ in range(N_SCENARIOS):
        scenario = draw_scenario(pick)
        terms = replace(scenario.terms, n_free_slots=0, last_bar=NEVER)
        bars = scenario.bars.copy()
        bars["flag_bits"] &= ~int(BarFlag.LAST_CHANCE)
        reasons |= run_both(terms, bars, scenario.quantities)
    assert reasons >= {Reason.SIGNAL, Reason.STOP, Reason.TARGET, Reason.TRAILING_STOP}
    assert reasons >= {Reason.SESSION_END, Reason.ROLL, Reason.DRAWDOWN, Reason.LIQUIDATION}


ROWS = [
    (80_000, 80_008, 79_992, 80_000),
    (80_004, 80_040, 79_996, 80_032),
    (80_036, 80_048, 80_020, 80_024),
]
"""Of MNQ in ticks: half a dollar each."""


def told_run(fills_by_bar, bars=None, **terms):
    """Return an account told these fills, one list for each bar after the first."""
    records = bar_records(ROWS if bars is None else bars)
    account = new_account(Terms(**terms))[0]
    for bar, fills in zip(records[1:], fills_by_bar, strict=False):
        assert advance_by(account, bar, fill_records(*fills), *papers(4))
    return account


def test_commission_really_charged_counts_and_the_usual_one_stays_for_the_sizer():
    account = told_run([[(2, 80_006, 1.70, Reason.SIGNAL)]])
    assert account.fees_usd == account.open_fees_usd == 1.70
    # two contracts from 80,006 to 80,032 ticks at $.50, less what was charged
    assert account.equity_usd == 10_000.0 + 26.0 - 1.70
    assert account.costs.commission_per_side_usd == 0.62
    assert account.slippage_usd == 2.0  # two ticks worse than the open, two contracts


def test_fill_better_than_the_open_slips_by_nothing():
    account = told_run([[(1, 80_001, 0.62, Reason.SIGNAL)]])
    assert account.slippage_usd == 0.0


def test_entry_in_parts_is_one_trade_protected_around_its_average():
    account = told_run(
        [[(1, 80_004, 0.62, Reason.SIGNAL), (1, 80_006, 0.62, Reason.SIGNAL)]],
        stop_offset_ticks=100.0,
    )
    stop = account.orders[STOP_SLOT]
    assert (account.position, account.entry_ticks, account.session_trades) == (2, 80_005.0, 1)
    assert (stop.quantity, stop.trigger_ticks) == (-2, 79_905)


def test_stop_in_parts_leaves_a_stop_for_the_rest_where_it_was():
    entry = [(3, 80_004, 1.86, Reason.SIGNAL)]
    account = told_run([entry, [(-1, 80_023, 0.62, Reason.STOP)]], stop_offset_ticks=100.0)
    stop = account.orders[STOP_SLOT]
    assert account.position == 2
    assert (stop.kind, stop.quantity, stop.trigger_ticks) == (OrderKind.STOP, -2, 79_904)


def test_order_that_was_not_filled_waits_no_longer_than_its_bar():
    account = new_account(Terms())[0]
    place_market_order(account, 1, Reason.SIGNAL.value)
    advance_by(account, bar_records(ROWS)[1], fill_records(), *papers(4))
    assert account.position == 0
    assert account.orders[MARKET_SLOT].kind == OrderKind.NONE


def test_flatten_that_was_not_filled_is_asked_for_again_at_the_next_close():
    bars = [(*row, int(BarFlag.FLATTEN)) for row in ROWS]
    account = told_run([[(1, 80_005, 0.62, Reason.SIGNAL)], []], bars)
    order = account.orders[MARKET_SLOT]
    assert (order.kind, order.quantity, order.reason) == (
        OrderKind.MARKET,
        -1,
        Reason.SESSION_END,
    )


@pytest.mark.parametrize(
    ("fills", "is_of_contract"),
    [
        ([], False),
        ([(-1, 79_930, 0.62, Reason.ROLL)], True),
        ([(-1, 79_930, 0.62, Reason.ROLL), (1, 80_037, 0.62, Reason.ROLL)], True),
    ],
)
def test_position_of_the_contract_before_a_roll_is_told_of(fills, is_of_contract):
    rows = [ROWS[0], ROWS[1], (*ROWS[2], int(BarFlag.ROLL), 100)]
    bars = bar_records(rows)
    account = new_account(Terms(stop_offset_ticks=200.0))[0]
    assert advance_by(account, bars[1], fill_records((1, 80_005, 0.62, Reason.SIGNAL)), *papers(4))
    assert advance_by(account, bars[2], fill_records(*fills), *papers(4)) is is_of_contract
    if account.position:
        assert account.orders[STOP_SLOT].trigger_ticks == 80_005 + 100 - 200
