"""Accounts that live through the bars: flat before each close, over no roll unless at cost."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.continuous import continuous_series
from data.contract_bars import load_contract_bars
from data.rolls import RollSettings
from env.kernel.names import Denial, Reason
from env.market import build_market
from tests.helpers.bars import real_data
from tests.helpers.session_markets import (
    AccountRun,
    flagged,
    market_of,
    session_frame,
    with_roll,
)

TWO_DAYS = ("2024-06-17", "2024-06-18")
ROLL = "2024-06-17 22:00"
N_SESSION = 276
ROUND_TRIP_USD = 2.24
"""Two commissions of 0.62 and two ticks of 0.50: what a trade at one price loses in MNQ."""


def free(**settings):
    """Return settings without margin and stop."""
    return EnvSettings(margin="none", stop_loss_ticks=None, **settings)


def without(frame, first, last):
    """Return the bars but those from `first` to `last` (UTC)."""
    index = pd.DatetimeIndex(frame.index)
    return frame[(index < pd.Timestamp(first, tz="UTC")) | (index > pd.Timestamp(last, tz="UTC"))]


def test_flatten_closes_at_the_next_open():
    frame = session_frame(*TWO_DAYS)
    frame.loc[pd.Timestamp("2024-06-17 20:45", tz="UTC") :, ["open", "high", "low", "close"]] += 10
    run = AccountRun(market_of(frame), free(flatten_minutes_before_close=15), [1])

    # the bar of 20:40 closes 15 minutes before 21:00: out at the open of 20:45, row 273
    trade = run.trades[0]
    assert (trade.exit_bar, trade.reason) == (273, Reason.SESSION_END)
    assert trade.exit_ticks == (20_010.0 - 0.25) / 0.25
    assert trade.net_usd == pytest.approx(20.0 - ROUND_TRIP_USD)
    # the next decision that may open is at the close of the next session's first bar
    assert run.positions[272:279].tolist() == [1, 0, 0, 0, 0, 1, 1]
    assert run.denials[272:277].tolist() == [0] + [Denial.LAST_MINUTES] * 3 + [0]


def test_flatten_on_a_half_day_is_by_its_own_close():
    market = market_of(session_frame("2024-07-03", "2024-07-03"))  # closes at 12:15, 17:15 UTC
    run = AccountRun(market, free(flatten_minutes_before_close=15), [1])

    assert str(market.timestamps[run.trades.exit_bar[0]]) == "2024-07-03 17:00:00+00:00"
    assert len(run.trades) == 1


def test_flatten_of_a_session_whose_data_end_early_is_at_its_last_close():
    frame = without(session_frame(*TWO_DAYS), "2024-06-17 15:00", "2024-06-17 20:55")
    last = pd.Timestamp("2024-06-17 14:55", tz="UTC")
    frame.loc[last, ["high", "close"]] += 5.0
    market = market_of(frame)
    run = AccountRun(market, free(flatten_minutes_before_close=15), [1])

    row = market.timestamps.get_loc(last)
    trade = run.trades[0]
    assert (trade.exit_bar, trade.reason) == (row, Reason.SESSION_END)
    assert trade.net_usd == pytest.approx(10.0 - ROUND_TRIP_USD)
    assert run.positions[row] == run.positions[row + 1] == 0
    assert run.denials[row] == Denial.LAST_MINUTES


def test_flatten_of_zero_minutes_is_at_the_last_close():
    run = AccountRun(market_of(session_frame(*TWO_DAYS)), free(flatten_minutes_before_close=0), [1])

    assert (run.trades.exit_bar[0], run.trades.reason[0]) == (275, Reason.SESSION_END)
    assert run.positions[274:278].tolist() == [1, 0, 0, 1]


def test_without_a_flatten_a_position_is_carried_into_the_next_session():
    run = AccountRun(market_of(session_frame(*TWO_DAYS)), free(), [1])

    assert len(run.trades) == 1
    assert run.trades.reason[0] == Reason.END_OF_DATA
    assert run.positions[1:-1].tolist() == [1] * 550


def test_no_entry_bars_openings_until_the_next_session_and_no_closing():
    market = market_of(session_frame(*TWO_DAYS))
    settings = free(no_entry_minutes_before_close=30)
    late = AccountRun(market, settings, [0] * 270 + [1])  # the bar of 20:25 is row 269
    assert late.positions[:278].tolist() == [0] * 277 + [1]
    assert (late.denials[270:276] == Denial.LAST_MINUTES).all()

    closing = AccountRun(market, settings, [1] * 270 + [-1])  # a reversal: half of it may go
    assert closing.positions[[270, 271, 276, 277]].tolist() == [1, 0, 0, -1]


@pytest.mark.parametrize("position", [1, -1])
def test_roll_flatten_carries_nothing_over(position):
    run = AccountRun(
        market_of(with_roll(session_frame(*TWO_DAYS), ROLL, 272.25)), free(), [position]
    )

    # the bar of 20:45 closes ten minutes before 21:00: out at the open of row 274
    assert (run.trades.exit_bar[0], run.trades.reason[0]) == (274, Reason.ROLL)
    assert run.positions[273:278].tolist() == [position, 0, 0, 0, position]
    assert run.trades.net_usd.tolist() == pytest.approx([-ROUND_TRIP_USD] * 2)
    assert run.account.cash_usd == pytest.approx(10_000 - 2 * ROUND_TRIP_USD)


def test_roll_flatten_where_the_last_minutes_are_missing_is_at_the_last_close():
    frame = without(session_frame(*TWO_DAYS), "2024-06-17 20:30", "2024-06-17 20:55")
    run = AccountRun(market_of(with_roll(frame, ROLL, 272.25)), free(), [1])

    assert (run.trades.exit_bar[0], run.trades.reason[0]) == (269, Reason.ROLL)
    assert run.positions[269:272].tolist() == [0, 0, 1]
    assert run.account.cash_usd == pytest.approx(10_000 - 2 * ROUND_TRIP_USD)


@pytest.mark.parametrize("position", [1, -1])
@pytest.mark.parametrize("gap", [272.25, -80.0])
@pytest.mark.parametrize(
    ("symbol", "roll_usd"),
    [("MNQ", 2.24), ("ES", 29.50)],  # two commissions of 2.25 and two ticks of 12.50
)
def test_roll_charge_costs_two_fills_and_no_gap(position, gap, symbol, roll_usd):
    frame = session_frame(*TWO_DAYS, symbol)
    settings = free(symbol=symbol, roll="charge")
    plain = AccountRun(market_of(frame, symbol), settings, [position])
    run = AccountRun(market_of(with_roll(frame, ROLL, gap), symbol), settings, [position])

    assert plain.account.cash_usd - run.account.cash_usd == pytest.approx(roll_usd, abs=1e-9)
    assert run.trades.reason.tolist() == [Reason.ROLL, Reason.END_OF_DATA]
    assert run.trades.exit_bar.tolist() == [N_SESSION, 551]
    assert run.fills.reason.tolist().count(Reason.ROLL) == 2
    assert run.positions[1:-1].tolist() == [position] * 550


def test_roll_charge_is_paid_for_a_new_contract_without_a_gap_too():
    frame = session_frame(*TWO_DAYS).assign(roll_gap=0.0, contract="MNQM24")
    frame.loc[pd.Timestamp(ROLL, tz="UTC") :, "contract"] = "MNQU24"
    run = AccountRun(market_of(frame), free(roll="charge"), [1])

    assert len(run.trades) == 2
    assert run.trades.reason[0] == Reason.ROLL
    assert run.account.cash_usd == pytest.approx(10_000.0 - 2 * ROUND_TRIP_USD)


def test_further_slippage_is_paid_outside_regular_hours():
    market = market_of(session_frame("2024-06-17", "2024-06-17"))
    settings = free(off_hours_slippage_ticks=2)
    run = AccountRun(market, settings, [1] * 200 + [0])  # in at 17:05, out at 09:45 Chicago

    assert run.fills.price_ticks.tolist() == [80_003, 79_999]
    assert run.account.slippage_usd == pytest.approx(2.0)


@pytest.mark.slow
def test_real_bars_leave_no_position_at_any_sessions_last_close():
    nasdaq = get_instrument("NQ")
    contracts = load_contract_bars(real_data("NQ_5min_contracts.parquet"), nasdaq)
    series = continuous_series(contracts, nasdaq, RollSettings())
    market = build_market(series.bars, ["log_return"])
    targets = np.random.default_rng(3).integers(-2, 3, market.n_bars)
    run = AccountRun(
        market, free(flatten_minutes_before_close=15, max_position=2, initial_balance=1e6), targets
    )

    assert market.is_roll.sum() == 5
    assert (run.positions[market.session_bounds[:, 1]] == 0).all()
    assert len(flagged(market, 1)) == len(market.session_bounds) == 337
    assert (run.positions[np.flatnonzero(market.is_roll) - 1] == 0).all()
    assert run.account.n_trades > 10_000
    assert run.account.cash_usd == pytest.approx(1e6 + run.trades.net_usd.sum(), abs=1e-4)
    assert run.fills.fee_usd.sum() == pytest.approx(run.account.fees_usd)
