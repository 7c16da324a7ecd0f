"""The stylised facts of a synthetic market, over several seeds: what to hold beside real ones.

One seed is one period, and periods differ: of the default market a single one meets some 5 to 12 of
the fourteen rows; the median of five, all of them for SEEDS, and 9 to 14 (12.3 on average) over
forty such fives. Most often missed are the memory of volatility over many sessions, the tail index
and the kurtosis: sixteen months hold few spells of high volatility, and they decide these.
"""

import numpy as np

from data.facts import stylised_facts
from data.synthetic import market_bars
from data.synthetic_clock import sessions_to_bars
from data.synthetic_parameters import MarketParameters

COMPARED_SESSIONS = 336
"""Of which 321 are full, as many as the NQ bars have that the targets were measured on."""

SEEDS = range(5)


def median_facts(
    market: MarketParameters, seeds: range = SEEDS, n_sessions: int = COMPARED_SESSIONS
) -> dict[str, tuple[float, ...]]:
    """Return the median over the seeds of every number that `stylised_facts` gives.

    Args:
        market: A preset, or parameters of one's own.
        seeds: One market each.
        n_sessions: Length of each, half days included.
    """
    n_bars = sessions_to_bars(n_sessions)
    markets = [stylised_facts(market_bars(n_bars, market, seed), "MNQ") for seed in seeds]
    return {
        row: tuple(np.median([facts[row] for facts in markets], axis=0).tolist())
        for row in markets[0]
    }
