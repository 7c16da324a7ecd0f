"""The port to a keeper of history: which contracts there are, and one contract's bars up to a time.

data/ib_history_client.py is the one that asks Interactive Brokers; tests have their own.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pandas as pd

from config.instruments import Instrument
from data.contracts import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContract:
    """A dated contract as the keeper knows it.

    Attributes:
        contract: Which one it is.
        con_id: The keeper's own number of it.
        exchange: Where it trades, as the keeper has it.
        last_trade: Last day on which it trades, as the keeper has it.
    """

    contract: Contract
    con_id: int
    exchange: str
    last_trade: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsWanted:
    """One request for bars.

    Attributes:
        end: Bars open before it, UTC, whole seconds.
        duration: How far back from `end`, as IB spells it, e.g. "1 W".
        bar_size: Key of BAR_SIZES.
        is_rth_only: Whether to leave out bars outside regular hours.
    """

    end: pd.Timestamp
    duration: str
    bar_size: str
    is_rth_only: bool = False

    @property
    def text(self) -> str:
        """All of it, to tell requests that are the same."""
        hours = "regular hours" if self.is_rth_only else "all hours"
        return f"{self.duration} of {self.bar_size} to {self.end.isoformat()}, {hours}"


class HistorySource(Protocol):
    """A keeper of history that is asked one thing at a time."""

    async def connect(self) -> None:
        """Connect, once before anything is asked, and again after a TemporaryGatewayError.

        Raises:
            TemporaryGatewayError: If nobody answers, or not yet.
            FatalGatewayError: If trying again cannot help.
        """

    async def close(self) -> None:
        """Close the connection, whatever state it is in."""

    async def ask_time(self) -> pd.Timestamp:
        """Return the keeper's own time, UTC: by that a bar is over or still forming.

        Raises:
            TemporaryGatewayError: If no answer came in time, or the connection broke.
        """

    async def ask_contracts(self, instrument: Instrument) -> tuple[ListedContract, ...]:
        """Return all dated contracts of a product, those that expired as far as they are kept.

        Raises:
            TemporaryGatewayError: If no answer came in time, or the connection broke.
            FatalGatewayError: If the keeper does not know the product.
        """

    async def ask_bars(self, contract: ListedContract, wanted: BarsWanted) -> pd.DataFrame:
        """Return bars as they came, in any order; none where there are none.

        Returns:
            Index `timestamp` (bar open, UTC; daily bars the trade date at midnight UTC), columns
            open, high, low, close, volume, float64.

        Raises:
            PacingViolationError: If it was asked too often.
            TemporaryGatewayError: If no answer came in time, or the connection broke.
            FatalGatewayError: If the bars may not be had.
        """
