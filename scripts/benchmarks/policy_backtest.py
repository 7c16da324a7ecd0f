"""How long a back-test of an LSTM policy takes, beside asking the same agent bar by bar.

A figure is printed only after both were seen to take the same actions and to leave the same equity.
"""

import time

import numpy as np

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from scripts.benchmarks.env_markets import (
    LOOKBACK,
    N_BAR_COLUMNS,
    SETTINGS,
    check_traded,
    random_bars,
)
from scripts.benchmarks.line import BenchLine
from utils.errors import SimulationError

SUITE = "training"
BARS, FEATURES = 100_000, 40
HIDDEN, SEED = 64, 1
LOOP_SHARE = 10
"""The loop is timed on the first tenth of the bars."""

REPEATS = 3
QUICK_SHARE = 10


def policy_backtest_line(quick: bool = False) -> BenchLine:
    """Return the seconds of a back-test, beside those of the loop over as many bars.

    An untrained network trades at random, by what it sees, which is work enough.
    """
    bars = random_bars(BARS // (QUICK_SHARE if quick else 1), FEATURES)
    env = TradingEnv(bars, [*bars.columns[N_BAR_COLUMNS:]], settings=SETTINGS)
    agent = TradingAgent(env, feature_extractor="lstm", hidden_size=HIDDEN, seed=SEED)
    engine = BacktestEngine(bars)
    engine.run_with_model(agent)  # compiles what is not in the cache yet
    seconds, loop_seconds = [], []
    for _ in range(REPEATS):
        started = time.perf_counter()
        result = engine.run_with_model(agent)
        seconds.append(time.perf_counter() - started)
        loop_seconds.append(_loop_seconds(env, agent, result))
    check_traded(len(result.trades))
    return BenchLine(
        suite=SUITE,
        name="policy_backtest",
        value=min(seconds),
        unit="s",
        reference=f"predict loop over 1 / {LOOP_SHARE} of the bars x {LOOP_SHARE}",
        reference_value=min(loop_seconds) * LOOP_SHARE,
    )


def _loop_seconds(env: TradingEnv, agent: TradingAgent, result: BacktestResult) -> float:
    """Return the seconds of asking and stepping on the first bars; check that all was the same."""
    n_steps = len(result.equity) // LOOP_SHARE
    observation, _ = env.reset()
    seen, actions = [], []
    started = time.perf_counter()
    for _ in range(n_steps):
        action, _ = agent.predict(observation)
        seen.append(observation)
        actions.append(action)
        observation, *_ = env.step(action)
    seconds = time.perf_counter() - started
    agent.reset(env.market, env.settings)
    first = env.market.first_decision(LOOKBACK)
    decided = [agent.decide(first + i, shown) for i, shown in enumerate(seen)]
    if decided != actions:
        raise SimulationError("the back-test's policy took other actions than the predict loop")
    if not np.array_equal(env.simulation.equity, result.equity[: n_steps + 1]):
        raise SimulationError("the back-test left another equity than the predict loop")
    return seconds
