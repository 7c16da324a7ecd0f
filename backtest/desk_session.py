"""Which session a desk is in, and how many of its bars are still to come, by the calendar."""

import numpy as np
import pandas as pd

from backtest.desk_port import Desk
from data.calendar import calendar_of


class DeskSession:
    """Read at each close; a session is looked up once.

    Attributes:
        session: Number of the session that the last bar opened in, or after.
        bars_left: Bars of the session that open at the last close or later, >= 0; pauses have none.
    """

    def __init__(self, symbol: str):
        """Take the calendar of an instrument; a ConfigError names the known symbols."""
        self.session, self.bars_left = -1, 0
        self._calendar = calendar_of(symbol)
        self._spans: list[tuple[int, int]] = []
        self._until = 0

    def update(self, desk: Desk) -> None:
        """Go to the bar that has just closed."""
        opened, now = desk.bar_opened, desk.now
        if opened.value >= self._until:
            self._enter(opened)
        stamp = now.value
        left = sum(end - max(start, stamp) for start, end in self._spans if end > stamp)
        self.bars_left = -(-left // (stamp - opened.value))

    def _enter(self, opened: pd.Timestamp) -> None:
        """Look up the session of a bar that opens after the one before is over."""
        table = self._calendar.table
        spans, _ = self._calendar.last_spans(pd.DatetimeIndex([opened]))
        self.session = int(table.span_sessions[spans[0]])
        first, last = np.searchsorted(table.span_sessions, [self.session, self.session + 1])
        opens, closes = table.span_opens[first:last], table.span_closes[first:last]
        self._spans = list(zip(opens.tolist(), closes.tolist(), strict=True))
        later = table.span_opens[last : last + 1]
        self._until = int(later[0]) if len(later) else np.iinfo(np.int64).max
