"""No look-ahead, by machine: what happens up to the close of t + 1 cannot know any later bar."""

import numpy as np
import pytest

from env.trading_env import TradingEnv
from tests.helpers.feature_kit import walking_frame

N_BARS = 160
ACTIONS = np.random.default_rng(11).integers(0, 4, N_BARS).tolist()
RULES = {
    "plain": {},
    "by the clock": {"flatten_minutes_before_close": 15, "no_entry_minutes_before_close": 30},
    "by the range": {
        "volatility_slippage_ticks": 5.0,
        "off_hours_slippage_ticks": 2,
        "position_sizer": "volatility",
        "max_position": 9,
        "margin": "none",
    },
}


def history(frame, n_steps, rules):
    """Return all that an agent is told in `n_steps` steps, as bytes."""
    settings = {"lookback_window": 5, "stop_loss_ticks": 40, "reward": "pnl"}
    env = TradingEnv(frame, ["rsi", "atr"], **settings, **RULES[rules])
    observation, info = env.reset()
    told = [observation["market_features"].tobytes(), repr(info)]
    for action in ACTIONS[:n_steps]:
        observation, reward, terminated, truncated, info = env.step(action)
        told += [part.tobytes() for part in observation.values()]
        told.append(repr((reward, terminated, truncated, info)))
    return told, info["bar"]


@pytest.fixture(scope="module")
def frame():
    return walking_frame(N_BARS)


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("n_steps", [1, 17, 60, 72])
def test_step_ignores_poisoned_later_bars(frame, n_steps, rules):
    told, last_bar = history(frame, n_steps, rules)
    poisoned = frame.copy()
    poisoned.iloc[last_bar + 1 :, :4] *= 2.0
    poisoned.iloc[last_bar + 1 :, 4] += 1e6
    assert history(poisoned, n_steps, rules)[0] == told


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("n_steps", [1, 17, 60, 72])
def test_step_ignores_that_later_bars_exist(frame, n_steps, rules):
    told, last_bar = history(frame, n_steps, rules)
    # one bar more than was seen, or the end of the data would close the position in the last
    assert history(frame.iloc[: last_bar + 2], n_steps, rules)[0] == told


def test_observation_of_a_decision_ignores_the_bar_that_fills_it(frame):
    env = TradingEnv(frame, ["rsi", "atr"], lookback_window=5)
    start = env.simulation.first_decision
    poisoned = frame.copy()
    poisoned.iloc[start + 1 :, :4] *= 2.0
    other = TradingEnv(poisoned, ["rsi", "atr"], lookback_window=5)
    seen, seen_other = env.reset()[0], other.reset()[0]
    assert seen["market_features"].tobytes() == seen_other["market_features"].tobytes()
    fill, fill_other = (
        (one.step(1), one.simulation.fills.price_ticks[0])[1] for one in (env, other)
    )
    assert fill_other > 1.9 * fill  # the poison does reach what comes later
