"""The download from Interactive Brokers: chunk after chunk, paced, taken up where it ended.

One request at a time. Each chunk is on the disk before the next one is asked for, so whatever ends
the download, the same call goes on with what is missing. What to ask for is decided by
data/ib_history_plan.py, whom to ask is the port of data/ib_history_source.py, and what becomes of
the chunks is left to data/ib_history_series.py.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import pandas as pd

from data.contracts import Contract
from data.ib_history_check import gaps, over_by, stored_entry
from data.ib_history_errors import PacingViolationError
from data.ib_history_merge import lacking, revisions
from data.ib_history_plan import Chunk, HistoryPlan, is_kept
from data.ib_history_source import (
    BarsWanted,
    HistorySource,
    ListedContract,
)
from data.ib_history_store import RawHistory
from data.ib_pacing import BackOff, Pacer
from utils.clock import Clock
from utils.errors import TemporaryGatewayError

TOO_OLD = "expired futures are kept for about two years"
NOT_LISTED = "they are not listed any more, or not yet"

CLOCK_MARGIN = pd.Timedelta(days=1)
"""A chunk that ended so long ago is over, however wrong our own clock may be."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How patient a download is.

    Attributes:
        n_attempts: How often one thing is asked for before the download gives up.
        pacing_back_off: After the answer that it was asked too often.
        connection_back_off: After a lost connection, or no answer in time.
    """

    n_attempts: int = 8
    pacing_back_off: BackOff = field(
        default_factory=lambda: BackOff(first_seconds=15.0, most_seconds=600.0)
    )
    connection_back_off: BackOff = field(
        default_factory=lambda: BackOff(first_seconds=1.0, most_seconds=60.0)
    )


class FetchListener(Protocol):
    """Hears how a download goes."""

    def begin(self, n_done: int, n_chunks: int, seconds: float) -> None:
        """Hear how many chunks there are, and how long the limits make the missing ones take."""

    def advance(self, chunk: Chunk, seconds: float) -> None:
        """Hear that a chunk is done, and how long the limits make the rest take."""

    def say(self, text: str) -> None:
        """Hear one line about something unusual."""


@dataclass(slots=True, kw_only=True)
class FetchReport:
    """What a download did.

    Attributes:
        n_asked: Chunks that were asked for and came.
        n_forming: Bars that were left out, since their time was not over.
        out_of_reach: Contracts whose missing bars are not to be had.
        revised: Bars that were there, and came with other values now, as text.
    """

    n_asked: int = 0
    n_forming: int = 0
    out_of_reach: list[Contract] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Fetcher:
    """Downloads the missing chunks of a plan.

    Attributes:
        source: Whom to ask.
        raw: Where the chunks are stored; the caller holds its lock.
        pacer: Says when to ask.
        clock: Says what time it is.
        listener: Hears how it goes.
        settings: How patient to be.
        sleep: Waits so many seconds.
    """

    source: HistorySource
    raw: RawHistory
    pacer: Pacer
    clock: Clock
    listener: FetchListener
    settings: FetchSettings = field(default_factory=FetchSettings)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _report: FetchReport = field(default_factory=FetchReport)
    _is_broken: bool = False

    async def fetch(self, plan: HistoryPlan, *, should_retry_gaps: bool = False) -> FetchReport:
        """Ask for every chunk that is not there; nobody is asked where all are.

        Args:
            plan: What is wanted.
            should_retry_gaps: Whether to ask again for chunks of which nothing came although the
                market was open.

        Raises:
            TemporaryGatewayError: If the first connection fails, or one thing failed too often.
            FatalGatewayError: If the bars may not be had.
            ConfigError: If they cannot be written.
        """
        self._report = FetchReport()
        again = gaps(plan, self.raw) if should_retry_gaps else ()
        missing = [chunk for chunk in plan.chunks if chunk in again or not self.raw.is_done(chunk)]
        now = self._now()
        missing = self._reachable(missing, [c for c in plan.contracts if is_kept(c, now)], TOO_OLD)
        if not missing:
            return self._report
        try:
            await self.source.connect()
            await self._fetch_missing(plan, missing)
        finally:
            await self.source.close()
        return self._report

    def _reachable(
        self, missing: list[Chunk], contracts: Sequence[Contract], reason: str
    ) -> list[Chunk]:
        """Return the chunks of these contracts; say which others are left out, and why."""
        lost = [chunk.contract for chunk in missing if chunk.contract not in contracts]
        names = list(dict.fromkeys(lost))
        if names:
            self._report.out_of_reach += names
            self.listener.say(
                f"no bars to be had of {', '.join(name.code for name in names)}: {reason}"
            )
        return [chunk for chunk in missing if chunk.contract in contracts]

    async def _fetch_missing(self, plan: HistoryPlan, missing: list[Chunk]) -> None:
        listed = await self._patiently(lambda: self.source.ask_contracts(plan.instrument))
        known = {one.contract: one for one in listed}
        missing = self._reachable(missing, list(known), NOT_LISTED)
        n_chunks = len(plan.chunks)
        seconds = self.pacer.seconds_for(len(missing))
        self.listener.begin(n_chunks - len(missing), n_chunks, seconds)
        for n_done, chunk in enumerate(missing, start=1):
            await self._fetch_chunk(plan, chunk, known[chunk.contract])
            self.listener.advance(chunk, self.pacer.seconds_for(len(missing) - n_done))

    async def _fetch_chunk(self, plan: HistoryPlan, chunk: Chunk, listed: ListedContract) -> None:
        """Ask for one chunk and store what came."""
        request = plan.request
        wanted = BarsWanted(
            end=await self._patiently(lambda: self._end_of(chunk)),
            duration=chunk.duration,
            bar_size=request.bar_size,
            is_rth_only=plan.is_rth_asked,
        )
        sent = await self._patiently(lambda: self._ask(listed, wanted))
        bars = over_by(sent, wanted.end, request.bar_size, plan.instrument)
        self._report.n_asked += 1
        self._report.n_forming += len(sent) - len(bars)
        if self.raw.entry(chunk) is not None:
            bars = self._with_earlier(chunk, bars)
        stored = stored_entry(chunk, bars, wanted.end, request.bar_size, plan.instrument)
        self.raw.write(chunk, bars, stored)

    def _with_earlier(self, chunk: Chunk, bars: pd.DataFrame) -> pd.DataFrame:
        """Return what came, and the bars of the chunk that came before and now did not."""
        earlier, code = self.raw.read(chunk), chunk.contract.code
        changed = revisions(earlier, bars.groupby(level=0).last())
        self._report.revised += [f"{code} {text}" for text in changed]
        gone = lacking(chunk, earlier, bars)
        if len(gone):
            self.listener.say(
                f"{len(gone):,} bars of {code} did not come again and are kept, first: "
                f"{gone.index[0].isoformat()}"
            )
        return pd.concat([gone, bars]) if len(gone) else bars

    async def _end_of(self, chunk: Chunk) -> pd.Timestamp:
        """Return up to when to ask: for what is not over, the time of those who know."""
        if chunk.end <= self._now() - CLOCK_MARGIN:
            return chunk.end
        return min(chunk.end, (await self.source.ask_time()).floor("s"))

    async def _ask(self, listed: ListedContract, wanted: BarsWanted) -> pd.DataFrame:
        """Ask once, as soon as the limits allow it."""
        code = listed.contract.code
        text = f"{code} {wanted.text}"
        while (seconds := self.pacer.seconds_to_wait(code, text)) > 0.0:
            await self.sleep(seconds)
        self.pacer.note(code, text)
        return await self.source.ask_bars(listed, wanted)

    async def _patiently(self, ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """Ask until an answer comes: after a while, and over a new connection if need be."""
        for n_failed in itertools.count(1):
            try:
                await self._mend_connection()
                return await ask()
            except PacingViolationError as error:
                seconds = self.settings.pacing_back_off.seconds(n_failed)
                self._give_up_after(n_failed, error)
            except TemporaryGatewayError as error:
                self._is_broken = True
                seconds = self.settings.connection_back_off.seconds(n_failed)
                self._give_up_after(n_failed, error)
            await self.sleep(seconds)
        raise AssertionError("itertools.count never ends")

    async def _mend_connection(self) -> None:
        if not self._is_broken:
            return
        await self.source.close()
        await self.source.connect()
        self._is_broken = False

    def _give_up_after(self, n_failed: int, error: TemporaryGatewayError) -> None:
        """Say what went wrong; raise it once it has gone wrong too often."""
        if n_failed >= self.settings.n_attempts:
            raise TemporaryGatewayError(
                f"{error}; given up after {n_failed} attempts, what is done is kept: the same "
                f"command goes on"
            ) from error
        self.listener.say(f"{error}; trying again")

    def _now(self) -> pd.Timestamp:
        return pd.Timestamp(self.clock.now()).tz_convert("UTC")
