"""The orders of an earlier result handed in again, one by one, at the same closes."""

from collections import defaultdict
from typing import Any

import pandas as pd

from backtest.desk_port import Desk
from backtest.order_log import ACT, CANCEL, SUBMIT, TARGET, order_of
from backtest.strategy import Strategy


class RepeatedOrders(Strategy):
    """Whatever a strategy asked for, asked for again; an order that was denied, too."""

    def __init__(self, name: str, orders: pd.DataFrame):
        """Read a table of orders.

        Args:
            name: What reports call it.
            orders: As in `BacktestResult.orders`.
        """
        self.name = name
        self._ids: dict[tuple[str, int], int] = {}
        self._by_time: dict[pd.Timestamp, list[dict[str, Any]]] = defaultdict(list)
        for row in orders.to_dict("records"):
            self._by_time[row["time"]].append(row)

    def on_bar(self, desk: Desk) -> None:
        """Ask for what was asked for at this close."""
        for row in self._by_time.get(self._stamp(desk), ()):
            self._ask(desk.book(row["symbol"]), row)

    def _stamp(self, desk: Desk) -> pd.Timestamp:
        """Return the stamp of the bars that have just closed, of whichever instrument."""
        return max(desk.book(symbol).bar_opened for symbol in desk.symbols)

    def _ask(self, desk: Desk, row: dict[str, Any]) -> None:
        asked, key = row["instruction"], (row["symbol"], row["order_id"])
        if asked == SUBMIT:
            answer = desk.submit(order_of(row))
            if isinstance(answer, int):
                self._ids[key] = answer
        elif asked == CANCEL:
            desk.cancel(self._ids.get(key, row["order_id"]))
        elif asked == TARGET:
            desk.target(row["choice"])
        elif asked == ACT:
            desk.act(row["choice"])
