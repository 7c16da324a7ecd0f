"""Rules that any agent must beat at the same costs; each obeys the protocol of `models.policy`.

At bar t every rule uses bars <= t. All trade through the same actions, sizer and stop as an agent.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.actions import Action
from env.market import Market
from env.observation import Observation
from models.policy import Policy
from utils.seeding import generator

CHANGE_PROBABILITY = 0.05
"""Chance per bar that `random` draws anew, so that costs do not hide all else."""

FAST_BARS = 20
SLOW_BARS = 50


class Flat:
    """Never trade."""

    name = "flat"

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Nothing to prepare."""

    def decide(self, bar: int, observation: Observation) -> int:
        """Return HOLD: without a position it stays without one."""
        return Action.HOLD


class BuyAndHold:
    """Always long: buys at once, and again after a protective stop took it out."""

    name = "buy_and_hold"

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Nothing to prepare."""

    def decide(self, bar: int, observation: Observation) -> int:
        """Return BUY, which holds a long that is there already."""
        return Action.BUY


class RandomTarget:
    """With CHANGE_PROBABILITY per bar go long, short or flat at random; else hold."""

    name = "random"

    def __init__(self, seed: int):
        self._seed = seed
        self._random = generator(seed)

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Begin the same sequence again."""
        self._random = generator(self._seed)

    def decide(self, bar: int, observation: Observation) -> int:
        """Return HOLD mostly, now and then one of BUY, SELL and CLOSE with equal chance."""
        if self._random.random() >= CHANGE_PROBABILITY:
            return Action.HOLD
        return (Action.BUY, Action.SELL, Action.CLOSE)[self._random.integers(3)]


class MovingAverageCross:
    """Long while the fast average of closes is above the slow one, else short; flat in warm-up."""

    name = "ma_cross"

    def __init__(self) -> None:
        self._actions: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Decide every bar of the market at once, each from the closes up to it."""
        closes = market.bars.close.astype(np.float64)
        fast, slow = trailing_mean(closes, FAST_BARS), trailing_mean(closes, SLOW_BARS)
        actions = np.where(fast > slow, Action.BUY, Action.SELL)
        actions[np.isnan(slow)] = Action.HOLD
        self._actions = actions

    def decide(self, bar: int, observation: Observation) -> int:
        """Return the action of the close of row `bar`."""
        return int(self._actions[bar])


def trailing_mean(values: NDArray[np.float64], n_bars: int) -> NDArray[np.float64]:
    """Return the mean of the last `n_bars` values, the current included; NaN while there are fewer.

    Exact for whole numbers such as prices in ticks: sums of these are exact in float64.
    """
    means = np.full(len(values), np.nan)
    if len(values) >= n_bars:
        sums = np.concatenate(([0.0], np.cumsum(values)))
        means[n_bars - 1 :] = (sums[n_bars:] - sums[:-n_bars]) / n_bars
    return means


BASELINES: dict[str, Callable[[int], Policy]] = {
    "flat": lambda seed: Flat(),
    "random": RandomTarget,
    "buy_and_hold": lambda seed: BuyAndHold(),
    "ma_cross": lambda seed: MovingAverageCross(),
}
"""Factories: each takes a seed, which only `random` uses."""
