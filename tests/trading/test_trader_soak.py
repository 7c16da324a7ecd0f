"""Days of a trader that is ended and begun again each day: nothing drifts, nothing grows."""

import asyncio
import ctypes
import gc
import logging
import os
import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from tests.helpers.invariants import position_of
from tests.helpers.live_parity import (
    AT_LEISURE,
    FREE,
    Lived,
    assert_as_kernel,
    broker_fills,
    written_decisions,
)
from tests.helpers.live_pipeline import expected_of
from tests.helpers.live_traders import hash_model, market_of, some_bars, trading

WARM, SESSION = 60, 276
FIRST_DAY = SESSION - WARM
DAY = SESSION + 1
"""Steps of a session: one of them opens it."""

ACCOUNT = {
    "initial_balance": 1e6,
    "flatten_minutes_before_close": 10,
    "no_entry_minutes_before_close": 15,
}
"""Flat over the break: an open beyond a stop is one of the things in which broker and kernel differ
(tests/trading/test_trader_differences.py)."""

SLOW_START = {"stale_data"}
"""What a trader tells that has no bars yet when it first says how it stands."""

MAX_GROWTH_MIB = 10.0
PAGE_MIB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass
class Held:
    """What the process held after each life of a trader."""

    mib: list[float] = field(default_factory=list)
    n_files: list[int] = field(default_factory=list)
    n_tasks: list[int] = field(default_factory=list)

    def take(self) -> None:
        """Measure, once garbage is gone and what was freed is given back."""
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.mib.append(pages * PAGE_MIB)
        self.n_files.append(len(os.listdir("/proc/self/fd")))
        self.n_tasks.append(len(asyncio.all_tasks()))


@dataclass
class Soak:
    """Traders one after the other, on one market.

    Attributes:
        folder: Of all their folders.
        ends: When each ends, in steps since the start.
        killed_at: Of these, those at which one is killed: its successor has what was on the disk,
            and no goodbye in it.
    """

    folder: Path
    ends: tuple[int, ...]
    killed_at: tuple[int, ...] = ()
    lived: Lived = field(default_factory=lambda: Lived(start=WARM))
    held: Held = field(default_factory=Held)

    def run(self, n_bars: int) -> None:
        """Live to the last end, then compare with one account that lived through all of it."""
        bars = some_bars(n_bars)
        model = hash_model(bars, **ACCOUNT)
        with market_of(bars, WARM, model.policy.env_settings) as market:
            asyncio.run(self._in_loop(market, model))
            self.lived.fills = broker_fills(market.state(), "MNQ")
        assert_as_kernel(self.lived, expected_of(model.policy, bars, WARM))

    async def _in_loop(self, market, model) -> None:
        own = self.folder / "first"
        own.mkdir()
        for first, last in pairwise((0, *self.ends)):
            following = self.folder / f"after {last}" if last in self.killed_at else own
            await self._one_life(market, model, (own, following), last - first)
            own, self.lived.n_steps = following, last
            self.lived.decisions = written_decisions(own)
            self.held.take()

    async def _one_life(self, market, model, folders, n_steps: int) -> None:
        options = {"trading": FREE, "connection": AT_LEISURE, "session": {"policy_seconds": 60.0}}
        own, following = folders
        async with trading(market, model, own, **options) as run:
            await run.step(n_steps)
            run.check()
            state = market.state()
            assert run.manager.books.position == position_of(state)
            self.lived.cash_usd[len(state["executions"])] = state["cash_usd"]
            self.lived.kinds |= run.heard.kinds()
            if following != own:
                following.mkdir()
                for path in own.glob("*.*"):
                    shutil.copy(path, following)


@pytest.fixture
def _unlogged():
    """Have nothing logged: pytest keeps every line until the test is over."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_trader_that_is_killed_and_restarted_within_a_day_lives_as_one_that_is_not(tmp_path):
    soak = Soak(folder=tmp_path, ends=(20, 45, 60, 90), killed_at=(45,))
    soak.run(WARM + 100)
    assert soak.lived.kinds - SLOW_START == {"restarted", "not_closed_cleanly"}


@pytest.mark.slow
@pytest.mark.usefixtures("_unlogged")
def test_five_days_with_daily_restarts_and_a_kill_drift_nowhere_and_let_nothing_grow(tmp_path):
    days = tuple(FIRST_DAY + DAY * day for day in range(6))
    kill = days[2] + 100
    soak = Soak(folder=tmp_path, ends=tuple(sorted((*days, kill))), killed_at=(kill,))
    soak.run(WARM + FIRST_DAY + 5 * SESSION + 12)
    assert soak.lived.kinds - SLOW_START == {"restarted", "not_closed_cleanly"}
    held = soak.held
    assert held.mib[-1] - held.mib[1] < MAX_GROWTH_MIB, held.mib
    assert len(set(held.n_files[1:])) == 1, held.n_files
    assert len(set(held.n_tasks)) == 1, held.n_tasks
