"""A keeper of history that tests make up: synthetic contracts, and what may go wrong in asking."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd

from config.instruments import Instrument, get_instrument
from data.bars import BAR_COLUMNS
from data.contract_bars import ContractBars, check_contract_bars
from data.contracts import last_trade_date
from data.ib_history_plan import Chunk
from data.ib_history_source import BarsWanted, ListedContract
from data.synthetic_contracts import synthetic_contracts

OFFSETS = {"D": "days", "W": "weeks", "Y": "years"}


class MovedClock:
    """A clock that stands until somebody sleeps by it."""

    def __init__(self, text: str) -> None:
        """Begin at a time given as ISO 8601 with an offset."""
        self._now = datetime.fromisoformat(text).astimezone(UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return that time, aware."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Move on by so many seconds, at once."""
        self.slept.append(seconds)
        self.move(seconds)

    def move(self, seconds: float) -> None:
        """Let so many seconds pass, at once."""
        self._now += timedelta(seconds=seconds)


SPEED = 400.0
"""Seconds of a test's clock in one of ours: ten minutes of pacing are 1.5 s."""


class FastClock:
    """A clock that runs SPEED times as fast as the machine's."""

    def __init__(self, text: str) -> None:
        """Begin now at a time given as ISO 8601 with an offset."""
        self._begun = datetime.fromisoformat(text)
        self._at = time.monotonic()

    def now(self) -> datetime:
        """Return its time, aware, UTC."""
        return self._begun + timedelta(seconds=(time.monotonic() - self._at) * SPEED)

    async def sleep(self, seconds: float) -> None:
        """Sleep by this clock."""
        await asyncio.sleep(seconds / SPEED)


def contracts_of_market(n_sessions: int, symbol: str = "MNQ", seed: int = 0) -> ContractBars:
    """Return synthetic contracts of whole sessions of five-minute bars."""
    frame = synthetic_contracts(n_sessions * 276, seed=seed, symbol=symbol)
    return check_contract_bars(frame, get_instrument(symbol))


@dataclass
class FakeListener:
    """A FetchListener that remembers."""

    said: list[str] = field(default_factory=list)
    begun: tuple[int, int] | None = None
    n_advanced: int = 0

    def begin(self, n_done: int, n_chunks: int, seconds: float) -> None:
        """Remember how much there was."""
        self.begun = (n_done, n_chunks)

    def advance(self, chunk: Chunk, seconds: float) -> None:
        """Count."""
        self.n_advanced += 1

    def say(self, text: str) -> None:
        """Remember a line."""
        self.said.append(text)


@dataclass
class FakeHistory:
    """A HistorySource of bars that are at hand.

    Attributes:
        contracts: What it keeps.
        failures: Raised, in this order, by the next requests for bars; None answers one.
        is_shuffled: Whether answers come latest first, with their first bar twice.
        asked: What bars were asked for, in order.
        n_connections: How often somebody connected.
        time: What its own clock shows, ISO 8601.
    """

    contracts: ContractBars
    failures: list[BaseException | None] = field(default_factory=list)
    is_shuffled: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    n_connections: int = 0
    is_connected: bool = False
    time: str = "2024-03-27T14:02:30+00:00"

    @property
    def n_asked(self) -> Counter[str]:
        """How often each contract's bars were asked for."""
        return Counter(code for code, _ in self.asked)

    async def connect(self) -> None:
        """Connect."""
        assert not self.is_connected
        self.n_connections += 1
        self.is_connected = True

    async def close(self) -> None:
        """Close."""
        self.is_connected = False

    async def ask_time(self) -> pd.Timestamp:
        """Return the time of its own clock."""
        assert self.is_connected
        return pd.Timestamp(self.time)

    async def ask_contracts(self, instrument: Instrument) -> tuple[ListedContract, ...]:
        """Return all contracts that it keeps."""
        assert self.is_connected
        return tuple(
            ListedContract(
                contract=contract,
                con_id=number,
                exchange="CME",
                last_trade=last_trade_date(contract),
            )
            for number, contract in enumerate(self.contracts, start=1)
        )

    async def ask_bars(self, contract: ListedContract, wanted: BarsWanted) -> pd.DataFrame:
        """Return the bars that open in a duration, or fail as told."""
        assert self.is_connected
        self.asked.append((contract.contract.code, wanted.text))
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        bars = self.contracts[contract.contract][list(BAR_COLUMNS)]
        count, unit = wanted.duration.split()
        start = wanted.end - pd.DateOffset(**{OFFSETS[unit]: int(count)})
        sent = bars[(bars.index >= start) & (bars.index < wanted.end)]
        if self.is_shuffled and len(sent):
            return pd.concat([sent.iloc[::-1], sent.iloc[:1]])
        return sent
