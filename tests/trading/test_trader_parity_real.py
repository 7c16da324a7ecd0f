"""Real bars over TCP: a trader on them decides, fills and earns as environment and back-test do."""

from functools import cache

import pandas as pd
import pytest

from models.determinism import torch_threads
from tests.helpers.bars import real_data
from tests.helpers.live_parity import assert_as_kernel, lived_over_tcp
from tests.helpers.live_pipeline import expected_of, loaded
from tests.helpers.parity_agents import agent_on

pytestmark = pytest.mark.parity

PRICES = ["open", "high", "low", "close", "volume"]
WARM, AFTER = 60, 12
"""Bars before the first decision, and after the last: what ends with the data ends beyond."""

BALANCE = 100_000.0
SPEAKING = {"PPO": 1, "RecurrentPPO": 1, "EPG": 0, "DP": 0}
"""Seeds of agents that do now this, now that, on these bars."""


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


@cache
def real_bars(name):
    """Return a file of real bars."""
    return pd.read_parquet(real_data(name)).set_index("timestamp")


def around(name, first, n_bars):
    """Return so many bars from a time (UTC) on, and what comes before and after them."""
    bars = real_bars(name)
    row = bars.index.searchsorted(pd.Timestamp(first, tz="UTC"))
    return bars[PRICES].iloc[row - WARM : row + n_bars + AFTER]


def assert_parity(folder, policy, frame, n_steps, **options):
    """Fail unless a trader lives through real bars as the kernel does; return what it did."""
    expected = expected_of(policy, frame, WARM)
    lived = lived_over_tcp(folder, loaded(policy), frame[PRICES], WARM, n_steps, **options)
    assert_as_kernel(lived, expected)
    return lived


PLACES = {
    "a morning": ("NQ_5min.parquet", "2024-05-16 00:00", 90, "DP", "MNQ"),
    "a session's end": ("NQ_5min.parquet", "2024-05-16 19:00", 70, "EPG", "MNQ"),
    "half day before a holiday": ("NQ_5min.parquet", "2024-07-03 15:00", 60, "PPO", "MNQ"),
    "end of summer time": ("NQ_5min.parquet", "2024-11-01 18:30", 70, "RecurrentPPO", "MNQ"),
    "gold": ("MGC_5min.parquet", "2021-01-14 19:30", 70, "DP", "MGC"),
}


@pytest.mark.parametrize("place", PLACES)
def test_trader_lives_through_real_bars_as_the_kernel_does(tmp_path, place):
    name, first, n_bars, kind, symbol = PLACES[place]
    frame = around(name, first, n_bars)
    agent = agent_on(frame, kind, seed=SPEAKING[kind], symbol=symbol, initial_balance=BALANCE)
    lived = assert_parity(tmp_path, agent, frame, n_bars, restart_at=(n_bars // 2,))
    assert len(lived.fills) > 3
    assert lived.kinds == {"restarted"}
