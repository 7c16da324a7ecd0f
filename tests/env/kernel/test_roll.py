"""Changes of contract under a position, by hand to the cent: both sides slip, both pay."""

import pytest

from config.instruments import get_instrument
from env.kernel.names import BarFlag, OrderKind, Reason
from env.kernel.types import N_OWN_SLOTS, STOP_SLOT, TARGET_SLOT
from tests.helpers.accounts import KernelRun, Terms, bar_records

MNQ, CL = get_instrument("MNQ"), get_instrument("CL")


def run_of(instrument, rows, orders, gap, **terms):
    """Live through rows of points; the third opens a new contract, `gap` points above the old."""
    ticks = [tuple(row) for row in instrument.to_ticks(rows).tolist()]
    ticks[2] = (*ticks[2], int(BarFlag.ROLL), int(instrument.to_ticks(gap)), 0.0, 0.0)
    return KernelRun(Terms(instrument=instrument, **terms), bar_records(ticks)).send(orders)


MNQ_ROWS = [
    (20000, 20002, 19998, 20000),
    (20001, 20010, 19999, 20008),
    (20034, 20036, 20030, 20033),
    (20032, 20035, 20030, 20031),
]
CL_ROWS = [
    (70.00, 70.10, 69.90, 70.00),
    (70.05, 70.20, 69.95, 70.10),
    (69.80, 69.90, 69.70, 69.82),
    (69.85, 69.95, 69.80, 69.90),
]


def test_roll_of_a_long_mnq_to_the_cent():
    # 20001.25 -> 20034 - 25 - 0.25; 20034.25 -> 20031.75; 1.24 each
    run = run_of(MNQ, MNQ_ROWS, (1, 0, -1), 25)
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20001.25, 20008.75, 20034.25, 20031.75]
    assert run.fills.reason.tolist() == [Reason.SIGNAL, Reason.ROLL, Reason.ROLL, Reason.SIGNAL]
    assert run.trades.net_usd.round(9).tolist() == [13.76, -6.24]
    assert run.account.cash_usd == pytest.approx(10_007.52)


def test_roll_of_a_short_mnq_to_the_cent():
    # 20000.75 -> 20009.25: -17 - 1.24; 20033.75 -> 20032.25: 3 - 1.24
    run = run_of(MNQ, MNQ_ROWS, (-1, 0, 1), 25)
    assert run.trades.net_usd.round(9).tolist() == [-18.24, 1.76]


def test_roll_of_two_long_cl_to_the_cent():
    # 70.06 -> 69.80 + 0.35 - 0.01: 0.08 x 2000 - 9.48; 69.81 -> 69.84: 0.03 x 2000 - 9.48
    run = run_of(CL, CL_ROWS, (2, 0, -2), -0.35)
    assert CL.to_prices(run.fills.price_ticks).tolist() == [70.06, 70.14, 69.81, 69.84]
    assert run.trades.net_usd.round(9).tolist() == [150.52, 50.52]
    assert run.account.fees_usd == pytest.approx(18.96)
    assert run.account.slippage_usd == pytest.approx(4 * 2 * 10.0)  # a tick of 10 USD, four times


def test_roll_without_a_gap_is_charged_too():
    run = run_of(MNQ, MNQ_ROWS, (1, 0, -1), 0)
    assert run.fills.reason.tolist() == [Reason.SIGNAL, Reason.ROLL, Reason.ROLL, Reason.SIGNAL]


def test_roll_of_a_flat_account_costs_nothing():
    run = run_of(MNQ, MNQ_ROWS, (0, 0, 0), 25)
    assert len(run.fills) == 0
    assert run.account.equity_usd == 10_000.0


def test_roll_moves_equity_by_the_market_and_its_own_cost_alone():
    run = run_of(MNQ, MNQ_ROWS, (1, 0, 0), 25)
    # 20008 to 20033 less the gap of 25 is no move; two slipped ticks and two sides are paid
    assert run.equity[2] - run.equity[1] == pytest.approx(-2 * 0.50 - 2 * 0.62)


def test_roll_is_no_new_trade_of_the_session():
    assert run_of(MNQ, MNQ_ROWS, (1, 0, 0), 25).account.session_trades == 1


def test_roll_moves_stop_and_target_with_the_gap_and_no_further():
    run = run_of(MNQ, MNQ_ROWS, (1, 0), 25, stop_offset_ticks=200.0, target_offset_ticks=400.0)
    stop, target = run.account.orders[STOP_SLOT], run.account.orders[TARGET_SLOT]
    assert MNQ.to_prices(stop["trigger_ticks"]) == 20001.25 + 25 - 50
    assert MNQ.to_prices(target["limit_ticks"]) == 20001.25 + 25 + 100
    assert (stop["quantity"], target["quantity"]) == (-1, -1)


def fills_of(run):
    """Return (signed contracts, points) of every fill."""
    prices = MNQ.to_prices(run.fills.price_ticks).tolist()
    return list(zip(run.fills.quantity.tolist(), prices, strict=True))


def rows_opening_at(price):
    """Return bars whose third, the first of the new contract, opens and stays at `price`."""
    return [*MNQ_ROWS[:2], (price, price + 2, price - 2, price), MNQ_ROWS[3]]


