"""What fills do to position and money, by hand. MNQ: 0.50 USD a tick, 0.62 USD a side."""

import pytest

from env.kernel.costs import adverse_ticks, fee_usd
from env.kernel.ledger import reducing_quantity
from env.kernel.names import OrderKind
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


def test_excursions_are_the_ranges_of_the_bars_held_from_the_average_entry():
    # bought at 1000; highs to 1012, lows to 993; of the bar of the exit its price of 1001 alone
    rows = [
        (990, 991, 989, 990),
        (1000, 1008, 997, 1004),
        (1004, 1012, 993, 1000),
        (1001, 1050, 950, 1000),
    ]
    trade = KernelRun(Terms(slippage_ticks=0), bar_records(rows)).send((1, 0, -1)).trades[0]
    assert (trade.mae_ticks, trade.mfe_ticks) == (-7, 12)
    short = KernelRun(Terms(slippage_ticks=0), bar_records(rows)).send((-1, 0, 1)).trades[0]
    assert (short.mae_ticks, short.mfe_ticks) == (-12, 7)


def test_excursions_of_an_entry_inside_its_bar_see_its_close_alone():
    # bought at 1005 inside; the bar's low of 990 may have come before, its close of 1003 did not
    rows = [(1000, 1001, 999, 1000), (1000, 1008, 990, 1003), (1004, 1020, 1003, 1010)]
    run = KernelRun(Terms(slippage_ticks=0, n_free_slots=1), bar_records(rows))
    run.submit(kind=OrderKind.STOP, quantity=1, trigger_ticks=1005)
    trade = run.send((0, -1)).trades[0]
    assert (trade.mae_ticks, trade.mfe_ticks) == (-2, 0)


def test_excursion_of_a_price_that_gapped_is_where_it_was_left():
    # the stop at 950 goes at the open of 900: the fill itself counts
    rows = [(1000, 1001, 999, 1000), (1000, 1001, 999, 1000), (900, 910, 890, 905)]
    terms = Terms(slippage_ticks=1, stop_offset_ticks=50.0)
    trade = KernelRun(terms, bar_records(rows)).send((1, 0)).trades[0]
    assert (trade.entry_ticks, trade.mae_ticks) == (1001, -102)  # 899


def test_slippage_is_counted_per_contract_and_fill():
    run_slipped = KernelRun(Terms(slippage_ticks=2), bar_records(BARS)).send((3, -3))
    assert run_slipped.account.slippage_usd == 2 * 3 * 2 * 0.50
    assert run_slipped.fills.slippage_ticks.tolist() == [2, 2]


def test_slippage_of_a_limit_is_none():
    rows = [(1000, 1001, 999, 1000), (1000, 1012, 999, 1010)]
    terms = Terms(slippage_ticks=3, target_offset_ticks=5.0)
    done = KernelRun(terms, bar_records(rows)).send((1,))
    assert done.fills.slippage_ticks.tolist() == [3, 0]
    assert done.account.slippage_usd == 1.50


def test_gains_and_losses_are_summed_apart():
    # long 1010 -> 1020: 5 - 1.24; short 1020 -> 1030: -5 - 1.24; the rest open
    account = run((1, -2, 2)).account
    assert (account.n_wins, account.n_losses, account.n_trades) == (1, 1, 2)
    assert account.gains_usd == pytest.approx(3.76)
    assert account.losses_usd == pytest.approx(-6.24)
    assert account.realised_usd == pytest.approx(-2.48)


def test_trade_of_no_gain_is_neither_won_nor_lost():
    flat = [(1000, 1001, 999, 1000)] * 3
    account = (
        KernelRun(Terms(slippage_ticks=0, commission_usd=0.0), bar_records(flat)).send((1, -1))
    ).account
    assert (account.n_trades, account.n_wins, account.n_losses) == (1, 0, 0)
    assert account.gains_usd == account.losses_usd == 0.0


def test_gains_and_losses_are_summed_per_contract_too():
    # three long 1010 -> 1020: 15 - 3.72; two short 1020 -> 1030: -10 - 2.48
    account = run((3, -5, 2)).account
    assert account.unit_gains_usd == pytest.approx(3.76)
    assert account.unit_losses_usd == pytest.approx(-6.24)


def test_max_drawdown_is_the_largest_fall_from_the_highest_close():
    rows = [(1000, 1000, 1000, 1000)]
    rows += [
        (1000, max(1000, close), min(1000, close), close) for close in (1100, 1040, 1090, 1060)
    ]
    free = {"slippage_ticks": 0, "commission_usd": 0.0}
    account = KernelRun(Terms(**free), bar_records(rows)).send((1, 0, 0, 0)).account
    assert (account.peak_usd, account.equity_usd) == (10_050.0, 10_030.0)
    assert account.max_drawdown_usd == 30.0
