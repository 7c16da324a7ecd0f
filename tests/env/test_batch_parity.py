"""A batch is as many TradingEnvs, bit for bit: observations, rewards, flags, accounts, infos."""

from typing import Any

import numpy as np
import pytest

from env.action_modes import ACTION_MODES
from env.kernel.names import PATH_POLICIES
from env.position_sizer import SIZERS
from env.rewards import REWARDS
from tests.helpers.batches import Pair, pair, restless_market

pytestmark = pytest.mark.parity

NEAR: dict[str, Any] = {"episode_bars": 25, "stop_loss_ticks": 30.0}
N_STEPS = 60

CASES: dict[str, dict[str, Any]] = {
    "no stop": {"stop_loss_ticks": None},
    "target": {"take_profit_ticks": 20.0},
    "trailing": {"stop_loss_ticks": 60.0, "trailing_stop_ticks": 15.5},
    "trailing alone": {"stop_loss_ticks": None, "trailing_stop_ticks": 25.0},
    "flatten": {
        "flatten_minutes_before_close": 30,
        "no_entry_minutes_before_close": 60,
        "episode_mode": "session",
        "episode_bars": None,
    },
    "roll flattened": {"stop_loss_ticks": None, "roll": "flatten", "episode_bars": 200},
    "roll charged": {"stop_loss_ticks": None, "roll": "charge", "episode_bars": 200},
    "ruin": {
        "initial_balance": 200.0,
        "margin": "none",
        "ruin_equity": 170.0,
        "stop_loss_ticks": None,
    },
    "limits": {"daily_loss_limit": 40.0, "max_trades_per_day": 3},
    "costs": {
        "spread_ticks": 3,
        "volatility_slippage_ticks": 1.5,
        "off_hours_slippage_ticks": 2,
        "commission": 1.1,
    },
    "all bars": {"episode_bars": None, "reward": "pnl"},
    "many contracts": {"max_position": 3, "initial_balance": 20_000.0, "action_mode": "contracts"},
}


def run(both: Pair, n_steps: int, seed: int = 0) -> int:
    """Take random actions in both, and return how many episodes ended."""
    random = np.random.default_rng(seed)
    both.reset(seed=seed)
    space = both.batch.action_space
    space.seed(int(random.integers(2**31)))
    return sum(both.step(space.sample()) for _ in range(n_steps))


@pytest.mark.parametrize("case", CASES)
def test_batch_of_each_kind_of_account_is_its_scalars(case):
    settings = {**NEAR, **CASES[case]}
    n_steps = 800 if case in ("all bars", "flatten") else 260 if "roll" in case else N_STEPS
    both = pair(4, **settings)
    n_ended = run(both, n_steps)
    assert n_ended > 0 or case == "all bars"


def test_batch_of_episodes_that_end_apart_is_its_scalars():
    both = pair(6, **{**NEAR, **CASES["ruin"]})
    both.reset(seed=8)
    both.batch.action_space.seed(8)
    ended = [both.step(both.batch.action_space.sample()) for _ in range(120)]
    assert len([n_ended for n_ended in ended if 0 < n_ended < 6]) > 20


@pytest.mark.conformance
@pytest.mark.parametrize("mode", ACTION_MODES)
def test_batch_of_each_action_mode_is_its_scalars(mode):
    both = pair(5, action_mode=mode, max_position=2, initial_balance=30_000.0, **NEAR)
    assert run(both, N_STEPS) > 0


@pytest.mark.conformance
@pytest.mark.parametrize("reward", REWARDS)
def test_batch_of_each_reward_is_its_scalars(reward):
    assert run(pair(3, reward=reward, **NEAR), N_STEPS) > 0


@pytest.mark.conformance
@pytest.mark.parametrize("sizer", SIZERS)
def test_batch_of_each_sizer_is_its_scalars(sizer):
    expected = {"kelly_win_rate": 0.5, "kelly_payoff": 1.5, "kelly_min_trades": 2}
    settings = {"position_sizer": sizer, "max_position": 4, **expected, **NEAR}
    assert run(pair(3, initial_balance=40_000.0, **settings), N_STEPS) > 0


