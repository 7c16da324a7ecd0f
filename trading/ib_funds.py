"""What an account is told to have, row by row, put together: funds, and the day's PnL.

Both come again and again. Only changes are told on, since each is kept for ever.
"""

import math
from collections.abc import Callable
from typing import Any

from trading.broker_events import FundsSeen, ProfitSeen
from utils.logger import get_logger

AVAILABLE, EQUITY = "AvailableFunds", "NetLiquidation"
TAGS = f"{AVAILABLE},{EQUITY}"
"""What is asked for, as IB spells it."""

USD = "USD"
PROFIT_STEP_USD = 10.0
"""Of an open position the PnL moves with every price; told on are steps, and whatever closes."""

_log = get_logger("broker")


class FundsRoute:
    """Hears the rows of one account summary; a route of the tap.

    Figures in another currency are left out, so that the funds are not known: no sum of ours may
    take euros for dollars.
    """

    def __init__(self, account: str, tell: Callable[[FundsSeen], None]) -> None:
        """Begin with nothing, so that what comes first is told even if it is not new."""
        self._account = account
        self._tell = tell
        self._figures: dict[str, float | None] = {}
        self._told: FundsSeen | None = None
        self._has_warned = False

    def hear(self, name: str, said: tuple[Any, ...]) -> None:
        """Hear a message of the request: a row, its end, or an error."""
        if name != "accountSummary" or said[0] != self._account:
            return
        _, tag, value, currency = said
        if tag not in (AVAILABLE, EQUITY):
            return
        self._figures[tag] = self._usd(value, currency)
        available, equity = self._figures.get(AVAILABLE), self._figures.get(EQUITY)
        if available is None or equity is None:
            return
        event = FundsSeen(account=self._account, available_usd=available, equity_usd=equity)
        if event != self._told:
            self._told = event
            self._tell(event)

    def _usd(self, value: str, currency: str) -> float | None:
        if currency != USD:
            self._warn(currency)
            return None
        try:
            figure = float(value)
        except ValueError:
            return None
        return figure if math.isfinite(figure) else None

    def _warn(self, currency: str) -> None:
        if not self._has_warned:
            _log.warning("funds are told in %s and not in USD: margin cannot be checked, and "
                         "nothing is opened", currency)  # fmt: skip
        self._has_warned = True


class ProfitSteps:
    """Lets through what has changed enough of one account's PnL."""

    def __init__(self) -> None:
        self._told: ProfitSeen | None = None

    def news(self, seen: ProfitSeen) -> bool:
        """Return whether to tell it on: realised PnL has changed, or the rest by a step."""
        told = self._told
        if told is not None and seen.realised_usd == told.realised_usd:
            steps = (seen.daily_usd - told.daily_usd, seen.unrealised_usd - told.unrealised_usd)
            if all(abs(step) < PROFIT_STEP_USD for step in steps):
                return False
        self._told = seen
        return True
