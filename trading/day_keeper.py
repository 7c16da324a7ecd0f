"""The trading day of a running trader: begun, marked, locked and written down as time goes by.

Equity is what our own fills have made since the journal began, at the newest price that can be
believed; no figure of the broker goes into it. What a day's loss means is trading/risk_day.py's
law; what follows from a lock (nothing opened, position closed) is the trader's to do.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from config.trading_settings import RiskLimits
from data.calendar import Calendar
from trading.day_money import DayMoney, carried_usd, money_of, profit_status
from trading.journal_desk import JournalDesk
from trading.journal_events import OperatorReset, RiskDay
from trading.mark_price import MarkPrice
from trading.own_position import OwnFills
from trading.risk_day import (
    DayReset,
    begins_at,
    begun,
    marked,
    reset,
    rolled,
    to_cents,
    trading_day,
)
from trading.status import ProfitStatus
from trading.trader_books import TraderBooks
from utils.errors import ConfigError

PEAK_EVERY = timedelta(minutes=1)
"""A new highest equity alone, which changes nothing, is written so often at most."""

UNKNOWN = DayMoney(equity_usd=None, realised_usd=None, commission_usd=None, unrealised_usd=None)


class DayNews(StrEnum):
    """What a mark has brought."""

    NOTHING = "nothing"
    BEGUN = "begun"
    LOCKED = "locked"


class DayKeeper:
    """Keeps one trading day after the other, and the journal knowing of it.

    Attributes:
        day: How the day stands; None before the first has begun.
    """

    def __init__(
        self,
        books: TraderBooks,
        journal: JournalDesk,
        calendar: Calendar,
        limits: RiskLimits,
        restored: RiskDay | None,
    ) -> None:
        """Go on with a day.

        Args:
            books: Whose fills count.
            journal: Where each change of the day is written.
            calendar: Of what is traded.
            limits: Has the loss that locks a day.
            restored: The newest day of the journal, whichever it is.
        """
        self.day = restored
        self._books = books
        self._journal = journal
        self._calendar = calendar
        self._limits = limits
        self._written = restored
        self._written_at: datetime | None = None
        self._price = MarkPrice(books.instrument)
        self._money = UNKNOWN
        self._is_lock_told = False

    @property
    def is_locked(self) -> bool:
        """Whether the day's loss allows nothing but closing."""
        return self.day is not None and self.day.is_locked

    @property
    def begins_at(self) -> datetime | None:
        """When the day began, UTC; None before any has."""
        return None if self.day is None else begins_at(self.day.trading_day, self._calendar)

    @property
    def day_pnl_usd(self) -> float | None:
        """Realised plus unrealised less commissions of the day, or since its last reset.

        None before a day has begun, and where a price is missing or cannot be believed.
        """
        cents = to_cents(self._money.equity_usd)
        if self.day is None or cents is None:
            return None
        return (cents - self.day.start_equity_cents) / 100

    @property
    def comparable_pnl_usd(self) -> float | None:
        """The day's PnL to hold against the broker's.

        None once the day was locked or reset: the two then count from different moments.
        """
        return self.day_pnl_usd if self.day is not None and not self.day.reason else None

    @property
    def profit(self) -> ProfitStatus:
        """The day's money as people are shown it; its parts add up to `day_pnl_usd`."""
        limit, is_flat = self._limits.max_daily_loss_usd, self._books.position == 0
        return profit_status(self._money, self.day_pnl_usd, limit, is_flat=is_flat)

    def is_current(self, now: datetime) -> bool:
        """Return whether the day is the one that a moment belongs to."""
        return self.day is not None and self.day.trading_day == trading_day(now, self._calendar)

    def mark(self, now: datetime, last_price: float | None) -> DayNews:
        """Look at the day anew: begin the next one, lock this one, write down what changed.

        A lock that the journal already had is news at the first mark too, so that what follows from
        it is done now where a kill had come before that.

        Args:
            now: Aware.
            last_price: Newest price of the pinned contract, points; None where not known.

        Returns:
            BEGUN for a new day, which is not locked by the old one's loss; LOCKED for a lock, once.
        """
        today, marks = trading_day(now, self._calendar), self._marks(last_price)
        before, day = self.day, self._rolled(today, marks)
        if day is None:
            return DayNews.NOTHING
        self._money = money_of(self._books.fills, self._until(day.trading_day), marks)
        self.day = marked(
            day,
            self._money.equity_usd,
            self._money.realised_net_usd,
            self._limits.max_daily_loss_usd,
        )
        self._write(now)
        if before is None or before.trading_day != day.trading_day:
            self._is_lock_told = False
            return DayNews.BEGUN
        return self._news(today)

    def reset(self, word: DayReset) -> None:
        """Unlock the day at a person's word: its loss counts anew from the equity at the last mark.

        Of a day that is not locked nothing is changed.

        Raises:
            ConfigError: If the word is not signed or of another day, or the equity is not known.
            JournalError: If it cannot be written down; the day stays locked.
        """
        equity = self._money.equity_usd
        if self.day is None or to_cents(equity) is None or equity is None:
            raise ConfigError("a day cannot be reset while its PnL is unknown; wait for a price")
        day = reset(self.day, word, equity)
        if not self.day.is_locked:
            return
        said = OperatorReset(
            trading_day=day.trading_day,
            actor=word.actor,
            reason=word.reason,
            start_equity_cents=day.start_equity_cents,
        )
        failure = self._journal.commit(said, day)
        if failure is not None:
            raise failure
        self.day = self._written = day
        self._is_lock_told = False

    def _marks(self, last_price: float | None) -> dict[int, float]:
        holding = self._books.fills.holding(self._books.con_id)
        entry = holding.entry_ticks if holding.position else None
        price = self._price.believed(last_price, entry)
        return {} if price is None else {self._books.con_id: price}

    def _rolled(self, today: date, marks: dict[int, float]) -> RiskDay | None:
        """Return today; or the day before as long as today has no equity to begin with.

        It begins with what the fills of before it had made, where nothing was held then: so a loss
        while nobody ran counts. Of a position that was carried into it `carried_usd` says what
        counts, once the broker has told that it is still there: a price may come before the fill
        that closed it, and what a day begins with stays.
        """
        if self.day is not None and today <= self.day.trading_day:
            return self.day
        earlier = self._until(today)
        equity = earlier.net_usd({})
        if equity is None and self._is_position_told():
            equity = carried_usd(self._books.fills, earlier, marks)
        if self.day is not None:
            return rolled(self.day, today, equity)
        return None if equity is None or to_cents(equity) is None else begun(today, equity)

    def _is_position_told(self) -> bool:
        """Return whether we are flat, or the broker has told the position that our fills make."""
        position = self._books.position
        return position in (0, self._books.told_positions.get(self._books.con_id))

    def _until(self, day: date) -> OwnFills:
        """Return the fills of before a day."""
        return self._books.fills.until(begins_at(day, self._calendar))

    def _write(self, now: datetime) -> None:
        """Have the journal know the day where it has changed."""
        day, written = self.day, self._written
        if day is None or day == written:
            return
        is_peak_alone = written is not None and replace(written, peak_cents=day.peak_cents) == day
        is_soon = self._written_at is not None and abs(now - self._written_at) < PEAK_EVERY
        if is_peak_alone and is_soon:
            return
        self._journal.note(day)
        self._journal.flush()
        self._written, self._written_at = day, now

    def _news(self, today: date) -> DayNews:
        """Tell a lock of today once; yesterday's is no reason any more to close a position."""
        is_today = self.day is not None and self.day.trading_day == today
        if not (self.is_locked and is_today) or self._is_lock_told:
            return DayNews.NOTHING
        self._is_lock_told = True
        return DayNews.LOCKED
