"""TradingVectorEnv: Gymnasium's interface, its errors, its memory. Parity has a file of its own."""

import tracemalloc

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from config.settings import EnvSettings
from env.trading_env import TradingEnv
from env.vector_env import TradingVectorEnv
from tests.helpers.bars import make_bars
from tests.helpers.batches import COLUMNS, restless_frame, restless_market
from tests.helpers.markets import B0, B1
from utils.errors import ConfigError

PLAIN = EnvSettings(lookback_window=5, episode_bars=20)


def batch(n_envs=3, observations="windows", **changes):
    return TradingVectorEnv.over(
        restless_market(), PLAIN.model_copy(update=changes), n_envs, observations
    )


def test_vector_env_is_built_as_a_trading_env_is():
    frame = restless_frame()
    envs = TradingVectorEnv(3, frame, COLUMNS, lookback_window=5, stop_loss_ticks=None)
    assert envs.settings.stop_loss_ticks is None
    assert envs.single_observation_space == TradingEnv(frame, COLUMNS, PLAIN).observation_space
    assert envs.action_space == spaces.MultiDiscrete([4, 4, 4])
    seen, infos = envs.reset(seed=0)
    assert seen["market_features"].shape == (3, 5, 2)
    assert infos == {}
    assert envs.observation_space.contains(seen)


def test_vector_env_is_found_by_make_vec():
    made = gymnasium.make_vec(
        "FuturesGym/MNQ-v0",
        num_envs=2,
        vectorization_mode="vector_entry_point",
        df=restless_frame(),
        feature_columns=COLUMNS,
        lookback_window=5,
        observations="indices",
    )
    assert isinstance(made, TradingVectorEnv)
    assert made.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    seen, _ = made.reset(seed=1)
    assert seen["bar_index"].shape == (2, 1)
    assert made.observation_space.contains(seen)
    assert made.step(made.action_space.sample())[1].tolist() == [0.0, 0.0]
    made.close()
    assert made.closed


def test_vector_env_arrays_belong_to_the_receiver():
    for kind in ("windows", "indices"):
        envs = batch(observations=kind)
        kept = [envs.reset(seed=0)[0]]
        kept += [envs.step(np.full(3, 1))[0] for _ in range(4)]
        before = [{key: values.copy() for key, values in seen.items()} for seen in kept]
        envs.step(np.full(3, 2))
        assert all(
            np.array_equal(seen[key], then[key])
            for seen, then in zip(kept, before, strict=True)
            for key in seen
        )


def test_vector_env_ends_say_how_the_episode_went():
    rows = [B0, B1, (20009, 20012, 20005, 20006), B0, B0]
    frame = make_bars(rows).assign(x=0.0)
    envs = TradingVectorEnv(2, frame, ["x"], lookback_window=1, observations="indices")
    envs.reset(seed=0)
    for actions in ([1, 0], [2, 0], [3, 0]):
        assert envs.step(np.array(actions))[4] == {}
    seen, _, terminated, truncated, infos = envs.step(np.array([0, 0]))
    assert (terminated.tolist(), truncated.tolist()) == ([False, False], [True, True])
    assert seen["bar_index"].tolist() == [[0], [0]]  # of the next episode
    assert [last["bar_index"].tolist() for last in infos["final_obs"]] == [[4], [4]]
    final = infos["final_info"]
    # KERNEL.md, case 1: long 20001.25 to 20008.75; then short to the open of the fourth bar
    assert final["net_pnl_usd"].tolist() == pytest.approx([13.76 + 17.0 - 1.24, 0.0])
    assert final["n_trades"].tolist() == [2, 0]
    assert final["fees_usd"].tolist() == pytest.approx([2.48, 0.0])
    assert final["length"].tolist() == [4, 4]
    assert final["_length"].tolist() == [True, True]
    assert final["denial"].tolist() == ["none", "none"]


def test_vector_env_ends_are_masked():
    envs = batch(episode_mode="session", episode_bars=None, n_envs=4)
    envs.reset(seed=1)
    envs._paths.stops[2] = envs.accounts["bar"][2] + 2  # its session ends with the next bar
    envs._accounts["last_bar"] = envs._paths.stops - 1
    infos = envs.step(np.zeros(4, dtype=np.int64))[4]
    assert infos["_final_obs"].tolist() == [False, False, True, False]
    assert [last is None for last in infos["final_obs"]] == [True, True, False, True]
    assert infos["final_info"]["_bar"].tolist() == [False, False, True, False]
    assert infos["final_info"]["length"].tolist() == [0, 0, 1, 0]


def test_vector_env_ruin_in_the_last_bar_terminates_and_does_not_truncate():
    frame = make_bars([B0, B1, (20000, 20005, 19900, 19910)]).assign(x=0.0)
    terms = {"initial_balance": 150.0, "margin": "none", "stop_loss_ticks": None}
    envs = TradingVectorEnv(2, frame, ["x"], lookback_window=1, **terms)
    envs.reset(seed=0)
    envs.step(np.array([1, 0]))
    _, _, terminated, truncated, _ = envs.step(np.array([0, 0]))
    assert (terminated.tolist(), truncated.tolist()) == ([True, False], [False, True])


def test_vector_env_seeds_are_counted_on_as_gymnasium_does():
    envs = batch(n_envs=3)
    envs.reset(seed=10)
    assert envs.np_random_seed == (10, 11, 12)
    envs.reset(seed=[4, None, 6])
    assert envs.np_random_seed == (4, 11, 6)
    assert len({id(each) for each in envs.np_random}) == 3


def test_vector_env_same_seed_same_run_and_another_seed_another():
    runs = []
    for seed in (0, 0, 1):
        envs = batch(observations="indices")
        rows = [envs.reset(seed=seed)[0]["bar_index"].tolist()]
        rows += [envs.step(np.array([1, 2, 3]))[0]["bar_index"].tolist() for _ in range(50)]
        runs.append(rows)
    assert runs[0] == runs[1] != runs[2]


