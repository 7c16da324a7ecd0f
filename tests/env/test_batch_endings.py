"""What a batch says of an episode's end: whose doing the last exit was, and what was won."""

import numpy as np
import pytest

from env.actions import Action
from env.vector_env import TradingVectorEnv
from tests.helpers.agents import told_bars


def _final_info(actions):
    """Return what is said of one episode of so many decisions, all of one account."""
    envs = TradingVectorEnv(
        1, told_bars(), ["hint"], lookback_window=2, stop_loss_ticks=None,
        episode_bars=len(actions), slippage_ticks=0, commission=0.0,
    )  # fmt: skip
    envs.reset(options={"start": 10})
    for action in actions:
        *_, infos = envs.step(np.array([action]))
    return {name: values[0] for name, values in infos["final_info"].items()}


def test_trade_that_the_episodes_end_closes_is_counted_apart():
    info = _final_info([Action.HOLD, Action.BUY, Action.HOLD])
    assert (info["n_trades"], info["n_end_exits"]) == (1, 1)


def test_trade_that_the_policy_closes_is_its_own():
    info = _final_info([Action.BUY, Action.CLOSE, Action.HOLD])
    assert (info["n_trades"], info["n_end_exits"]) == (1, 0)


def test_trade_opened_and_closed_by_the_last_bar_is_the_ends():
    info = _final_info([Action.BUY, Action.CLOSE, Action.BUY])
    assert (info["n_trades"], info["n_end_exits"]) == (2, 1)


def test_episode_without_a_trade_has_no_exit_at_its_end():
    info = _final_info([Action.HOLD, Action.HOLD])
    assert (info["n_trades"], info["n_end_exits"], info["gains_usd"]) == (0, 0, 0.0)


def test_gains_are_the_net_pnl_of_the_trades_that_won():
    bars = told_bars()
    move = bars["close"].to_numpy()[11] - bars["open"].to_numpy()[11]
    wins, loses = (Action.BUY, Action.SELL) if move > 0 else (Action.SELL, Action.BUY)
    # one bar of ten points at two dollars each
    assert _final_info([wins])["gains_usd"] == pytest.approx(20.0)
    assert _final_info([loses])["gains_usd"] == 0.0
