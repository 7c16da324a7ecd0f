"""What TradingEnv refuses: settings, bars, starts and actions, each in one line."""

import numpy as np
import pytest

from env.trading_env import TradingEnv
from tests.helpers.feature_kit import walking_frame
from utils.errors import ConfigError, DataError

COLUMNS = ["rsi", "macd"]


@pytest.fixture(scope="module")
def data():
    return walking_frame(200)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"settings": {"reward": "pnl"}}, "`settings` of TradingEnv must be an EnvSettings, was"),
        ({"initial_balance": 0}, "`initial_balance` in TradingEnv: .* greater than 0, was 0"),
        ({"stop_loss_ticks": 0.5}, "`stop_loss_ticks` in TradingEnv: .*, was 0.5"),
        ({"commission": -1}, "`commission` in TradingEnv: .*, was -1"),
        ({"slippage_ticks": 0.5}, "`slippage_ticks` in TradingEnv: .*, was 0.5"),
        ({"lookback": 20}, "unknown setting `lookback`: did you mean `lookback_window`"),
        ({"reward": "pln"}, "unknown reward `pln`: did you mean `pnl`"),
        ({"position_sizer": "fix"}, "unknown position sizer `fix`: did you mean `fixed`"),
        ({"symbol": "ZZ"}, "unknown symbol `ZZ`"),
        ({"lookback_window": 190}, "needs at least [0-9]+ bars .*`lookback_window` 190.*, had 200"),
        ({"episode_bars": 500}, "needs at least [0-9]+ bars .*`episode_bars` 500.*, had 200"),
        ({"initial_balance": 3_000}, "margin of 1 MNQ .3,330 USD., was 3,000"),
        ({"max_position": 4}, "margin of 4 MNQ .13,320 USD., was 10,000"),
        ({"take_profit_ticks": 0.99}, "`take_profit_ticks` in TradingEnv: .*, was 0.99"),
        ({"trailing_stop_ticks": 0}, "`trailing_stop_ticks` in TradingEnv: .*, was 0"),
        ({"spread_ticks": -1}, "`spread_ticks` in TradingEnv: .*, was -1"),
        ({"action_mode": "contract"}, "unknown action mode `contract`: did you mean `contracts`"),
        ({"episode_mode": "days"}, "`episode_mode` in TradingEnv: .*, was 'days'"),
        ({"episode_mode": "window"}, "`episode_bars` must be given where `episode_mode` is"),
        ({"episode_mode": "full", "episode_bars": 9}, "`episode_bars` must be None where"),
        ({"path_policy": "best"}, "unknown path policy `best`"),
        ({"prop_rules": "mine"}, "unknown prop-firm rule set `mine`"),
        ({"render_mode": "human"}, "unknown render_mode `human`: choices are ansi, rgb_array"),
    ],
)
def test_trading_env_bad_setting_is_refused_in_one_line(data, changes, message):
    with pytest.raises(ConfigError, match=message) as caught:
        TradingEnv(data, COLUMNS, **changes)
    assert "\n" not in str(caught.value)


def test_trading_env_unsorted_or_incomplete_bars_are_refused(data):
    with pytest.raises(DataError, match="earlier than the bar before"):
        TradingEnv(data.iloc[::-1], COLUMNS)
    with pytest.raises(DataError, match="NaN or infinite `close`"):
        TradingEnv(data.assign(close=np.nan), COLUMNS)


def test_trading_env_features_with_holes_are_refused(data):
    holes = data.assign(own=0.5)
    holes.iloc[120, holes.columns.get_loc("own")] = np.nan
    with pytest.raises(DataError, match="column `own` must be finite after its first value: 1"):
        TradingEnv(holes, ["own"])


@pytest.mark.parametrize(
    ("mode", "action"), [("discrete", 7), ("contracts", 5), ("continuous", [np.nan])]
)
def test_trading_env_bad_action_is_refused_and_nothing_moves(data, mode, action):
    env = TradingEnv(data, COLUMNS, action_mode=mode, max_position=2)
    _, info = env.reset()
    before = env.simulation.account.tobytes()
    with pytest.raises(ConfigError, match="an action must be"):
        env.step(action)
    assert env.simulation.account.tobytes() == before
    assert env.simulation.bar == info["bar"]
    assert len(env.simulation.equity) == 1


def test_trading_env_refused_reset_leaves_the_episode_as_it_is(data):
    env = TradingEnv(data, COLUMNS, episode_bars=30)
    env.reset(seed=1)
    env.step(1)
    before, bar = env.simulation.account.tobytes(), env.simulation.bar
    draw = env.np_random.bit_generator.state
    with pytest.raises(ConfigError, match="`start` in the options"):
        env.reset(seed=8, options={"start": 0})
    assert (env.simulation.account.tobytes(), env.simulation.bar) == (before, bar)
    assert env.np_random.bit_generator.state == draw


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"session": "2024-01-02"}, 'goes with `episode_mode` "session"'),
        ({"session": "2024-01-02", "start": 90}, "must be `start` or `session`, was both"),
    ],
)
def test_trading_env_session_that_cannot_be_chosen_is_refused(data, options, message):
    with pytest.raises(ConfigError, match=message):
        TradingEnv(data, COLUMNS).reset(options=options)


def test_trading_env_masks_of_continuous_actions_are_refused(data):
    env = TradingEnv(data, COLUMNS, action_mode="continuous")
    env.reset()
    with pytest.raises(ConfigError, match="has no numbered actions, and no masks"):
        env.action_masks()


@pytest.mark.parametrize("start", [-1, 0, 10_000, 60.0, "60"])
def test_trading_env_start_that_does_not_fit_is_refused(data, start):
    env = TradingEnv(data, COLUMNS)
    with pytest.raises(ConfigError, match="`start` in the options of reset must be a row in"):
        env.reset(options={"start": start})


def test_trading_env_unknown_reset_option_is_refused(data):
    with pytest.raises(ConfigError, match="unknown reset option `begin`"):
        TradingEnv(data, COLUMNS).reset(options={"begin": 3})
