"""Steps per second of gym-trading-env's environment (short, flat, long), with random actions.

Reads {"n_bars", "n_features", "lookback", "n_steps", "n_repeats", "seed"}; prints
{"steps_per_second": median of the repeats, "observation_shape", "observation_bytes", "n_episodes",
"version"}. Its two columns of the position are switched off, so that observations are as wide as
asked for.
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from gym_trading_env.environments import TradingEnv


def steps_per_second(env, actions):
    """Return steps per second, and how many episodes ended; resets count as part of the steps."""
    n_episodes = 0
    env.reset(seed=0)
    started = time.perf_counter()
    for action in actions:
        _, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            n_episodes += 1
            env.reset()
    return len(actions) / (time.perf_counter() - started), n_episodes


def bars(rng, n_bars, n_features):
    """Return closes on five-minute stamps, beside columns that the environment knows by name."""
    features = rng.normal(size=(n_bars, n_features)).astype(np.float32)
    frame = pd.DataFrame(features, columns=[f"feature_{i}" for i in range(n_features)])
    frame["close"] = 20_000.0 + np.cumsum(rng.normal(0.0, 5.0, n_bars))
    frame.index = pd.date_range("2024-01-01", periods=n_bars, freq="5min")
    return frame


def main():
    """Answer the question on standard input."""
    asked = json.load(sys.stdin)
    rng = np.random.default_rng(asked["seed"])
    env = TradingEnv(
        df=bars(rng, asked["n_bars"], asked["n_features"]),
        positions=[-1, 0, 1],
        dynamic_feature_functions=[],
        windows=asked["lookback"],
        verbose=0,
    )
    actions = rng.integers(0, env.action_space.n, asked["n_steps"]).tolist()
    observation, _ = env.reset(seed=0)
    runs = [steps_per_second(env, actions) for _ in range(asked["n_repeats"])]
    answer = {
        "steps_per_second": statistics.median(speed for speed, _ in runs),
        "observation_shape": list(observation.shape),
        "observation_bytes": observation.nbytes,
        "n_episodes": runs[0][1],
        "version": version("gym-trading-env"),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
