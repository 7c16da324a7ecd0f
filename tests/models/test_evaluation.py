"""One pass over rows that are not learnt from: what it walks, what it costs, what it comes to."""

import math

import numpy as np
import pytest

from env.actions import Action
from env.trading_env import TradingEnv
from models.evaluation import EvaluationSpan, changes_of, evaluation_of, sharpe_per_bar, walked
from tests.helpers.agents import told_bars

FEE, TICK_VALUE = 0.62, 0.5


class Script:
    """Decide by a list, and keep what was shown."""

    def __init__(self, actions):
        self.actions = list(actions)
        self.shown: list[tuple[int, np.ndarray]] = []

    def begin(self, market, settings):
        self.market, self.settings = market, settings

    def decide(self, bar, observation):
        self.shown.append((bar, observation["market_features"].copy()))
        return self.actions[len(self.shown) - 1]


def _span(first_decision: int = 50, **settings) -> EvaluationSpan:
    env = TradingEnv(told_bars(), ["hint"], lookback_window=3, stop_loss_ticks=None, **settings)
    return EvaluationSpan(market=env.market, settings=env.settings, first_decision=first_decision)


def test_walked_decides_once_per_close_from_the_first_decision_to_the_last_but_one():
    script, span = Script([Action.HOLD] * 9), _span()
    simulation = walked(script, span)
    assert len(script.shown) == span.n_decisions == 9
    assert simulation.bar == 59
    assert len(simulation.equity) == 10


def test_walked_shows_the_rows_that_the_windows_reach_and_no_earlier_one():
    script, span = Script([Action.HOLD] * 9), _span()
    walked(script, span)
    assert script.market.n_bars == 12  # rows 48 to 59
    assert script.market.timestamps[0] == span.market.timestamps[48]
    for bar, window in script.shown:
        np.testing.assert_array_equal(window, script.market.features[bar - 2 : bar + 1])
        np.testing.assert_array_equal(window, span.market.features[bar + 46 : bar + 49])


def test_walked_pays_full_costs():
    simulation = walked(Script([Action.BUY, Action.CLOSE] + [Action.HOLD] * 7), _span())
    trade = simulation.trades[0]
    assert (trade.entry_bar, trade.exit_bar) == (51, 52)
    assert trade.fees_usd == pytest.approx(2 * FEE)
    opens = told_bars()["open"].to_numpy()
    # a tick of slippage each way, and both fees, at two dollars a point
    expected = 2.0 * (opens[52] - opens[51]) - 2 * TICK_VALUE - 2 * FEE
    assert trade.net_usd == pytest.approx(expected)


def test_evaluation_of_a_pass_counts_trades_wins_and_exposure():
    # the hint tells: row 50's close says where bar 51 goes
    hints = told_bars()["hint"].to_numpy()[50:59]
    actions = [Action.BUY if hint > 0 else Action.SELL for hint in hints]
    simulation = walked(Script(actions), _span())
    found = evaluation_of(simulation, np.tile([2.0, 1.0, 0.0], 3), timestep=640)
    # sum 9, deviation sqrt(6 / 8), error 3 sqrt(.75)
    assert found.evidence == pytest.approx(3.4641016)
    assert found.timestep == 640
    assert found.exposure == pytest.approx(8 / 9)  # the end closes at the last close
    assert found.n_trades == 1 + int(np.count_nonzero(np.diff(hints)))
    assert found.win_rate == 1.0
    assert found.net_pnl_usd > 100.0


def test_evaluation_of_a_pass_without_a_trade_is_flat():
    found = evaluation_of(walked(Script([Action.HOLD] * 9), _span()), np.zeros(9), timestep=1)
    assert math.isnan(found.evidence)
    assert (found.net_pnl_usd, found.n_trades, found.exposure) == (0.0, 0, 0.0)
    assert math.isnan(found.win_rate)
    assert math.isnan(found.sharpe_per_bar)