def random_settings(random: np.random.Generator) -> dict[str, Any]:
    """Return settings that are legal together."""

    def one_of(*choices: Any) -> Any:
        return choices[int(random.integers(len(choices)))]

    return {
        "stop_loss_ticks": one_of(None, 8.0, 40.5, 200.0),
        "take_profit_ticks": one_of(None, 12.0, 60.25),
        "trailing_stop_ticks": one_of(None, 10.0, 33.3),
        "path_policy": one_of(*PATH_POLICIES),
        "reward": one_of(*REWARDS),
        "position_sizer": one_of(*SIZERS),
        "kelly_win_rate": 0.6,
        "kelly_payoff": 1.5,
        "action_mode": one_of(*ACTION_MODES),
        "max_position": one_of(1, 2, 5),
        "initial_balance": one_of(20_000.0, 50_000.0),
        "margin": one_of("overnight", "intraday", "none"),
        "roll": one_of("flatten", "charge"),
        "flatten_minutes_before_close": one_of(None, 5, 45),
        "no_entry_minutes_before_close": one_of(None, 45, 90),
        "daily_loss_limit": one_of(None, 60.0),
        "max_trades_per_day": one_of(None, 5),
        "slippage_ticks": one_of(0, 1, 3),
        "volatility_slippage_ticks": one_of(0.0, 2.0),
        "episode_bars": one_of(None, 7, 90),
    }


@pytest.mark.parametrize("seed", range(12))
def test_batch_of_random_settings_is_its_scalars(seed):
    random = np.random.default_rng(1_000 + seed)
    settings = random_settings(random)
    settings.update(margin="none" if settings["max_position"] > 1 else settings["margin"])
    if settings["flatten_minutes_before_close"] is None and settings["margin"] == "intraday":
        settings.update(margin="overnight")
    has_stop = settings["stop_loss_ticks"] or settings["trailing_stop_ticks"]
    if settings["action_mode"] != "discrete" or not has_stop:
        settings.update(position_sizer="fixed")
    run(pair(int(random.integers(1, 6)), **settings), 120, seed)


def test_batch_at_another_scale_of_costs_is_its_scalars():
    both = pair(3, **NEAR)
    for scale in (0.0, 0.4, 1.0):
        both.batch.set_cost_scale(scale)
        for env in both.scalars.envs:
            env.set_cost_scale(scale)
        run(both, 40)


def test_batch_goes_on_with_its_generators_where_no_seed_is_given():
    both = pair(3, **NEAR)
    both.reset(seed=5)
    both.reset()
    both.reset(seed=[7, None, 9])
    for _ in range(60):
        both.step(np.array([1, 2, 0]))


@pytest.mark.parametrize("options", [{"start": 300}, {"session": "2025-01-14"}])
def test_batch_begins_where_it_is_asked_to_as_its_scalars_do(options):
    mode = "session" if "session" in options else "full"
    both = pair(2, episode_mode=mode)
    both.reset(seed=1, options=options)
    both.step(np.array([1, 2]))


def test_batch_is_the_same_whatever_its_size():
    small, large = pair(2, **NEAR).batch, pair(7, **NEAR).batch
    small.reset(seed=4)
    large.reset(seed=4)
    random = np.random.default_rng(0)
    for _ in range(60):
        actions = random.integers(0, 4, 7)
        seen, rewards, *_ = large.step(actions)
        seen_alone, rewards_alone, *_ = small.step(actions[:2])
        assert rewards[:2].tobytes() == rewards_alone.tobytes()
        assert seen["position_info"][:2].tobytes() == seen_alone["position_info"].tobytes()


def test_batch_masks_are_those_of_its_scalars():
    for mode in ("discrete", "contracts"):
        both = pair(4, action_mode=mode, max_trades_per_day=2, **NEAR)
        both.reset(seed=2)
        both.batch.action_space.seed(3)
        seen = set()
        for _ in range(60):
            masks = both.batch.action_masks()
            expected = [env.action_masks() for env in both.scalars.envs]
            assert masks.tolist() == [each.tolist() for each in expected]
            seen.add(masks.tobytes())
            both.step(both.batch.action_space.sample())
        assert len(seen) > 3


def test_batch_indices_gather_to_the_windows():
    windows, indices = pair(4, **NEAR).batch, pair(4, "indices", **NEAR).batch
    features = restless_market().features
    seen, told = windows.reset(seed=6)[0], indices.reset(seed=6)[0]
    random = np.random.default_rng(2)
    for _ in range(60):
        rows = told["bar_index"][:, 0]
        assert [features[row - 4 : row + 1].tolist() for row in rows] == seen[
            "market_features"
        ].tolist()
        assert told["position_info"].tobytes() == seen["position_info"].tobytes()
        actions = random.integers(0, 4, 4)
        seen, _, _, _, infos = windows.step(actions)
        told, *_, told_infos = indices.step(actions)
        for last, last_told in zip(
            infos.get("final_obs", []), told_infos.get("final_obs", []), strict=True
        ):
            if last is not None:
                (row,) = last_told["bar_index"]
                assert features[row - 4 : row + 1].tolist() == last["market_features"].tolist()