def state_of(envs):
    """Return all that a refused call might have changed."""
    states = [repr(each.bit_generator.state) for each in envs.np_random]
    paths = envs._paths
    return envs.accounts.tobytes(), paths.starts.tobytes(), paths.stops.tobytes(), states


@pytest.mark.parametrize(
    ("mode", "actions", "message"),
    [
        ("discrete", [0, 4, 1], "environment 1: an action must be a whole number of .* was 4"),
        ("discrete", [0, 1, -1], "environment 2: an action must be .* was -1"),
        ("discrete", [0.0, 1.0, 1.0], "array of 3 whole numbers, .* was float64 of shape \\(3,\\)"),
        ("discrete", [0, 1], "array of 3 whole numbers, .* was int64 of shape \\(2,\\)"),
        ("discrete", [[0, 1, 2]], "was int64 of shape \\(1, 3\\)"),
        ("discrete", [True, True, False], "was bool of shape"),
        ("discrete", [None, 1, 1], "was object of shape"),
        ("contracts", [0, 5, 4], "environment 1: an action must be a whole number in .* was 5"),
        ("continuous", [[0.0], [0.5], [np.nan]], "environment 2: .* in \\[-1, 1\\]; was .*nan"),
        ("continuous", [[0.0], [-1.5], [0.0]], "environment 1: .* in \\[-1, 1\\]; was .*-1.5"),
        ("continuous", [0.0, 0.0, np.inf], "environment 2: .* in \\[-1, 1\\]; was .*inf"),
        ("continuous", [["a"], ["b"], ["c"]], "array of 3 numbers, one for each environment, was"),
    ],
)
def test_vector_env_bad_action_is_refused_and_nothing_moves(mode, actions, message):
    envs = batch(action_mode=mode, max_position=2)
    envs.reset(seed=3)
    envs.step(envs.action_space.sample())
    before = state_of(envs)
    with pytest.raises(ConfigError, match=message) as caught:
        envs.step(np.array(actions))
    assert "\n" not in str(caught.value)
    assert state_of(envs) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"options": {"begin": 3}}, "unknown reset option `begin`"),
        ({"options": {"start": -1}, "seed": 1}, "`start` in the options of reset must be a row in"),
        ({"options": {"session": "2025-01-14"}}, '`episode_mode` "session"'),
        ({"options": {"start": 300, "session": "2025-01-14"}}, "`start` or `session`, was both"),
        ({"seed": [1, 2]}, "`seed` must be one seed, or one for each of 3 environments, were 2"),
    ],
)
def test_vector_env_bad_reset_is_refused_and_nothing_moves(arguments, message):
    envs = batch()
    envs.reset(seed=3)
    before = state_of(envs)
    with pytest.raises(ConfigError, match=message):
        envs.reset(**arguments)
    assert state_of(envs) == before


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: batch(n_envs=0), "`num_envs` must be a whole number in .*, was 0"),
        (lambda: batch(n_envs=2.0), "`num_envs` must be a whole number in .*, was 2.0"),
        (lambda: batch(observations="index"), "unknown observations `index`"),
        (lambda: batch(reward="pln"), "unknown reward `pln`"),
        (lambda: batch(action_mode="keys"), "unknown action mode `keys`"),
        (lambda: batch(symbol="MES"), "`symbol` must be that of the market"),
        (lambda: batch(episode_bars=5_000), "an episode needs at least"),
        (
            lambda: TradingVectorEnv(2, restless_frame(), COLUMNS, initial_balance=0.0),
            "`initial_balance` in TradingVectorEnv: .*, was 0",
        ),
    ],
)
def test_vector_env_bad_setting_is_refused_in_one_line(build, message):
    with pytest.raises(ConfigError, match=message) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_vector_env_before_its_first_reset_refuses_to_move():
    envs = batch()
    with pytest.raises(ConfigError, match=r"call reset\(\) first"):
        envs.step(np.zeros(3, dtype=np.int64))
    with pytest.raises(ConfigError, match=r"call reset\(\) first"):
        envs.action_masks()


def test_vector_env_continuous_actions_have_no_masks():
    envs = batch(action_mode="continuous")
    envs.reset(seed=0)
    with pytest.raises(ConfigError, match="no masks"):
        envs.action_masks()


def test_vector_env_scale_of_costs_holds_for_all_and_for_later_episodes():
    envs = batch(slippage_ticks=0)
    envs.reset(seed=0)
    envs.set_cost_scale(0.0)
    for _ in range(30):
        envs.step(np.array([1, 2, 3]))
    assert envs.accounts["fees_usd"].tolist() == [0.0, 0.0, 0.0]
    for scale in (-0.1, 1.1, np.nan):
        with pytest.raises(ConfigError, match="`scale` of the costs must be in"):
            envs.set_cost_scale(scale)


def test_vector_env_accounts_are_live_and_read_only():
    envs = batch()
    envs.reset(seed=0)
    accounts = envs.accounts
    envs.step(np.array([1, 2, 0]))
    assert accounts["position"].tolist() == [1, -1, 0]
    with pytest.raises(ValueError, match="read-only"):
        accounts["position"] = 5


def test_vector_env_memory_per_environment_is_small():
    def kept_bytes(n_envs):
        tracemalloc.start()
        envs = batch(n_envs=n_envs, observations="indices", episode_bars=7)
        envs.reset(seed=0)
        for _ in range(10):
            envs.step(np.ones(n_envs, dtype=np.int64))
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return used

    kept_bytes(2)
    assert (kept_bytes(1_002) - kept_bytes(2)) / 1_000 < 10_000
