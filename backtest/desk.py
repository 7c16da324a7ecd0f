"""The desk of a back-test: one instrument of an account that the kernel keeps.

It hands in, cancels and shows; the way through the bars is left to the runs. See backtest.strategy
for what each member means.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from backtest.feed import Feed
from backtest.order_log import ACT, CANCEL, SUBMIT, TARGET
from backtest.order_types import Denied, Order, WorkingOrder, denied
from backtest.purse import Purse
from backtest.series import BarSeries
from backtest.tickets import working_order, write_ticket
from env.action_modes import ACTION_MODES
from env.actions import ACTION_CODES, DECISIONS
from env.desk import Answer, Outcome
from env.kernel.names import Denial, OrderKind, Status
from env.kernel.types import ORDER_TICKET, Records
from utils.errors import ConfigError
from utils.registry import lookup


class BacktestDesk:
    """See `backtest.strategy.Desk`.

    Attributes:
        symbol: What is traded here.
        outcome: How the account stood at the last close; written by the run.
        has_bar: Whether a bar has just closed here; written by the run.
        volume: And `open`, `high`, `low`, `close`: of the last bar.
    """

    def __init__(self, feed: Feed, purse: Purse, which: int, desks: Mapping[str, "BacktestDesk"]):
        """Open a desk.

        Args:
            feed: The bars.
            purse: The account, of which this is one part.
            which: Its number there.
            desks: Of all instruments of the account, this one too, by their symbols.
        """
        self.symbol = feed.market.instrument.symbol
        self.has_bar = True
        self.outcome: Outcome = purse.outcome(which)
        self._feed, self._purse, self._which = feed, purse, which
        self._desks = desks
        self._clock = feed.clock
        self._account = purse.accounts[which]
        self._ticket: Records = np.zeros(1, ORDER_TICKET)
        self._market_ticket: Records = np.zeros(1, ORDER_TICKET)
        self._market_ticket[0].kind = OrderKind.MARKET
        settings = purse.settings[which]
        largest = int(self._account.limits.max_position)
        is_decision = ACTION_CODES[settings.action_mode] == DECISIONS
        self._acts_as = ACT if is_decision else TARGET
        self._choice_of = ACTION_MODES[settings.action_mode].reader(largest)
        self._prices = {name: feed.column(name) for name in ("open", "high", "low", "close")}
        self._volume = feed.column("volume")
        self._close = self._prices["close"]

    @property
    def symbols(self) -> tuple[str, ...]:
        """All that the account trades."""
        return tuple(self._desks)

    @property
    def now(self) -> pd.Timestamp:
        """The close of the last bar, UTC."""
        return self.bar_opened + pd.Timedelta(seconds=self._feed.market.bar_seconds)

    @property
    def bar_opened(self) -> pd.Timestamp:
        """The stamp of the last bar, UTC."""
        return self._feed.market.timestamps[self._clock[0]]

    @property
    def n_bars(self) -> int:
        """Bars so far."""
        return self._clock[0] + 1

    @property
    def open(self) -> float:
        """Of the last bar, points."""
        return self._prices["open"].now

    @property
    def high(self) -> float:
        """Of the last bar, points."""
        return self._prices["high"].now

    @property
    def low(self) -> float:
        """Of the last bar, points."""
        return self._prices["low"].now

    @property
    def close(self) -> float:
        """Of the last bar, points."""
        return self._close.now

    @property
    def volume(self) -> float:
        """Of the last bar."""
        return self._volume.now

    @property
    def position(self) -> int:
        """Signed contracts."""
        return self.outcome[1]

    @property
    def bars_held(self) -> int:
        """Bars since the entry; 0 on the entry bar, and when flat."""
        account = self._account
        return int(account.bar - account.entry_bar) if self.outcome[1] != 0 else 0

    @property
    def unrealised_usd(self) -> float:
        """Of the position here, before commission."""
        return self.outcome[4]

    @property
    def cash_usd(self) -> float:
        """Of the whole account."""
        return self.outcome[3]

    @property
    def equity_usd(self) -> float:
        """Of the whole account."""
        return self.outcome[2]

    @property
    def is_over(self) -> bool:
        """Whether the account was ruined."""
        return bool(self._account.status == Status.RUINED)

    @property
    def orders(self) -> tuple[WorkingOrder, ...]:
        """All that works here."""
        instrument = self._feed.market.instrument
        working = [one for one in self._account.orders if one["kind"] != OrderKind.NONE]
        return tuple(working_order(one, instrument) for one in working)

    def book(self, symbol: str) -> "BacktestDesk":
        """Return the desk of another instrument of the same account."""
        return lookup(self._desks, symbol, "instrument of this account")

    def column(self, name: str) -> BarSeries:
        """Return a column of the bars."""
        return self._feed.column(name)

    def feature(self, name: str, column: str | None = None) -> BarSeries:
        """Return a feature, unscaled."""
        return self._feed.feature(name, column)

    def indicator(self, function: Callable[..., ArrayLike], *columns: str) -> BarSeries:
        """Return what a vectorised function makes of columns."""
        return self._feed.indicator(function, *columns)

    def buy(
        self,
        quantity: int = 1,
        *,
        limit: float | None = None,
        stop: float | None = None,
        stop_loss_ticks: float | None = None,
        take_profit_ticks: float | None = None,
    ) -> int | Denied:
        """Buy so many contracts."""
        return self.submit(
            Order(
                quantity=_unsigned(quantity),
                limit=limit,
                stop=stop,
                stop_loss_ticks=stop_loss_ticks,
                take_profit_ticks=take_profit_ticks,
            )
        )

    def sell(
        self,
        quantity: int = 1,
        *,
        limit: float | None = None,
        stop: float | None = None,
        stop_loss_ticks: float | None = None,
        take_profit_ticks: float | None = None,
    ) -> int | Denied:
        """Sell so many contracts."""
        return self.submit(
            Order(
                quantity=-_unsigned(quantity),
                limit=limit,
                stop=stop,
                stop_loss_ticks=stop_loss_ticks,
                take_profit_ticks=take_profit_ticks,
            )
        )

    def submit(self, order: Order) -> int | Denied:
        """Hand in an order; return its id, or why nothing of it was taken."""
        ticket, instrument = self._ticket[0], self._feed.market.instrument
        denial, order_id = int(write_ticket(ticket, order, instrument, self._close.now)), 0
        if denial == Denial.NONE:
            denial, order_id = self._purse.hand_in(self._which, self._clock[0], self._ticket)
        self._note(SUBMIT, (denial, order_id), order=order)
        return order_id if order_id > 0 else denied(denial)

    def cancel(self, order_id: int) -> bool:
        """Cancel an order; return whether it was still waiting."""
        self._note(CANCEL, (Denial.NONE, order_id))
        return self._purse.withdraw(self._which, order_id)

    def target(self, contracts: int) -> Denied | None:
        """Be at so many signed contracts from the next open on."""
        choice = operator.index(contracts)
        answer = self._purse.aim_at(self._which, self._clock[0], self._market_ticket, choice)
        return self._told(TARGET, answer, choice)

    def close_position(self) -> Denied | None:
        """Be flat from the next open on."""
        return self.target(0)

    def act(self, action: Any) -> Denied | None:
        """Do what an agent's action means here."""
        choice = self._choice_of(action)
        answer = self._purse.act(self._which, self._clock[0], self._market_ticket, choice)
        return self._told(self._acts_as, answer, choice)

    def _told(self, instruction: str, answer: Answer, choice: int) -> Denied | None:
        """Note what came of a target or an action, and tell."""
        self._note(instruction, answer, choice)
        return None if answer[0] == Denial.NONE else denied(answer[0])

    def _note(
        self,
        instruction: str,
        answer: Answer,
        choice: int = 0,
        order: Order | None = None,
    ) -> None:
        where = (self._purse.place[0], self._which)
        self._purse.log.note(where, instruction, answer, choice, order)


def _unsigned(quantity: int) -> int:
    """Return a size, whose side is said elsewhere.

    Raises:
        ConfigError: If it is below 0: it is not clear which side is meant.
    """
    if quantity < 0:
        raise ConfigError(
            f"`quantity` of buy and sell has no sign, was {quantity}; sell to be short"
        )
    return quantity
