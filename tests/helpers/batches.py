"""A batch beside as many environments that Gymnasium itself puts in a row, and their comparison."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from config.settings import EnvSettings
from data.bars import check_bars
from data.calendar import calendar_of
from env.market import Market, build_market
from env.trading_env import TradingEnv
from env.vector_env import TradingVectorEnv

COLUMNS = ["log_return", "rsi"]
TICK = 0.25


@cache
def restless_market() -> Market:
    """Return four sessions of five-minute bars at random prices; the third begins a new contract.

    About one bar in three moves by more than 20 ticks, so that near stops and targets are hit.
    """
    return build_market(restless_frame(), COLUMNS)


@cache
def restless_frame() -> pd.DataFrame:
    """Return the bars of `restless_market`."""
    random = np.random.default_rng(11)
    stamps = calendar_of("MNQ").expected_bars("2025-01-13", "2025-01-16", 300)
    n_bars = len(stamps)
    gap = np.where(stamps == pd.Timestamp("2025-01-14 23:00", tz="UTC"), 160, 0)
    open_, close = np.zeros((2, n_bars), dtype=np.int64)
    close[:] = 80_000 + np.cumsum(random.integers(-24, 25, n_bars) + gap)
    open_[0], open_[1:] = close[0], close[:-1] + gap[1:] + random.integers(-6, 7, n_bars - 1)
    high = np.maximum(open_, close) + random.integers(0, 13, n_bars)
    low = np.minimum(open_, close) - random.integers(0, 13, n_bars)
    ticks = pd.DataFrame(
        {"open": open_, "high": high, "low": low, "close": close, "roll_gap": gap},
        index=stamps.rename("timestamp"),
    )
    return check_bars((ticks * TICK).assign(volume=random.integers(50, 150, n_bars) * 1.0))


def pair(n_envs: int, observations: str = "windows", **settings: Any) -> "Pair":
    """Return a batch and as many scalar environments, over the restless market."""
    chosen = EnvSettings(**{"lookback_window": 5, **settings})
    return Pair(chosen, n_envs, observations)


class Pair:
    """A batch, and what must do the same.

    Attributes:
        batch: The TradingVectorEnv.
        scalars: TradingEnvs in a row.
    """

    def __init__(self, settings: EnvSettings, n_envs: int, observations: str = "windows"):
        market = restless_market()
        self.batch = TradingVectorEnv.over(market, settings, n_envs, observations)
        one = TradingEnv(restless_frame(), COLUMNS, settings)
        self.scalars = SyncVectorEnv([one.clone] * n_envs, autoreset_mode=AutoresetMode.SAME_STEP)

    def reset(self, **arguments: Any) -> None:
        """Reset both, and fail where they differ."""
        seen, _ = self.batch.reset(**arguments)
        expected, _ = self.scalars.reset(**arguments)
        assert_same_observations(seen, expected)
        self.assert_same_accounts()

    def step(self, actions: Any) -> int:
        """Step both, fail where they differ, and return how many episodes ended."""
        seen, *said, infos = self.batch.step(actions)
        expected, *told, expected_infos = self.scalars.step(actions)
        assert_same_observations(seen, expected)
        for mine, theirs in zip(said, told, strict=True):
            assert mine.dtype == theirs.dtype
            assert mine.tobytes() == theirs.tobytes()
        self.assert_same_accounts()
        n_ended = int((told[1] | told[2]).sum())
        assert bool(infos) == (n_ended > 0)
        if n_ended:
            assert_same_ends(infos, expected_infos)
        return n_ended

    def assert_same_accounts(self) -> None:
        """Fail unless the accounts are the same bytes."""
        for i, env in enumerate(self.scalars.envs):
            assert self.batch.accounts[i].tobytes() == env.simulation.account.tobytes()


def assert_same_observations(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Fail unless both hold the same arrays."""
    assert mine.keys() == theirs.keys()
    for key, values in mine.items():
        assert values.dtype == theirs[key].dtype
        assert values.shape == theirs[key].shape
        assert values.tobytes() == theirs[key].tobytes()


def assert_same_ends(mine: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Fail unless both say the same of the episodes that ended."""
    mask = theirs["_final_obs"]
    assert mine["_final_obs"].tolist() == mine["_final_info"].tolist() == mask.tolist()
    for i, is_over in enumerate(mask):
        if is_over:
            assert_same_observations(mine["final_obs"][i], theirs["final_obs"][i])
        else:
            assert mine["final_obs"][i] is None
    told = theirs["final_info"]
    for key in [key for key in told if not key.startswith("_")]:
        assert mine["final_info"][f"_{key}"].tolist() == told[f"_{key}"].tolist()
        assert mine["final_info"][key][mask].tolist() == told[key][mask].tolist()
