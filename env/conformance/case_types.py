"""What a case of the conformance suite is made of, as cases.json has it.

Reading the file and mirroring a case are left to cases.py, holding an engine to it to runner.py.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Row = tuple[float, float, float, float]
"""Open, high, low, close."""

ReasonName = Literal[
    "signal",
    "stop",
    "end_of_data",
    "liquidation",
    "target",
    "trailing_stop",
    "session_end",
    "roll",
    "margin_call",
    "daily_loss",
    "drawdown",
]
PathName = Literal["worst", "ohlc", "olhc", "adaptive"]

GRID_TOLERANCE_TICKS = 1e-6
"""Float noise of a price on the tick grid."""

PRICES_OF_KIND = {
    "market": (),
    "limit": ("limit",),
    "stop": ("stop",),
    "stop_limit": ("stop", "limit"),
}
"""The prices that an order of each kind has; it has no others."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class CaseInstrument(_Frozen):
    """What a case trades.

    Attributes:
        tick_size: Points.
        usd_per_point: Of one contract.
        commission_per_side_usd: Per contract and fill.
    """

    tick_size: float = Field(gt=0)
    usd_per_point: float = Field(gt=0)
    commission_per_side_usd: float = Field(ge=0)


class CaseOrder(_Frozen):
    """One order, handed in at a close; it works from the next bar on.

    Attributes:
        at: Row at whose close.
        kind: What it waits for.
        quantity: Signed contracts: positive buys.
        limit: Price of a limit or stop-limit.
        stop: Trigger of a stop or stop-limit.
        stop_loss_points: Distance from its own fill of the stop that the fill brings.
        take_profit_points: Likewise of the target; the one's fill cancels the other.
        trail_points: Distance at which that stop follows the price.
        group: Orders of one group > 0 cancel each other.
        day: Gone when the next session starts.
        reduce_only: Never opens anything.
    """

    at: int = Field(ge=0)
    kind: Literal["market", "limit", "stop", "stop_limit"]
    quantity: int
    limit: float | None = None
    stop: float | None = None
    stop_loss_points: float | None = Field(default=None, gt=0)
    take_profit_points: float | None = Field(default=None, gt=0)
    trail_points: float | None = Field(default=None, gt=0)
    group: int = Field(default=0, ge=0)
    day: bool = False
    reduce_only: bool = False

    @model_validator(mode="after")
    def _has_its_prices(self) -> "CaseOrder":
        for name in ("limit", "stop"):
            if (getattr(self, name) is None) == (name in PRICES_OF_KIND[self.kind]):
                verb = "needs a" if getattr(self, name) is None else "has no"
                raise ValueError(f"a {self.kind} order {verb} `{name}`")
        if self.quantity == 0:
            raise ValueError("`quantity` must not be 0")
        return self


class CaseFill(_Frozen):
    """One fill as expected.

    Attributes:
        bar: Row of the bar in which it happens.
        price: Points, slippage included.
        quantity: Signed contracts.
        reason: Why.
    """

    bar: int = Field(ge=0)
    price: float
    quantity: int
    reason: ReasonName


class CaseDenial(_Frozen):
    """An order that is refused, or whose opening half is: the row of its close, and why."""

    at: int = Field(ge=0)
    reason: Literal["reduce_only", "margin", "daily_loss", "max_trades", "last_minutes"]


class CaseRoll(_Frozen):
    """A change of contract: its first bar, and the points that it opens above the old one."""

    bar: int = Field(ge=1)
    gap: float


