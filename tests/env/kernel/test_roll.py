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


def test_roll_sets_stop_and_target_anew_from_the_new_entry():
    run = run_of(MNQ, MNQ_ROWS, (1, 0), 25, stop_offset_ticks=200.0, target_offset_ticks=400.0)
    stop, target = run.account.orders[STOP_SLOT], run.account.orders[TARGET_SLOT]
    assert MNQ.to_prices(stop["trigger_ticks"]) == 20034.25 - 50
    assert MNQ.to_prices(target["limit_ticks"]) == 20034.25 + 100


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


def test_decision_before_a_roll_is_executed_after_it_in_the_new_contract():
    run = run_of(MNQ, MNQ_ROWS, (1, -1), 25)
    assert MNQ.to_prices(run.fills.price_ticks).tolist() == [20001.25, 20008.75, 20034.25, 20033.75]
    assert run.account.position == 0
