"""What a strategy hands in and gets back: orders, denials, fills, and what is still working.

Prices are points, distances are ticks, quantities are signed contracts: positive buys.
"""

from dataclasses import dataclass

import pandas as pd

from env.kernel.names import Denial

DENIAL_REASONS = {
    Denial.ACCOUNT_CLOSED: "the account is over: nothing is traded after a ruin",
    Denial.FORCED_EXIT: "the position is being closed by force, or no bar follows",
    Denial.DAILY_LOSS: "the session's loss limit is reached: no entries until the next one",
    Denial.MAX_TRADES: "as many trades as a session may have were opened",
    Denial.LAST_MINUTES: "nothing is opened in the last minutes of a session, or before a roll",
    Denial.POSITION_CAP: "the position, with all that works, could exceed `max_position`",
    Denial.MARGIN: "the free equity does not cover the initial margin",
    Denial.REDUCE_ONLY: "a reduce-only order has no position that it reduces",
    Denial.BAD_SIZE: "the quantity must be whole contracts other than 0, and not absurd",
    Denial.BAD_PRICE: "a price, distance or group is not finite, off any market, or below one tick",
    Denial.BOOK_FULL: "as many orders are working as there is room for",
    Denial.NO_STOP: "the sizer needs a stop, and the account has none",
    Denial.NO_VOLATILITY: "the sizer needs an average range, and there is none yet",
    Denial.TOO_FEW_TRADES: "the sizer needs more closed trades to go by",
    Denial.NO_EDGE: "the sizer sees no edge to stake on",
    Denial.SIZE_BELOW_ONE: "the sizer came to less than one contract",
}
"""What each denial says to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, working from the next bar on.

    Without prices it is a market order; with `stop` a stop, with `limit` a limit, with both a
    stop-limit; with `trail_ticks` a stop that follows the price. Prices off the tick grid become
    those of the smaller loss: sell stops and sell limits round up, buy stops and buy limits down.

    Attributes:
        quantity: Signed contracts.
        stop: Points that trigger it. For a trailing stop where it begins; None: `trail_ticks` from
            the last close.
        limit: Points that it fills at or better.
        trail_ticks: Distance at which the trigger follows the price.
        stop_loss_ticks: Its fill brings a stop this far from the fill.
        take_profit_ticks: Its fill brings a target this far from the fill; the two cancel each
            other.
        trailing_stop_ticks: That stop follows the price at this distance.
        group: Orders of one group > 0 cancel each other when one fills.
        is_day: Cancelled when its session ends.
        is_reduce_only: Never opens anything; cancelled with the position that it reduces.
    """

    quantity: int
    stop: float | None = None
    limit: float | None = None
    trail_ticks: float | None = None
    stop_loss_ticks: float | None = None
    take_profit_ticks: float | None = None
    trailing_stop_ticks: float | None = None
    group: int = 0
    is_day: bool = False
    is_reduce_only: bool = False


@dataclass(frozen=True, slots=True)
class Denied:
    """An order, or its opening half, that was not taken.

    Attributes:
        code: Label of the kernel's Denial, e.g. "margin".
        reason: A sentence.
    """

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What a strategy is told of one fill, at the close of the bar in which it happened.

    Attributes:
        time: Open time of that bar, UTC.
        symbol: What was traded.
        quantity: Signed contracts.
        price: Points, slippage included.
        fee_usd: Commission, >= 0.
        slippage_ticks: How much of the price that is, >= 0.
        reason: "signal" for the strategy's own orders, or "stop", "target", "session_end", ...
        order_id: As `submit` returned it; an exit that an order brought has one of its own, the
            account's own orders have 0.
    """

    time: pd.Timestamp
    symbol: str
    quantity: int
    price: float
    fee_usd: float
    slippage_ticks: int
    reason: str
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingOrder:
    """An order that waits.

    Attributes:
        order_id: 0 of the account's own stop and target, which cannot be cancelled.
        kind: "market", "stop", "limit" or "stop_limit".
        quantity: Signed contracts.
        stop: Points that trigger it, where it has such.
        limit: Points of its limit, where it has one.
        reason: That its fill will carry.
        group: Of orders that cancel each other; 0 for none, < 0 of exits that one order brought.
        is_reduce_only: Whether it never opens anything.
    """

    order_id: int
    kind: str
    quantity: int
    stop: float | None
    limit: float | None
    reason: str
    group: int
    is_reduce_only: bool

    def __str__(self) -> str:
        """Return it in a few words."""
        side = "buy" if self.quantity > 0 else "sell"
        prices = [f"{price:,.8g}" for price in (self.stop, self.limit) if price is not None]
        return " ".join([f"{side} {abs(self.quantity)} {self.kind}", *prices])


def denied(code: int) -> Denied:
    """Return the value of one of the kernel's Denial."""
    denial = Denial(code)
    return Denied(denial.label, DENIAL_REASONS[denial])
