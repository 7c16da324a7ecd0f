"""TradingEnv: the public interface, episodes, seeds, clones, and its errors."""

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_by_gymnasium
from stable_baselines3.common.env_checker import check_env as check_by_sb3

import env as registers_the_environment
from config.settings import EnvSettings
from env.rewards import REWARDS
from env.trading_env import TradingEnv
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import walking_frame
from tests.helpers.markets import B0, B1
from utils.errors import ConfigError, DataError

COLUMNS = ["rsi", "macd"]


@pytest.fixture(scope="module")
def data():
    return walking_frame(200)


def finish(env, actions):
    """Step through the rest of an episode and return all that was said."""
    said = []
    for action in actions:
        said.append(env.step(action))
        if said[-1][2] or said[-1][3]:
            break
    return said


def test_trading_env_word_for_word(data):
    env = TradingEnv(df=data, feature_columns=['rsi', 'macd'], initial_balance=10000.0, lookback_window=50, stop_loss_ticks=200.0)  # noqa: E501 # fmt: skip
    obs, info = env.reset(); obs, reward, terminated, truncated, info = env.step(1)  # noqa: E702 # fmt: skip
    assert obs["market_features"].shape == (50, 2)
    assert obs["position_info"].shape == (4,)
    assert (reward, terminated, truncated) == (0.0, False, False)
    assert info["position"] == 1
    assert info["bar"] == env.market.first_valid + 50


@pytest.mark.conformance
@pytest.mark.parametrize("columns", [["rsi"], ["log_return", "rsi", "macd", "atr"]])
@pytest.mark.parametrize("reward", REWARDS)
def test_trading_env_passes_both_checkers(data, reward, columns):
    check_by_gymnasium(TradingEnv(data, columns, reward=reward), skip_render_check=True)
    check_by_sb3(TradingEnv(data, columns, reward=reward, lookback_window=1))
    check_by_sb3(TradingEnv(data, columns, reward=reward, episode_bars=20))


def test_gymnasium_make_finds_the_environment(data):
    assert registers_the_environment.__name__ == "env"
    made = gymnasium.make("FuturesGym/MNQ-v0", df=data, feature_columns=COLUMNS, lookback_window=5)
    observation, _ = made.reset(seed=1)
    assert made.observation_space.contains(observation)
    assert made.step(made.action_space.sample())[1] == 0.0
    check_by_gymnasium(made.unwrapped, skip_render_check=True)


def test_trading_env_passes_over_all_bars_and_truncates(data):
    env = TradingEnv(data, COLUMNS)
    _, info = env.reset()
    assert info["bar"] == env.market.first_valid + 49
    said = finish(env, [1] * 500)
    assert len(said) == 200 - 1 - info["bar"]
    assert [step[3] for step in said] == [False] * (len(said) - 1) + [True]
    assert said[-1][4]["bar"] == 199
    assert said[-1][4]["position"] == 0


def test_trading_env_ruin_terminates_and_does_not_truncate():
    rows = [B0, B1, (20000, 20005, 19900, 19910), B0, B0]
    frame = make_bars(rows).assign(x=0.0)
    env = TradingEnv(frame, ["x"], lookback_window=1, initial_balance=150, stop_loss_ticks=None)
    env.reset()
    said = finish(env, [1, 0, 0, 0])
    assert [(terminated, truncated) for _, _, terminated, truncated, _ in said] == [
        (False, False),
        (False, False),
        (True, False),
    ]


def test_trading_env_ruin_in_the_last_bar_terminates():
    frame = make_bars([B0, B1, (20000, 20005, 19900, 19910)]).assign(x=0.0)
    env = TradingEnv(frame, ["x"], lookback_window=1, initial_balance=150, stop_loss_ticks=None)
    env.reset()
    *_, terminated, truncated, info = finish(env, [1, 0])[-1]
    assert (terminated, truncated, info["position"]) == (True, False, 0)


def test_trading_env_info_tells_the_episode(data):
    env = TradingEnv(data, COLUMNS, stop_loss_ticks=20)
    env.reset()
    actions = np.random.default_rng(5).integers(0, 4, 300)
    info = finish(env, actions)[-1][4]
    trades = env.simulation.trades
    assert info["n_trades"] == len(trades) > 10
    assert info["n_wins"] == (trades.net_usd > 0).sum()
    assert info["net_pnl_usd"] == pytest.approx(trades.net_usd.sum())
    assert info["equity_usd"] == pytest.approx(10_000 + info["net_pnl_usd"])


