"""What fills do to position and money, by hand. MNQ: 0.50 USD a tick, 0.62 USD a side."""

import pytest

from env.kernel.costs import adverse_ticks, fee_usd
from env.kernel.ledger import reducing_quantity
from tests.helpers.accounts import KernelRun, Terms, bar_records, new_account

# opens 1000 apart by 10; closes 4 above the open; no slippage, so that prices are round
BARS = [(1000 + 10 * i, 1006 + 10 * i, 998 + 10 * i, 1004 + 10 * i) for i in range(6)]


def run(orders):
    return KernelRun(Terms(slippage_ticks=0), bar_records(BARS)).send(orders)


def test_ledger_open_position_is_marked_to_the_close():
    account = run((2,)).account  # bought 2 at 1010, close 1014
    assert account.position == 2
    assert account.cash_usd == pytest.approx(10_000 - 1.24)
    assert account.open_pnl_usd == 4.0
    assert account.equity_usd == pytest.approx(10_002.76)
    assert account.realised_usd == 0.0


def test_ledger_closed_trade_moves_its_pnl_into_cash():
    done = run((-2, 2))  # sold 2 at 1010, bought them at 1020: -20 ticks
    assert done.account.cash_usd == done.account.equity_usd == pytest.approx(10_000 - 10 - 2.48)
    assert done.account.open_pnl_usd == 0.0
    assert (done.account.n_trades, done.account.n_wins, done.account.n_fills) == (1, 0, 2)
    trade = done.trades[0]
    assert (trade.quantity, trade.entry_bar, trade.exit_bar) == (-2, 1, 2)
    assert (trade.entry_ticks, trade.exit_ticks) == (1010, 1020)
    assert (trade.gross_usd, trade.fees_usd) == (-10.0, 2.48)


def test_ledger_addition_averages_the_entry():
    account = run((1, 0, 2)).account  # 1 at 1010, 2 at 1030
    assert account.entry_ticks == pytest.approx(3070 / 3)
    assert account.entry_bar == 1


def test_ledger_reduction_leaves_entry_and_trade_open():
    account = run((3, -1)).account  # 3 at 1010, 1 sold at 1020, close 1024
    assert (account.position, account.entry_ticks, account.n_trades) == (2, 1010, 0)
    assert account.open_pnl_usd == (10 + 2 * 14) * 0.50
    assert account.cash_usd == pytest.approx(10_000 - 4 * 0.62)


def test_ledger_reversal_splits_the_commission_between_both_trades():
    done = run((2, -3, 1))  # long 2 at 1010, reversed to short 1 at 1020, closed at 1030
    assert [fill.fee_usd for fill in done.fills] == pytest.approx([1.24, 1.86, 0.62])
    assert [trade.fees_usd for trade in done.trades] == pytest.approx([2.48, 1.24])
    assert [trade.net_usd for trade in done.trades] == pytest.approx([7.52, -6.24])
    assert [trade.entry_bar for trade in done.trades] == [1, 2]
    assert done.account.n_wins == 1


@pytest.mark.parametrize(
    ("position", "quantity", "part"),
    [(2, -1, -1), (2, -2, -2), (2, -5, -2), (2, 3, 0), (-2, 5, 2), (-2, -1, 0), (0, 4, 0)],
)
def test_reducing_quantity_never_opens_anything(position, quantity, part):
    assert reducing_quantity(position, quantity) == part


def test_fee_is_paid_per_contract_and_never_negative():
    costs = new_account(Terms())[0].costs
    assert fee_usd(3, costs) == fee_usd(-3, costs) == pytest.approx(1.86)


def costs_at(scale, slippage_ticks=3.0):
    costs = new_account(Terms(slippage_ticks=slippage_ticks))[0].costs
    costs.scale = scale
    return costs


@pytest.mark.parametrize(
    ("scale", "fee", "ticks"),
    [(0.0, 0.0, 0), (0.5, 0.62, 1), (0.99, 1.2276, 2), (1, 1.24, 3)],
)
def test_scaled_costs_round_slippage_down(scale, fee, ticks):
    costs = costs_at(scale)
    assert fee_usd(-2, costs) == pytest.approx(fee)
    assert adverse_ticks(bar_records(BARS)[0], costs) == ticks


def test_scaled_costs_lose_no_tick_to_float_noise():
    costs = costs_at(0.29, slippage_ticks=100.0)
    assert adverse_ticks(bar_records(BARS)[0], costs) == 29  # 100 x 0.29 is 28.999999999999996


def test_slippage_of_the_bar_comes_on_top():
    bar = bar_records([(*BARS[0], 0, 0, 2.0, 0.0)])[0]
    assert adverse_ticks(bar, costs_at(1.0)) == 5