class CaseTerms(_Frozen):
    """What the account pays and may do; what is None is not asked for.

    Attributes:
        initial_usd: At the start.
        slippage_ticks: Adverse, on every market and stop fill.
        limit_through_ticks: How far beyond its limit the price must go for a limit to fill.
        path_policy: What a bar that could do several things does first.
        initial_margin_usd: Per contract, to open; tested at the decision.
        maintenance_margin_usd: Per contract, at each close.
        ruin_usd: Equity at or below it is liquidated at the next open.
        daily_loss_usd: Loss of a session after which nothing is opened in it.
        max_session_trades: Trades opened in a session.
        closes_at_end: What is open after the last bar is closed at its close.
    """

    initial_usd: float = Field(default=10_000.0, gt=0)
    slippage_ticks: int = Field(default=1, ge=0)
    limit_through_ticks: int = Field(default=1, ge=0)
    path_policy: PathName = "worst"
    initial_margin_usd: float | None = Field(default=None, gt=0)
    maintenance_margin_usd: float | None = Field(default=None, gt=0)
    ruin_usd: float | None = None
    daily_loss_usd: float | None = Field(default=None, gt=0)
    max_session_trades: int | None = Field(default=None, ge=1)
    closes_at_end: bool = False


class Case(_Frozen):
    """One case.

    Attributes:
        name: Unique; what it shows.
        comment: How its numbers come about, one line.
        symbol: Key of the file's instruments.
        bars: One row per bar, points; nothing can fill in the first.
        orders: In the order in which they are handed in.
        terms: Of the account.
        session_starts: Rows of the first bars of later sessions.
        flatten_at: Rows at whose close the position is told to be closed at the next open.
        flatten_last: Those of them after which no further bar of the session comes: it is closed at
            that very close.
        rolls: Changes of contract, both sides of which are charged.
        fills: As expected, in order.
        nets: USD after commission of each trade, flat to flat, in order.
        denials: As expected, in order.
    """

    name: str = Field(pattern="^[a-z0-9_]+$")
    comment: str = Field(min_length=1)
    symbol: str = "MNQ"
    bars: tuple[Row, ...] = Field(min_length=2)
    orders: tuple[CaseOrder, ...] = ()
    terms: CaseTerms = CaseTerms()
    session_starts: tuple[int, ...] = ()
    flatten_at: tuple[int, ...] = ()
    flatten_last: tuple[int, ...] = ()
    rolls: tuple[CaseRoll, ...] = ()
    fills: tuple[CaseFill, ...]
    nets: tuple[float, ...]
    denials: tuple[CaseDenial, ...] = ()

    @model_validator(mode="after")
    def _fits_its_bars(self) -> "Case":
        for row, (open_, high, low, close) in enumerate(self.bars):
            if not low <= min(open_, close) <= max(open_, close) <= high:
                raise ValueError(f"bar {row}: open and close must lie within low and high")
        last = len(self.bars) - 1
        if any(order.at >= last for order in self.orders):
            raise ValueError(f"an order must come before the last bar ({last})")
        rows = [fill.bar for fill in self.fills]
        if rows != sorted(rows) or any(not 1 <= row <= last for row in rows):
            raise ValueError(f"the bars of fills must rise, from 1 to {last} at most")
        if "\n" in self.comment:
            raise ValueError("`comment` must be one line")
        return self

    def prices(self) -> tuple[float, ...]:
        """Return every price of it, points."""
        of_orders = [price for order in self.orders for price in (order.limit, order.stop)]
        known = [price for price in of_orders if price is not None]
        bars = [price for row in self.bars for price in row]
        gaps = [roll.gap for roll in self.rolls]
        return (*bars, *known, *gaps, *(fill.price for fill in self.fills))


class CaseFile(_Frozen):
    """All that cases.json holds.

    Attributes:
        comment: What it is.
        instruments: By symbol.
        cases: Each of a name of its own.
    """

    comment: str
    instruments: dict[str, CaseInstrument]
    cases: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "CaseFile":
        names = [case.name for case in self.cases]
        for case in self.cases:
            if names.count(case.name) > 1:
                raise ValueError(f"two cases are called `{case.name}`")
            if case.symbol not in self.instruments:
                raise ValueError(f"case `{case.name}`: no instrument `{case.symbol}` in the file")
            tick_size = self.instruments[case.symbol].tick_size
            for price in case.prices():
                ticks = price / tick_size
                if abs(ticks - round(ticks)) > GRID_TOLERANCE_TICKS:
                    raise ValueError(
                        f"case `{case.name}`: {price} is not on the {case.symbol} tick grid of "
                        f"{tick_size}"
                    )
        return self
