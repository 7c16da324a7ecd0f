"""What a trader looks back on: each day beside the kernel's when it is over, and the broker's PnL.

Neither stops trading: the one is for the next morning, the other for a person to look at.
"""

import time
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

from config.trader_settings import SessionSettings
from trading.alert_kinds import Alert
from trading.bar_verdicts import ClosedBar
from trading.broker_events import ConnectionLost, ProfitSeen
from trading.day_keeper import DayKeeper
from trading.drift_report import daily_drift
from trading.drift_text import as_json, report_text
from trading.journal_reader import JournalReader
from trading.profit_check import profit_differs
from trading.trader_terms import TraderTerms
from utils.errors import FuturesGymError
from utils.files import write_json_atomically
from utils.logger import get_logger

_LOG = get_logger("reports")

DRIFT_FOLDER = "drift"
DIFFERS_SECONDS = 60.0
"""How long the broker's count of the day must differ from ours before it is worth a word."""


class DayReports:
    """Reports of one trader.

    Args:
        terms: Of the trader.
        settings: How far the broker's PnL may be from ours.
        day: The trading day.
        reader: Of the journal.
        alert: Tells people.
    """

    def __init__(
        self,
        terms: TraderTerms,
        settings: SessionSettings,
        day: DayKeeper,
        reader: JournalReader,
        alert: Callable[[Alert], None],
    ) -> None:
        self._terms = terms
        self._settings = settings
        self._day = day
        self._reader = reader
        self._alert = alert
        self._today: date | None = None
        self._profit: ProfitSeen | None = None
        self._differs_since: float | None = None

    def look(self, bars: Iterable[ClosedBar], now: datetime) -> None:
        """Report the day that has ended, once another one has begun, and compare the PnL.

        Args:
            bars: As the trader had them, oldest first.
            now: What time it is.
        """
        day = None if self._day.day is None else self._day.day.trading_day
        ended, self._today = self._today, day
        if ended is not None and day != ended:
            self._profit = None
            self._report(ended, bars)
        self._compare_profit(now)

    def hear(self, event: ProfitSeen | ConnectionLost) -> None:
        """Take note of the broker's count of the day; a line that is down tells no newer one."""
        self._profit = event if isinstance(event, ProfitSeen) else None

    def _compare_profit(self, now: datetime) -> None:
        """Tell people where the two counts stay apart: each is marked at another moment."""
        text = profit_differs(
            self._day.comparable_pnl_usd, self._profit, self._settings.profit_tolerance_usd
        )
        if text is None:
            self._differs_since = None
            return
        monotonic = time.monotonic()
        if self._differs_since is None:
            self._differs_since = monotonic
        if monotonic - self._differs_since >= DIFFERS_SECONDS:
            self._alert(Alert(kind="drift", text=text, at=now, subject="profit"))

    def _report(self, day: date, bars: Iterable[ClosedBar]) -> None:
        own = self._terms.model.policy.env_settings
        folder: Path = self._terms.folder / DRIFT_FOLDER
        try:
            report = daily_drift(self._reader, list(bars), own, day, self._terms.holding_rule)
            folder.mkdir(exist_ok=True, mode=0o700)
            write_json_atomically(folder / f"{day}.json", as_json(report))
        except FuturesGymError as error:
            _LOG.warning("no drift report of %s: %s", day, error)
            return
        for line in report_text(report):
            _LOG.info("%s", line)
