"""Steps per second of gym-anytrading's stocks environment, with random actions.

Reads {"n_bars", "n_features", "lookback", "n_steps", "n_repeats", "seed"}; prints
{"steps_per_second": median of the repeats, "observation_shape", "observation_bytes", "n_episodes",
"version"}.
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from gym_anytrading.envs import StocksEnv


class WideStocksEnv(StocksEnv):
    """The stocks environment on given float32 features; it has a price and its change alone."""

    def __init__(self, frame, features, lookback):
        self._given = features
        super().__init__(df=frame, window_size=lookback, frame_bound=(lookback, len(frame)))

    def _process_data(self):
        return self.df["Close"].to_numpy(dtype=np.float32), self._given


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


def main():
    """Answer the question on standard input."""
    asked = json.load(sys.stdin)
    rng = np.random.default_rng(asked["seed"])
    n_bars = asked["n_bars"]
    frame = pd.DataFrame({"Close": 20_000.0 + np.cumsum(rng.normal(0.0, 5.0, n_bars))})
    features = rng.normal(size=(n_bars, asked["n_features"])).astype(np.float32)
    env = WideStocksEnv(frame, features, asked["lookback"])
    actions = rng.integers(0, env.action_space.n, asked["n_steps"]).tolist()
    observation, _ = env.reset(seed=0)
    runs = [steps_per_second(env, actions) for _ in range(asked["n_repeats"])]
    answer = {
        "steps_per_second": statistics.median(speed for speed, _ in runs),
        "observation_shape": list(observation.shape),
        "observation_bytes": observation.nbytes,
        "n_episodes": runs[0][1],
        "version": version("gym-anytrading"),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
