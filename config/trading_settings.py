"""Every tunable number of live trading: timers, limits, distances; units are in the names.

Timers are settings so that tests run them a hundred times faster. What a loss limit is counted on
is left to trading/risk_day.py, what a limit denies to trading/risk_guard.py.
"""

from pydantic import Field

from config.checking import FrozenSettings


class OrderTimers(FrozenSettings):
    """How long an order may be without news before somebody asks, seconds.

    Attributes:
        intent_seconds: A decision that has not gone out by then is too old to be sent.
        ack_seconds: From sending to the broker's first word; then the order is UNKNOWN.
        cancel_seconds: From asking for a cancel to its answer; then the truth is asked for.
        ask_again_seconds: Between two questions about an order that is UNKNOWN.
        partial_seconds: An entry that gets no further for so long, filled in part or not at all,
            has its rest cancelled: held over a halt it would be filled at whatever price is next.
        lost_seconds: Between the two complete snapshots that must both lack an order.
    """

    intent_seconds: float = Field(default=5.0, gt=0, le=300)
    ack_seconds: float = Field(default=5.0, gt=0, le=300)
    cancel_seconds: float = Field(default=5.0, gt=0, le=300)
    ask_again_seconds: float = Field(default=5.0, gt=0, le=300)
    partial_seconds: float = Field(default=30.0, gt=0, le=3_600)
    lost_seconds: float = Field(default=5.0, gt=0, le=300)


class RiskLimits(FrozenSettings):
    """What an order is held against before it may be sent; nothing here turns a stop off.

    Attributes:
        max_position: Largest position either way, contracts, counted on the worst case.
        max_order_quantity: Contracts of one order that opens; a reversal needs twice the position.
        max_daily_loss_usd: Loss of a trading day, USD, that locks it.
        max_orders_per_minute: Opening orders sent in any 60 s.
        max_orders_per_day: Opening orders sent in a trading day.
        price_band_ticks: How far a price of an opening order may lie from the last one.
        max_stop_ticks: How far its stop may lie from where it is expected to fill.
        stale_after_seconds: Age of the newest bar or tick from which nothing is opened on it.
        warn_skew_seconds: Clock difference to the broker that is worth a warning.
        max_skew_seconds: And from which nothing is opened.
        no_entry_seconds: Nothing is opened so long before the market closes or pauses.
    """

    max_position: int = Field(default=1, ge=1, le=1_000)
    max_order_quantity: int = Field(default=2, ge=1, le=2_000)
    max_daily_loss_usd: float = Field(default=500.0, gt=0, le=1e9)
    max_orders_per_minute: int = Field(default=4, ge=1, le=600)
    max_orders_per_day: int = Field(default=100, ge=1, le=100_000)
    price_band_ticks: int = Field(default=400, ge=1, le=1_000_000)
    max_stop_ticks: int = Field(default=2_000, ge=1, le=1_000_000)
    stale_after_seconds: float = Field(default=30.0, gt=0, le=86_400)
    warn_skew_seconds: float = Field(default=2.0, gt=0, le=60)
    max_skew_seconds: float = Field(default=10.0, gt=0, le=60)
    no_entry_seconds: float = Field(default=600.0, ge=0, le=86_400)


class ProtectionSettings(FrozenSettings):
    """What must stand behind every position.

    Attributes:
        stop_ticks: Distance of a stop that has to be put where none was decided; may be fractional.
        target_ticks: Distance of a target likewise; None wants no targets.
        deadline_seconds: A position without its stop so long is flattened.
        max_rejects: Rejected repairs after which it is flattened at once.
        check_seconds: Between two looks.
    """

    stop_ticks: float = Field(default=200.0, gt=0, le=1_000_000)
    target_ticks: float | None = Field(default=None, gt=0, le=1_000_000)
    deadline_seconds: float = Field(default=5.0, gt=0, le=60)
    max_rejects: int = Field(default=3, ge=1, le=20)
    check_seconds: float = Field(default=1.0, gt=0, le=60)


class PacingSettings(FrozenSettings):
    """How much is said to the broker of orders: at most rate and burst together in any second.

    Attributes:
        messages_per_second: Rate of the bucket; the broker breaks off above 50, questions included.
        burst_messages: What it holds when full.
        reserved_messages: Of these, kept for cancels and orders.
    """

    messages_per_second: float = Field(default=10.0, gt=0, le=45)
    burst_messages: int = Field(default=10, ge=1, le=45)
    reserved_messages: int = Field(default=5, ge=0, le=40)


class ReconciliationSettings(FrozenSettings):
    """How often our books are held against the broker's.

    Attributes:
        every_seconds: Between two snapshots while all is well.
        again_seconds: From a snapshot that disagrees, or was not complete, to the next; no two are
            closer together.
        tick_seconds: Between two looks at deadlines, cancels and what the journal still lacks.
    """

    every_seconds: float = Field(default=30.0, gt=0, le=3_600)
    again_seconds: float = Field(default=1.0, gt=0, le=60)
    tick_seconds: float = Field(default=0.25, gt=0, le=10)


class TradingSettings(FrozenSettings):
    """All of it, as a trading process is given it."""

    timers: OrderTimers = OrderTimers()
    limits: RiskLimits = RiskLimits()
    protection: ProtectionSettings = ProtectionSettings()
    pacing: PacingSettings = PacingSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()
