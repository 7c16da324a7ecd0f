"""The learning suite: what is read off a training's points, and that finished ones are kept."""

import json

import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from backtest.optimum import OptimalPolicy, optimum_of
from data.synthetic import synthetic_bars
from scripts.benchmarks import learning, learning_store
from scripts.benchmarks.learning_clock import Clocked
from scripts.benchmarks.learning_market import (
    EDGE,
    MARTINGALE,
    PLANTED,
    QUICK_SHARE,
    Yardstick,
    file_market,
    learning_market,
    walk_policy,
)
from scripts.benchmarks.learning_plan import tasks
from scripts.benchmarks.learning_run import Task, _TwinOfStock
from scripts.benchmarks.stock_network import stock_arguments
from tests.helpers.agents import small_env
from tests.helpers.learning import look, training
from utils.errors import DataError


def test_fixed_lines_are_medians_beside_stock():
    done = {}
    for seed, (ours, stock) in enumerate([(0.6, 0.1), (0.8, 0.2), (0.7, -0.4)]):
        done[training("EPG", seed)] = [look(60.0, ours)]
        done[training("stock", seed)] = [look(60.0, stock)]
    line = learning._beside_stock("planted_edge", done, "EPG", 60.0)
    assert (line.value, line.reference_value) == (0.7, 0.1)
    assert line.ratio == pytest.approx(7.0)


def test_time_to_half_takes_the_longest_for_who_never_got_there():
    done = {
        training("EPG"): [look(2.0, 0.6)],
        training("PPO"): [look(2.0, 0.1), look(120.0, 0.4)],
    }
    line = learning._time_to_half("time_to_half", done, "EPG")
    assert (line.value, line.reference_value, line.ratio) == (2.0, 300.0, 150.0)


def test_martingale_cost_is_the_worst_seeds_over_random_tradings():
    done = {
        training(seed=seed, preset=MARTINGALE): [look(60.0, 0.0, cost_usd=cost)]
        for seed, cost in enumerate([0.0, 7.5, 2.0])
    }
    span = learning_market(MARTINGALE, 0, QUICK_SHARE).unseen
    account = walk_policy(learning.BASELINES["random"](0), span).account
    paid = float(account.fees_usd + account.slippage_usd)
    assert paid > 50.0
    cost, flat, exposure, *_ = learning._martingale_lines(done, QUICK_SHARE)
    assert (flat.name, flat.value) == ("martingale_flat", 0.0)
    assert cost.name == "martingale_cost"
    assert cost.value == pytest.approx(7.5 / paid)
    assert (exposure.name, exposure.value) == ("martingale_exposure", 0.4)


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
        record = {"points": [look(1.0, 0.5).to_dict()]}
        (folder / f"{task.name}.json").write_text(json.dumps(record))

    monkeypatch.setattr(learning_store, "_make", make)
    wanted = [training(seed=seed) for seed in range(3)]
    first = learning_store.finished(wanted[:2], tmp_path)
    again = learning_store.finished(wanted, tmp_path)
    assert sorted(made) == sorted(task.name for task in wanted)
    assert list(again) == wanted
    assert again[wanted[0]] == first[wanted[0]] == [look(1.0, 0.5)]


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


def test_file_is_split_as_the_synthetic_markets_are_and_only_its_training_rows_scale(tmp_path):
    bars = synthetic_bars(900, seed=1)
    bars.to_parquet(tmp_path / "bars.parquet")
    split = file_market(tmp_path / "bars.parquet")
    assert (split.n_training, split.n_chosen_by, len(split.bars)) == (500, 600, 900)
    later = bars.copy()
    later.iloc[500:, later.columns.get_loc("volume")] *= 1_000
    later.to_parquet(tmp_path / "later.parquet")
    assert file_market(tmp_path / "later.parquet").market.scaler == split.market.scaler