def test_evaluation_of_a_pass_that_ruin_cuts_short_counts_its_whole_span():
    span = _span(initial_balance=3_300.0, ruin_equity=3_290.0, margin="none", max_position=1)
    hints = told_bars()["hint"].to_numpy()[50:59]
    wrong = [Action.SELL if hint > 0 else Action.BUY for hint in hints]
    simulation = walked(Script(wrong), span)
    assert simulation.is_ruined
    found = evaluation_of(simulation, changes_of(simulation, span), timestep=1)
    assert found.net_pnl_usd < -10.0
    assert found.exposure < 0.5


def test_sharpe_per_bar_is_mean_over_deviation_of_the_changes():
    # changes 1, 3, -1: mean 1, deviation sqrt(8 / 3)
    assert sharpe_per_bar(np.array([10.0, 11.0, 14.0, 13.0])) == pytest.approx(0.6123724)
    assert math.isnan(sharpe_per_bar(np.array([10.0, 11.0, 12.0])))
    assert math.isnan(sharpe_per_bar(np.array([10.0])))


def test_changes_of_a_pass_count_in_what_the_price_moved_until_the_decision():
    span = _span()
    simulation = walked(Script([Action.BUY] + [Action.HOLD] * 8), span)
    closes = told_bars()["close"].to_numpy() / 0.25
    found = changes_of(simulation, span)
    for step, change in enumerate(np.diff(simulation.equity)):
        moves = np.diff(closes[: 50 + step + 1])[::-1]
        weights = 0.94 ** np.arange(len(moves))
        typical = np.sqrt((weights * moves**2).sum() / weights.sum())
        assert found[step] == pytest.approx(change / (typical * TICK_VALUE))
    assert len(found) == 9


def test_changes_of_a_pass_count_no_roll_as_a_move():
    is_roll = np.arange(60) == 40
    later = np.arange(60) >= 40
    plain = told_bars()
    prices = ["open", "high", "low", "close"]
    rolled = plain.assign(**{name: plain[name] + 300.0 * later for name in prices})
    rolled = rolled.assign(is_roll=is_roll, roll_gap=300.0 * is_roll)
    found = []
    for bars in (plain, rolled):
        env = TradingEnv(bars, ["hint"], lookback_window=3, stop_loss_ticks=None)
        span = EvaluationSpan(market=env.market, settings=env.settings, first_decision=50)
        simulation = walked(Script([Action.BUY] + [Action.HOLD] * 8), span)
        found.append(changes_of(simulation, span))
    np.testing.assert_array_equal(*found)


def test_changes_of_a_pass_over_constant_prices_count_in_ticks():
    bars = told_bars().assign(open=20_000.0, high=20_000.0, low=20_000.0, close=20_000.0)
    env = TradingEnv(bars, ["hint"], lookback_window=3, stop_loss_ticks=None)
    span = EvaluationSpan(market=env.market, settings=env.settings, first_decision=50)
    simulation = walked(Script([Action.BUY] + [Action.HOLD] * 8), span)
    changes = np.diff(simulation.equity)
    assert changes[0] < 0.0
    np.testing.assert_allclose(changes_of(simulation, span), changes / TICK_VALUE)


def test_changes_of_a_pass_after_a_ruin_are_zeros():
    span = _span(initial_balance=3_300.0, ruin_equity=3_290.0, margin="none", max_position=1)
    hints = told_bars()["hint"].to_numpy()[50:59]
    wrong = [Action.SELL if hint > 0 else Action.BUY for hint in hints]
    simulation = walked(Script(wrong), span)
    found = changes_of(simulation, span)
    n_lived = len(simulation.equity) - 1
    assert len(found) == 9 > n_lived
    assert found[n_lived - 1] < 0.0
    assert not found[n_lived:].any()


def test_evaluation_span_names_the_bars_that_are_traded_on():
    assert _span().to_dict() == {
        "first": "2024-03-04T04:15:00+00:00",
        "last": "2024-03-04T04:55:00+00:00",
        "n_decisions": 9,
    }