def test_trading_env_same_seed_and_actions_same_run(data):
    actions = np.random.default_rng(7).integers(0, 4, 100).tolist()
    runs = []
    for _ in range(2):
        env = TradingEnv(data, COLUMNS, episode_bars=60, lookback_window=10)
        first, _ = env.reset(seed=0)  # zero is a seed
        said = finish(env, actions)
        runs.append((first, said, env.simulation.fills.tolist()))
    (first_a, said_a, fills_a), (first_b, said_b, fills_b) = runs
    assert fills_a == fills_b
    assert [step[1:] for step in said_a] == [step[1:] for step in said_b]
    for a, b in zip(
        [first_a, *(s[0] for s in said_a)], [first_b, *(s[0] for s in said_b)], strict=True
    ):
        assert a["market_features"].tobytes() == b["market_features"].tobytes()
        assert a["position_info"].tobytes() == b["position_info"].tobytes()


def test_trading_env_random_windows_start_anywhere_they_fit(data):
    env = TradingEnv(data, COLUMNS, episode_bars=100, lookback_window=10)
    first, last = env.simulation.first_decision, env.last_start
    assert last == 200 - 1 - 100
    env.reset(seed=1)
    starts = {env.reset()[1]["bar"] for _ in range(600)}
    assert min(starts) == first
    assert max(starts) == last
    assert len(finish(env, [0] * 200)) == 100


def test_trading_env_start_can_be_asked_for(data):
    env = TradingEnv(data, COLUMNS, episode_bars=20, lookback_window=10)
    start = env.simulation.first_decision + 3
    assert env.reset(options={"start": start})[1]["bar"] == start
    assert env.reset(options={"start": np.int64(start)})[1]["bar"] == start


@pytest.mark.parametrize("start", [-1, 0, 10_000, 60.0, "60"])
def test_trading_env_start_that_does_not_fit_is_refused(data, start):
    env = TradingEnv(data, COLUMNS)
    with pytest.raises(ConfigError, match="`start` in the options of reset must be a row in"):
        env.reset(options={"start": start})


def test_trading_env_unknown_reset_option_is_refused(data):
    with pytest.raises(ConfigError, match="unknown reset option `begin`"):
        TradingEnv(data, COLUMNS).reset(options={"begin": 3})


def test_trading_env_clone_shares_the_market_and_nothing_else(data):
    env = TradingEnv(data, COLUMNS, initial_balance=5_000.0)
    env.set_cost_scale(0.0)
    twin = env.clone(episode_bars=20, max_position=2)
    assert twin.market is env.market
    assert (twin.settings.episode_bars, twin.settings.initial_balance) == (20, 5_000.0)
    assert env.settings.episode_bars is None
    env.reset()
    twin.reset(seed=3)
    twin.step(1)
    assert env.simulation.position == 0
    assert twin.simulation.fills.fee_usd.tolist() == [1.24]  # full costs, two contracts


def test_trading_env_cost_scale_reaches_the_fills(data):
    env = TradingEnv(data, COLUMNS)
    env.set_cost_scale(0.0)
    env.reset()
    env.step(1)
    fill = env.simulation.fills[0]
    assert fill.fee_usd == 0.0
    assert fill.price_ticks == env.market.bars.open[fill.bar]


def test_trading_env_overrides_win_over_settings_and_none_is_a_value(data):
    terms = EnvSettings(initial_balance=7_000, stop_loss_ticks=100)
    env = TradingEnv(data, COLUMNS, settings=terms, stop_loss_ticks=None)
    assert env.settings.initial_balance == 7_000
    assert env.settings.stop_loss_ticks is None
    assert env.feature_set.names == ("rsi", "macd")
    assert env.scaler.kind == "nominal"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
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
        ({"render_mode": "human"}, "unknown render_mode `human`: choices are ansi"),
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


def test_trading_env_bad_action_is_refused_and_nothing_moves(data):
    env = TradingEnv(data, COLUMNS)
    _, info = env.reset()
    with pytest.raises(ConfigError, match="an action must be a whole number"):
        env.step(7)
    assert env.simulation.bar == info["bar"]


def test_trading_env_renders_a_line(data):
    env = TradingEnv(data, COLUMNS, render_mode="ansi", lookback_window=1)
    env.reset(options={"start": 100})
    stamp = data.index[100].strftime("%Y-%m-%d %H:%M")
    assert env.render() == f"{stamp} UTC | position +0 | equity 10,000.00 USD | trades 0"
    assert TradingEnv(data, COLUMNS).render() is None


def test_trading_env_without_an_episode_has_nothing_to_render(data):
    env = TradingEnv(data, COLUMNS, render_mode="ansi", lookback_window=1)
    with pytest.raises(ConfigError, match=r"call reset\(\) before render\(\)"):
        env.render()
