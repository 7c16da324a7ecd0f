"""The suite `env`: a quick run, and what it refuses to print a figure for."""

import json

import numpy as np
import pytest

from env.vector_env import TradingVectorEnv
from scripts.benchmarks import env as suite
from scripts.benchmarks.env_batch import check_batch
from scripts.benchmarks.env_markets import check_traded, random_env
from tests.helpers.cli import run_script
from utils.errors import SimulationError

NAMES = [
    "public_env_step",
    "public_env_step_2",
    "batch_index_step",
    "batch_window_copy",
    "memory_per_env",
    "step_cost_5m_bars",
    "batch_step_cost_5m_bars",
]


def test_bench_env_quick_prints_its_lines(capsys, monkeypatch):
    monkeypatch.setattr(suite, "ask_peer", lambda program, question: {"steps_per_second": 1e5})
    outcome = run_script(capsys, "bench", "--suite", "env", "--quick", "--json")
    assert outcome.exit_code == 0, outcome.err
    lines = {line["name"]: line for line in map(json.loads, outcome.out.splitlines())}
    assert list(lines) == NAMES
    assert all(line["value"] > 0 for line in lines.values())
    public = lines["public_env_step"]
    assert (public["reference"], public["ratio"]) == ("gym-anytrading", public["value"] / 1e5)
    assert lines["memory_per_env"]["value"] < 10_000


def test_bench_env_refuses_a_batch_that_shows_other_windows(monkeypatch):
    true_step = TradingVectorEnv.step

    def step(envs, actions):
        observations, *rest = true_step(envs, actions)
        return {**observations, "market_features": observations["market_features"] + 1}, *rest

    monkeypatch.setattr(TradingVectorEnv, "step", step)
    with pytest.raises(SimulationError, match="other windows than single environments"):
        check_batch(random_env(2_000, 2))


def test_bench_env_refuses_a_batch_that_leaves_other_accounts(monkeypatch):
    true_step = TradingVectorEnv.step
    monkeypatch.setattr(
        TradingVectorEnv, "step", lambda envs, actions: true_step(envs, np.zeros_like(actions))
    )
    with pytest.raises(SimulationError, match="other accounts than single environments"):
        check_batch(random_env(2_000, 2))


def test_bench_env_refuses_a_figure_of_too_little_trading():
    with pytest.raises(SimulationError, match="the steps made 100 trades, must be > 100"):
        check_traded(100)
