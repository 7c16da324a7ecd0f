"""The learning suite: what is read off a training's points, and that finished ones are kept."""

import json

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from backtest.optimum import OptimalPolicy, optimum_of
from scripts.benchmarks import learning, learning_store
from scripts.benchmarks.learning_clock import Clocked, Point
from scripts.benchmarks.learning_market import (
    EDGE,
    MARTINGALE,
    PLANTED,
    QUICK_SHARE,
    Yardstick,
    learning_market,
    walk_policy,
)
from scripts.benchmarks.learning_plan import tasks
from scripts.benchmarks.learning_run import Task, _TwinOfStock
from scripts.benchmarks.stock_network import stock_arguments
from tests.helpers.agents import small_env
from utils.errors import DataError


def _point(seconds: float, share: float, *, is_kept: bool = True, cost_usd: float = 10.0) -> Point:
    return Point(
        seconds=seconds, timesteps=100, net_usd=1_000.0 * share, cost_usd=cost_usd, n_trades=3,
        sharpe=0.01, share=share, is_kept=is_kept,
    )  # fmt: skip


def _task(method: str = "EPG", seed: int = 0, preset: str = PLANTED) -> Task:
    return Task(method=method, extractor="lstm", preset=preset, seed=seed, seconds=120.0)


def test_kept_by_is_the_last_kept_look_until_then_the_one_that_is_due_included():
    points = [_point(1.0, 0.1), _point(30.4, 0.3), _point(61.0, 0.5, is_kept=False)]
    assert learning.kept_by(points, 30.0).share == 0.3
    assert learning.kept_by(points, 60.0).share == 0.3
    assert learning.kept_by(points, 1.0).share == 0.1
    assert learning.kept_by(points, 300.0).share == 0.3


def test_seconds_to_half_counts_only_weights_that_are_kept():
    points = [_point(1.0, 0.1), _point(2.0, 0.7, is_kept=False), _point(3.0, 0.6)]
    assert learning.seconds_to(points, 0.5) == 3.0
    assert learning.seconds_to(points, 0.65) == np.inf


def test_fixed_lines_are_medians_beside_stock():
    done = {}
    for seed, (ours, stock) in enumerate([(0.6, 0.1), (0.8, 0.2), (0.7, -0.4)]):
        done[_task("EPG", seed)] = [_point(60.0, ours)]
        done[_task("stock", seed)] = [_point(60.0, stock)]
    line = learning._beside_stock("planted_edge", done, "EPG", 60.0)
    assert (line.value, line.reference_value) == (0.7, 0.1)
    assert line.ratio == pytest.approx(7.0)


def test_time_to_half_takes_the_longest_for_who_never_got_there():
    done = {
        _task("EPG"): [_point(2.0, 0.6)],
        _task("PPO"): [_point(2.0, 0.1), _point(120.0, 0.4)],
    }
    line = learning._time_to_half(done)
    assert (line.value, line.reference_value, line.ratio) == (2.0, 300.0, 150.0)


def test_martingale_cost_is_the_worst_seeds_over_random_tradings():
    done = {
        _task(seed=seed, preset=MARTINGALE): [_point(60.0, 0.0, cost_usd=cost)]
        for seed, cost in enumerate([0.0, 7.5, 2.0])
    }
    span = learning_market(MARTINGALE, 0, QUICK_SHARE).unseen
    account = walk_policy(learning.BASELINES["random"](0), span).account
    paid = float(account.fees_usd + account.slippage_usd)
    assert paid > 50.0
    assert learning._martingale_cost(done, QUICK_SHARE).value == pytest.approx(7.5 / paid)


def test_yardstick_of_the_optimum_is_one_and_of_flat_is_nothing():
    split = learning_market(PLANTED, 1, QUICK_SHARE)
    yardstick = Yardstick(split)
    best = OptimalPolicy(optimum_of(EDGE, split.settings))
    assert yardstick.share_of(walk_policy(best, split.unseen)) == pytest.approx(1.0)
    flat = learning.BASELINES["flat"](0)
    assert yardstick.share_of(walk_policy(flat, split.unseen)) == 0.0


def test_split_learns_chooses_and_tests_on_rows_apart():
    split = learning_market(PLANTED, 0, QUICK_SHARE)
    assert split.training_env.market.n_bars == 5_000
    assert split.validation.first_decision == 4_999
    assert split.validation.market.n_bars == 6_000
    assert split.unseen.first_decision == 5_999
    assert split.unseen.market.n_bars == 9_000
    assert len(split.market.feature_set.columns) == 40


def test_finished_trainings_are_kept_and_only_missing_ones_are_made(tmp_path, monkeypatch):
    made = []

    def make(task, folder):
        made.append(task.name)
        record = {"points": [_point(1.0, 0.5).to_dict()]}
        (folder / f"{task.name}.json").write_text(json.dumps(record))

    monkeypatch.setattr(learning_store, "_make", make)
    wanted = [_task(seed=seed) for seed in range(3)]
    first = learning_store.finished(wanted[:2], tmp_path)
    again = learning_store.finished(wanted, tmp_path)
    assert sorted(made) == sorted(task.name for task in wanted)
    assert list(again) == wanted
    assert again[wanted[0]] == first[wanted[0]] == [_point(1.0, 0.5)]


def test_training_that_fails_is_one_clear_line(tmp_path):
    task = Task(method="PPO", extractor="lstn", preset=PLANTED, seed=0, seconds=1.0, share=10)
    with pytest.raises(
        DataError, match="planted_edge-PPO-lstn-0-1s-quick-[0-9a-f]{8} failed.*lstn"
    ):
        learning_store.finished([task], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_all_trainings_have_names_of_their_own(tmp_path):
    everything = tasks(False, tmp_path / "bars.parquet")
    names = [task.name for task in everything]
    assert len(set(names)) == len(names)
    assert {"stock", "PPO", "A2C", "EPG", "DP-ridge"} <= {task.method for task in everything}


def test_twin_of_the_stock_network_decides_as_stock_does():
    env = small_env()
    venv = DummyVecEnv([env.clone])
    stock = PPO("MultiInputPolicy", venv, n_steps=64, policy_kwargs=stock_arguments(64), seed=1)
    twin = _TwinOfStock(stock, 1, env.settings)
    twin.begin(env.market, env.settings)
    random = np.random.default_rng(0)
    for _ in range(200):
        shown = {
            "market_features": random.normal(size=(2, 1)).astype(np.float32),
            "position_info": random.normal(size=4).astype(np.float32),
        }
        assert twin.predict(shown)[0] == stock.predict(shown, deterministic=True)[0]


def test_clock_stops_when_the_last_look_is_taken():
    clocked = Clocked.__new__(Clocked)
    clocked._times = []
    assert not clocked._on_step()
