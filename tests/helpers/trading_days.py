"""A trading day by hand: a keeper over a journal, fills, and times in Chicago of 2025-06-10."""

from datetime import datetime

from config.instruments import get_instrument
from config.trading_settings import OrderTimers, RiskLimits
from data.calendar import calendar_of
from tests.helpers.broker_words import CON_ID, charged, executed
from trading.day_keeper import DayKeeper
from trading.journal_desk import JournalDesk
from trading.own_position import OwnFills
from trading.trader_books import TraderBooks
from trading.working_orders import WorkingOrders

LIMITS = RiskLimits(max_daily_loss_usd=500.0)
CHARGED = {"MNQ": 0.62, "MES": 0.62, "MGC": 0.97}
"""Commission of a side, USD, as the broker reports it here."""


def chicago(text, day="2025-06-10"):
    """Return a time of day in Chicago, which is five hours behind UTC in June."""
    return datetime.fromisoformat(f"{day}T{text}-05:00")


class Day:
    """A keeper over a journal of its own, and fills by hand.

    Attributes:
        keeper: What is tested.
        desk: Its journal.
        fills: What it counts.
    """

    def __init__(self, journal, symbol="MNQ", restored=None):
        self.symbol, self.instrument = symbol, get_instrument(symbol)
        self.fills = OwnFills(instruments={CON_ID: self.instrument})
        self.books = TraderBooks(
            account="DU1",
            con_id=CON_ID,
            instrument=self.instrument,
            orders=WorkingOrders("bot", 1, OrderTimers()),
            fills=self.fills,
        )
        self.journal, self.desk = journal, JournalDesk(journal)
        self.keeper = DayKeeper(self.books, self.desk, calendar_of(symbol), LIMITS, restored)
        self.n = 0

    def fill(self, quantity, price, time):
        """Have signed contracts traded at a price, and charged; the broker tells what is held."""
        self.n += 1
        exec_id = f"e.{self.n}.01"
        side = "BOT" if quantity > 0 else "SLD"
        self.fills.hear(executed(abs(quantity), exec_id, side=side, price=price, time=time))
        self.fills.hear_commission(charged(CHARGED[self.symbol] * abs(quantity), exec_id))
        self.books.hear_position(CON_ID, self.books.position)

    def mark(self, text, price=None, day="2025-06-10"):
        """Mark the day at a time of Chicago."""
        return self.keeper.mark(chicago(text, day), price)

    def written(self):
        """Return how often a day was written, and the newest."""
        n = self.journal.reader.connection.execute(
            "SELECT count(*) FROM raw_event WHERE kind = 'RiskDay'"
        ).fetchone()[0]
        return n, self.journal.reader.newest_risk_day()
