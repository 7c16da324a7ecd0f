"""A product's history from Interactive Brokers: planned, downloaded as far as missing, joined.

What came lies raw in a folder per product and bar size, of all hours. Regular hours are taken from
it by our calendar; only daily bars of regular hours must be asked for as such.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from config.ib_config import load_ib_config
from data.fetcher import Fetcher, FetchListener, FetchReport, FetchSettings
from data.history_request import HistoryRequest
from data.ib_history_client import IbAddress, IbHistoryClient
from data.ib_history_plan import Chunk, HistoryPlan, plan_history
from data.ib_history_series import IbSeries, join_history
from data.ib_history_source import HistorySource
from data.ib_history_store import RawHistory
from data.ib_pacing import Pacer, PacingLimits
from utils.clock import Clock, SystemClock
from utils.files import check_writable
from utils.paths import BARS_DIR

RAW_FOLDER = "ib"
"""Below the folder of bars."""

REQUESTS = "requests.json"
"""What was asked for of late, of whatever product: the limits are those of the user."""


class SilentListener:
    """A FetchListener that tells nobody."""

    def begin(self, n_done: int, n_chunks: int, seconds: float) -> None:
        """Tell nobody."""

    def advance(self, chunk: Chunk, seconds: float) -> None:
        """Tell nobody."""

    def say(self, text: str) -> None:
        """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IbAccess:
    """How to ask Interactive Brokers for history.

    Attributes:
        source: Whom to ask; None is the TWS or IB Gateway that the environment names.
        folder: Where raw bars lie.
        first: The series begins with this stamp's session, if the duration does not reach it.
        should_retry_gaps: Whether to ask again where nothing came although the market was open.
        limits: How often to ask.
        settings: How patient to be.
        clock: Says what time it is while the download goes on.
        listener: Hears how it goes.
        sleep: Waits so many seconds by the clock.
    """

    source: HistorySource | None = None
    folder: Path = BARS_DIR / RAW_FOLDER
    first: pd.Timestamp | None = None
    should_retry_gaps: bool = False
    limits: PacingLimits = field(default_factory=PacingLimits)
    settings: FetchSettings = field(default_factory=FetchSettings)
    clock: Clock = field(default_factory=SystemClock)
    listener: FetchListener = field(default_factory=SilentListener)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


def ib_history(
    request: HistoryRequest, access: IbAccess, now: pd.Timestamp
) -> tuple[IbSeries, int]:
    """Return the history, and how many bars were left out since they are still forming.

    Must not be called from within an event loop: it runs its own.

    Args:
        request: What to have.
        access: How to get it.
        now: The time of the request, UTC.

    Raises:
        ConfigError: If IB has no such product, or the folder cannot be written.
        DataError: If nothing sound came, a roll cannot be measured, or another process downloads
            the same.
        GatewayError: If the broker cannot be asked, or refuses.
    """
    plan = plan_history(request, now, access.first)
    hours = "_rth" if plan.is_rth_asked else ""
    size = request.bar_size.replace(" ", "")
    folder = access.folder / plan.instrument.symbol / f"{size}{hours}"
    check_writable(folder)
    raw = RawHistory(folder, {"symbol": plan.instrument.symbol, "source": RAW_FOLDER})
    with raw.locked():
        report = asyncio.run(_fetch(plan, access, raw))
        series = join_history(plan, raw)
    for line in (*_revisions(report), *series.remarks):
        access.listener.say(line)
    return series, report.n_forming


async def _fetch(plan: HistoryPlan, access: IbAccess, raw: RawHistory) -> FetchReport:
    fetcher = Fetcher(
        source=access.source or IbHistoryClient(address_from_environment()),
        raw=raw,
        pacer=Pacer(access.limits, access.clock, access.folder / REQUESTS),
        clock=access.clock,
        listener=access.listener,
        settings=access.settings,
        sleep=access.sleep,
    )
    return await fetcher.fetch(plan, should_retry_gaps=access.should_retry_gaps)


def address_from_environment(
    host: str | None = None, port: int | None = None, client_id: int | None = None
) -> IbAddress:
    """Return where the broker is: as given, otherwise from the environment, its paper port.

    Raises:
        ConfigError: If a variable of the environment is out of bounds.
    """
    config = load_ib_config()
    return IbAddress(
        host=config.host if host is None else host,
        port=config.paper_port if port is None else port,
        client_id=config.client_id if client_id is None else client_id,
    )


def _revisions(report: FetchReport) -> list[str]:
    if not report.revised:
        return []
    return [
        f"{len(report.revised):,} bars came with other values than before, first: "
        f"{report.revised[0]}"
    ]
