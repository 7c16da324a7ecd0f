"""Real bars over TCP: a trader on them decides, fills and earns as environment and back-test do."""

from functools import cache

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.continuous import continuous_series
from data.contract_bars import check_contract_bars
from data.rolls import RollSettings
from models.determinism import torch_threads
from tests.helpers.bars import real_data
from tests.helpers.live_parity import Scene, assert_as_kernel, lived_over_tcp
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
    scene = Scene(bars=frame[PRICES], start=WARM, n_steps=n_steps, **options)
    lived = lived_over_tcp(folder, loaded(policy), scene)
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


DAYS = {
    "PPO with an LSTM": ("NQ_5min.parquet", "2024-05-15 22:00", "PPO", {"symbol": "MNQ"}),
    "RecurrentPPO": ("NQ_5min.parquet", "2024-05-15 22:00", "RecurrentPPO", {"symbol": "MNQ"}),
    "EPG": ("NQ_5min.parquet", "2025-04-08 22:00", "EPG", {"symbol": "MNQ"}),
    "DP": ("NQ_5min.parquet", "2025-04-08 22:00", "DP", {"symbol": "MNQ"}),
    "S&P": ("ES_5min.parquet", "2024-08-04 22:00", "DP", {"symbol": "MES"}),
    "gold": ("MGC_5min.parquet", "2021-01-14 23:00", "EPG", {"symbol": "MGC"}),
    "a stop that trails": (
        "NQ_5min.parquet",
        "2025-04-08 22:00",
        "EPG",
        {"symbol": "MNQ", "trailing_stop_ticks": 45.0},
    ),
}
"""Whole sessions, among them some in which prices moved by a tenth."""


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
def test_trader_lives_through_a_whole_real_day_as_the_kernel_does(tmp_path, day):
    name, first, kind, account = DAYS[day]
    frame = around(name, first, 280)
    agent = agent_on(frame, kind, seed=SPEAKING[kind], initial_balance=BALANCE, **account)
    lived = assert_parity(tmp_path, agent, frame, 280)
    assert len(lived.fills) > 10


ROLL_DAYS = ("2024-06-12", "2024-06-19")


def contract_bars():
    """Return bars of two contracts of MNQ beside each other; the second is in front from the 17th.

    Those of NQ: prices are the same.
    """
    stored = pd.read_parquet(real_data("NQ_5min_contracts.parquet"))
    first, last = (pd.Timestamp(day, tz="UTC") for day in ROLL_DAYS)
    stored = stored[(stored["timestamp"] >= first) & (stored["timestamp"] < last)]
    own = stored.assign(contract="M" + stored["contract"])
    return own[["timestamp", *PRICES, "contract"]]


def test_trader_changes_to_the_next_contract_as_the_kernel_does(tmp_path):
    contracts = contract_bars()
    micro = get_instrument("MNQ")
    by_contract = check_contract_bars(contracts, micro)
    series = continuous_series(by_contract, micro, RollSettings(rule="calendar")).bars
    roll = int(series["is_roll"].to_numpy().nonzero()[0][0])
    start = roll - 40
    agent = agent_on(series, "EPG", seed=SPEAKING["EPG"], initial_balance=BALANCE)
    expected = expected_of(agent, series, start)
    scene = Scene(
        bars=contracts,
        start=start,
        n_steps=80,
        restart_at=(40, 60),
        terms={"is_named": True},
        market={"start": series.index[start].to_pydatetime()},
    )
    lived = lived_over_tcp(tmp_path, loaded(agent), scene)
    assert_as_kernel(lived, expected)
    assert len({one.con_id for one in lived.decisions}) == 2
    assert len(lived.fills) > 10
