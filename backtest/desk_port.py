"""The desk that a strategy trades at: one protocol for the back-test and for a trader.

A strategy sees what is known at the close of the bar that has just closed, and hands in orders that
work from the next bar on. Nothing at the desk tells a later price.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.order_types import Denied, Order, WorkingOrder

Floats = NDArray[np.float64]

IndicatorFunction = Callable[..., ArrayLike]
"""From whole columns, (n,) float64 each, to (n,): row t from rows <= t alone, NaN while warming
up."""


class Series(Protocol):
    """Numbers of which one comes with every bar; only those up to now can be read."""

    @property
    def now(self) -> float:
        """That of the bar that has just closed."""

    def ago(self, n_bars: int) -> float:
        """Return that of `n_bars` >= 0 bars before; NaN where there was none."""

    def last(self, n_bars: int) -> Floats:
        """Return the last `n_bars`, oldest first, this one included; fewer where fewer exist."""

    def __len__(self) -> int:
        """Return how many there are so far."""


class Desk(Protocol):
    """One instrument in one account, as of the close of its last bar."""

    @property
    def symbol(self) -> str:
        """What is traded here."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """All that the account trades; `book` leads to another."""

    @property
    def has_bar(self) -> bool:
        """Whether a bar has just closed here; always, with one instrument."""

    @property
    def now(self) -> pd.Timestamp:
        """The close of the last bar, UTC."""

    @property
    def bar_opened(self) -> pd.Timestamp:
        """The stamp of the last bar, UTC."""

    @property
    def n_bars(self) -> int:
        """Bars so far, those of the warm-up included."""

    @property
    def open(self) -> float:
        """Of the last bar, points."""

    @property
    def high(self) -> float:
        """Of the last bar, points."""

    @property
    def low(self) -> float:
        """Of the last bar, points."""

    @property
    def close(self) -> float:
        """Of the last bar, points."""

    @property
    def volume(self) -> float:
        """Of the last bar."""

    @property
    def position(self) -> int:
        """Signed contracts."""

    @property
    def bars_held(self) -> int:
        """Bars since the entry; 0 on the entry bar, and when flat."""

    @property
    def unrealised_usd(self) -> float:
        """Of the position here, marked to the last close, before commission."""

    @property
    def cash_usd(self) -> float:
        """Of the whole account: start + net PnL of closed trades - commission on open ones."""

    @property
    def equity_usd(self) -> float:
        """Of the whole account: cash and all that is unrealised."""

    @property
    def is_over(self) -> bool:
        """Whether the account was ruined: every order is then denied."""

    @property
    def orders(self) -> tuple[WorkingOrder, ...]:
        """All that works here."""

    def book(self, symbol: str) -> "Desk":
        """Return the desk of another instrument of the same account."""

    def column(self, name: str) -> Series:
        """Return a column of the bars: their prices, volume, or one of your own."""

    def feature(self, name: str, column: str | None = None) -> Series:
        """Return a feature of the feature table, unscaled; larger bars' too, such as `rsi_1h`.

        Args:
            name: Key of FEATURES.
            column: Which of its columns, where it has several.
        """

    def indicator(self, function: IndicatorFunction, *columns: str) -> Series:
        """Return what a vectorised function makes of columns; refused if it looks ahead."""

    def buy(
        self,
        quantity: int = 1,
        *,
        limit: float | None = None,
        stop: float | None = None,
        stop_loss_ticks: float | None = None,
        take_profit_ticks: float | None = None,
    ) -> int | Denied:
        """Buy so many contracts; the rest as in `Order`, the return value as of `submit`."""

    def sell(
        self,
        quantity: int = 1,
        *,
        limit: float | None = None,
        stop: float | None = None,
        stop_loss_ticks: float | None = None,
        take_profit_ticks: float | None = None,
    ) -> int | Denied:
        """Sell so many contracts; the rest as in `Order`, the return value as of `submit`."""

    def submit(self, order: Order) -> int | Denied:
        """Hand in an order; return its id, or why nothing of it was taken."""

    def cancel(self, order_id: int) -> bool:
        """Cancel an order; return whether it was still waiting."""

    def target(self, contracts: int) -> Denied | None:
        """Be at so many signed contracts from the next open on.

        By one market order, in place of all market orders handed in at this close. Return why it
        was denied, wholly or in part.
        """

    def close_position(self) -> Denied | None:
        """Be flat from the next open on; as `target(0)`."""

    def act(self, action: Any) -> Denied | None:
        """Do what an agent's action means here, size and all; in place of market orders too."""
