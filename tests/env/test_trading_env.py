"""TradingEnv: the public interface, episodes, seeds, clones; its errors are in the file beside."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import env as registers_the_environment
from config.settings import EnvSettings
from env import step_info
from env.trading_env import TradingEnv
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import walking_frame
from tests.helpers.markets import B0, B1
from tests.helpers.session_markets import session_frame
from utils.errors import ConfigError

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


def test_gymnasium_make_finds_the_environment(data):
    assert registers_the_environment.__name__ == "env"
    made = gymnasium.make("FuturesGym/MNQ-v0", df=data, feature_columns=COLUMNS, lookback_window=5)
    observation, _ = made.reset(seed=1)
    assert made.observation_space.contains(observation)
    assert made.step(made.action_space.sample())[1] == 0.0


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
    env = TradingEnv(
        frame, ["x"], lookback_window=1, initial_balance=150, stop_loss_ticks=None, margin="none"
    )
    env.reset()
    said = finish(env, [1, 0, 0, 0])
    assert [(terminated, truncated) for _, _, terminated, truncated, _ in said] == [
        (False, False),
        (False, False),
        (True, False),
    ]


def test_trading_env_ruin_in_the_last_bar_terminates():
    frame = make_bars([B0, B1, (20000, 20005, 19900, 19910)]).assign(x=0.0)
    env = TradingEnv(
        frame, ["x"], lookback_window=1, initial_balance=150, stop_loss_ticks=None, margin="none"
    )
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


def test_trading_env_info_has_the_named_keys_and_what_they_say(data):
    names = [name for name in dir(step_info) if name.startswith("INFO_")]
    env = TradingEnv(data, COLUMNS, max_trades_per_day=1)
    _, info = env.reset()
    assert sorted(info) == sorted(getattr(step_info, name) for name in names)
    assert sorted(info) == sorted(step_info.StepInfo.__annotations__)
    assert (info["denial"], info["session_trades"], info["fees_usd"]) == ("none", 0, 0.0)
    env.step(1)
    *_, info = env.step(2)
    assert info[step_info.INFO_DENIAL] == "max_trades"
    assert info[step_info.INFO_SESSION_TRADES] == 1
    assert info[step_info.INFO_FEES] == pytest.approx(1.24)
    assert {type(value) for value in info.values()} == {int, float, str}


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
    first, last = env.simulation.first_decision, env.episodes.last_start
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


def test_trading_env_sessions_are_drawn_by_the_seed_and_can_be_asked_for():
    frame = session_frame("2024-06-17", "2024-06-20", seconds=3_600).assign(x=0.0)
    env = TradingEnv(frame, ["x"], lookback_window=1, episode_mode="session")
    env.reset(seed=5)
    starts = [env.reset()[1]["bar"] for _ in range(30)]
    assert set(starts) == {0, 23, 46, 65}
    env.reset(seed=5)
    assert [env.reset()[1]["bar"] for _ in range(30)] == starts
    assert env.reset(options={"session": "2024-06-19"})[1]["bar"] == 46
    said = finish(env, [1] * 50)
    assert len(said) == 19 - 1  # a half day
    assert [step[3] for step in said] == [False] * 17 + [True]
    assert said[-1][4]["bar"] == 64
    assert said[-1][4]["position"] == 0


@pytest.mark.parametrize(
    ("mode", "action", "position"), [("contracts", 5, 2), ("continuous", [-1.0], -3)]
)
def test_trading_env_action_modes_move_to_a_target_position(data, mode, action, position):
    env = TradingEnv(data, COLUMNS, action_mode=mode, max_position=3)
    env.reset()
    assert env.step(action)[4]["position"] == position
    assert (
        env.action_space
        == {
            "contracts": spaces.Discrete(7),
            "continuous": spaces.Box(-1.0, 1.0, (1,), np.float32),
        }[mode]
    )


def test_trading_env_masks_are_those_of_its_account(data):
    env = TradingEnv(data, COLUMNS)
    env.reset()
    assert env.action_masks().tolist() == [True, True, True, False]
    env.step(2)
    assert env.action_masks().tolist() == [True, True, False, True]


def test_trading_env_account_can_be_asked_after_the_episode(data):
    env = TradingEnv(data, COLUMNS, episode_bars=50)
    env.reset(seed=3)
    rng = np.random.default_rng(2)
    info = finish(env, rng.integers(4, size=60))[-1][4]
    simulation = env.simulation
    assert simulation.is_done
    assert len(simulation.equity) == len(simulation.positions) == 51
    assert simulation.equity[-1] == info["equity_usd"]
    assert simulation.trades.net_usd.sum() == pytest.approx(info["net_pnl_usd"])
    assert (
        simulation.costs.fees_usd
        == info["fees_usd"]
        == pytest.approx(simulation.fills.fee_usd.sum())
    )


def test_trading_env_clone_shares_the_market_and_nothing_else(data):
    env = TradingEnv(data, COLUMNS, initial_balance=5_000.0, margin="none")
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
