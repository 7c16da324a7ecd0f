"""The fills of an account: each once, however often it is told, and its newest word counts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from env.kernel.costs import fee_usd
from env.kernel.names import Reason
from env.kernel.types import FILL, Records
from trading.order_life import split_exec_id

KNOWN_FILLS = 4_096
"""Older ones that may be told again, as a broker does after every reconnect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveFill:
    """One execution.

    Attributes:
        exec_id: The broker's; a correction has the same up to the last dot, and replaces it.
        time: When, tz-aware; for a decision's fill never before the close at which it was decided,
            whatever the broker's clock says.
        quantity: Signed contracts, not 0.
        price_ticks: What was really paid.
        commission_usd: What was really charged; None where it is not reported yet, and the usual
            one stands for it.
        reason: SIGNAL of a decision, STOP, TARGET and so on; of a forced exit, its own.
    """

    exec_id: str
    time: pd.Timestamp
    quantity: int
    price_ticks: int
    commission_usd: float | None
    reason: Reason

    @property
    def key(self) -> str:
        """What it shares with its corrections."""
        return split_exec_id(self.exec_id)[0]

    @property
    def version(self) -> int:
        """Which correction it is."""
        return split_exec_id(self.exec_id)[1]


class FillBook:
    """Fills by what they share with their corrections."""

    def __init__(self) -> None:
        """Begin without any."""
        self._recent: dict[str, LiveFill] = {}
        self._older: dict[str, LiveFill] = {}

    def copy(self) -> "FillBook":
        """Return a book of the same fills."""
        other = FillBook()
        other._recent, other._older = dict(self._recent), dict(self._older)
        return other

    def known(self, fill: LiveFill) -> LiveFill | None:
        """Return what was told of the same fill before."""
        return self.of(fill.key)

    def of(self, key: str) -> LiveFill | None:
        """Return what was told of a fill by what it shares with its corrections."""
        return self._recent.get(key) or self._older.get(key)

    def is_news(self, fill: LiveFill) -> bool:
        """Return whether a report is of a new fill, says more than the one before, or corrects."""
        known = self.known(fill)
        if known is None or fill.version != known.version:
            return known is None or fill.version > known.version
        return fill.commission_usd is not None and fill.commission_usd != known.commission_usd

    def write(self, fill: LiveFill) -> None:
        """Take a fill in; a correction takes the place of what it corrects."""
        self._recent[fill.key] = fill

    def take_back(self, fill: LiveFill, known: LiveFill | None) -> None:
        """Undo `write`; `known` is what was told before."""
        if known is None:
            del self._recent[fill.key]
        else:
            self._recent[fill.key] = known

    def told(self) -> list[LiveFill]:
        """Return all that are known, in the order in which they were first told."""
        return [*self._older.values(), *self._recent.values()]

    def between(self, begins: pd.Timestamp, ends: pd.Timestamp) -> list[LiveFill]:
        """Return the fills from `begins` on and before `ends`, oldest first.

        Those of one time stay in the order in which they were first told.
        """
        own = [fill for fill in self._recent.values() if begins <= fill.time < ends]
        return sorted(own, key=lambda fill: fill.time)

    def put_away(self, before: pd.Timestamp) -> None:
        """Keep older fills only to know them again; KNOWN_FILLS of them."""
        for key in [key for key, fill in self._recent.items() if fill.time < before]:
            self._older[key] = self._recent.pop(key)
            if len(self._older) > KNOWN_FILLS:
                self._older.pop(next(iter(self._older)))


def fill_records(fills: list[LiveFill], costs: np.record) -> Records:
    """Return fills as FILL records, in their order.

    Args:
        fills: Of one bar.
        costs: Of the account, for commissions that are not known yet.
    """
    records: Records = np.zeros(len(fills), FILL)
    for record, fill in zip(records, fills, strict=True):
        record["quantity"], record["price_ticks"] = fill.quantity, fill.price_ticks
        record["reason"] = fill.reason
        usual = fee_usd(fill.quantity, costs)
        record["fee_usd"] = usual if fill.commission_usd is None else fill.commission_usd
    return records