def test_stop_that_a_roll_gaps_over_fills_at_the_old_contracts_open():
    # 20001.25 - 50 + 25 = 19976.25; 19900 - 25 - 0.25 = 19874.75: -126.50 x 2 - 1.24
    run = run_of(MNQ, rows_opening_at(19900), (1, 0), 25, stop_offset_ticks=200.0)
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20001.25, 19874.75]
    assert run.fills.reason.tolist() == [Reason.SIGNAL, Reason.STOP]
    assert run.account.cash_usd == pytest.approx(10_000 - 253 - 1.24)


def test_stop_of_a_short_that_a_roll_gaps_over_is_the_mirror():
    # 20000.75 + 50 + 25 = 20075.75; 20100 - 25 + 0.25 = 20075.25: -74.50 x 2 - 1.24
    run = run_of(MNQ, rows_opening_at(20100), (-1, 0), 25, stop_offset_ticks=200.0)
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20000.75, 20075.25]
    assert run.account.cash_usd == pytest.approx(10_000 - 149 - 1.24)


def test_target_that_a_roll_gaps_over_fills_at_the_old_contracts_open():
    # 20001.25 + 50 + 25 = 20076.25; 20110 - 25, a limit does not slip: 83.75 x 2 - 1.24
    run = run_of(MNQ, rows_opening_at(20110), (1, 0), 25, target_offset_ticks=200.0)
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20001.25, 20085.0]
    assert run.fills.reason.tolist() == [Reason.SIGNAL, Reason.TARGET]
    assert run.account.cash_usd == pytest.approx(10_000 + 167.5 - 1.24)


def test_trailing_stop_stays_where_it_had_trailed_to():
    # the high of 20010 less 20, and the gap; the open of 20034 less 20 is further away
    run = run_of(
        MNQ, [*MNQ_ROWS[:2], (20034, 20034, 20033, 20033)], (1, 0), 25, trail_offset_ticks=80.0
    )
    stop = run.account.orders[STOP_SLOT]
    assert MNQ.to_prices(stop["trigger_ticks"]) == 20010 - 20 + 25


def test_reduction_over_a_roll_closes_old_contracts_and_rolls_the_rest():
    # three long; one sold at 20008.75 of the old, two rolled there and bought at 20034.25
    run = run_of(MNQ, MNQ_ROWS, (3, -1), 25, stop_offset_ticks=200.0)
    assert fills_of(run) == [(3, 20001.25), (-1, 20008.75), (-2, 20008.75), (2, 20034.25)]
    assert run.account.orders[STOP_SLOT]["quantity"] == -2
    assert run.account.fees_usd == pytest.approx(8 * 0.62)


def test_addition_over_a_roll_rolls_what_is_held_and_buys_the_new_contract():
    run = run_of(MNQ, MNQ_ROWS, (1, 2), 25)
    assert fills_of(run) == [(1, 20001.25), (-1, 20008.75), (1, 20034.25), (2, 20034.25)]
    assert run.fills.reason.tolist() == [Reason.SIGNAL, Reason.ROLL, Reason.ROLL, Reason.SIGNAL]


def test_reversal_over_a_roll_closes_the_old_contract_and_opens_the_new_one():
    # 7.50 x 2 - 1.24; then short at 20033.75
    run = run_of(MNQ, MNQ_ROWS, (1, -2), 25)
    assert fills_of(run) == [(1, 20001.25), (-1, 20008.75), (-1, 20033.75)]
    assert run.trades.net_usd.round(9).tolist() == [13.76]
    assert run.account.session_trades == 2


def test_account_that_is_closed_by_force_is_not_rolled_first():
    # marked at 20008 it has made 12.88, which is at most the 13 that this limit asks for
    run = run_of(MNQ, MNQ_ROWS, (1, 0), 25, daily_loss_usd=-13.0)
    assert run.fills.reason.tolist() == [Reason.SIGNAL, Reason.DAILY_LOSS]
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20001.25, 20008.75]


def test_bracket_in_free_slots_is_gapped_over_a_roll_as_the_accounts_own_is():
    rows = [tuple(row) for row in MNQ.to_ticks(rows_opening_at(19900)).tolist()]
    rows[2] = (*rows[2], int(BarFlag.ROLL), 100, 0.0, 0.0)
    run = KernelRun(Terms(n_free_slots=3), bar_records(rows))
    run.submit(kind=OrderKind.MARKET, quantity=1, stop_offset_ticks=200.0)
    run.send((0, 0))
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20001.25, 19874.75]


def test_roll_moves_what_waits_with_the_gap():
    rows = [tuple(row) for row in MNQ.to_ticks(MNQ_ROWS).tolist()]
    rows[2] = (*rows[2], int(BarFlag.ROLL), 100, 0.0, 0.0)
    run = KernelRun(Terms(n_free_slots=2), bar_records(rows))
    run.submit(kind=OrderKind.LIMIT, quantity=1, limit_ticks=79_900)
    run.submit(kind=OrderKind.STOP, quantity=1, trigger_ticks=80_100)
    run.send((0, 0))
    assert run.account.orders[N_OWN_SLOTS]["limit_ticks"] == 80_000
    assert run.fills.price_ticks.tolist() == []  # the old trigger of 80,100 would have filled
    assert run.account.orders[N_OWN_SLOTS + 1]["trigger_ticks"] == 80_200


def test_close_decided_before_a_roll_is_executed_in_the_old_contract():
    run = run_of(MNQ, MNQ_ROWS, (1, -1), 25)
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20001.25, 20008.75]
    assert run.account.position == 0
