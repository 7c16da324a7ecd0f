"""A trader's settings for a market whose time runs faster than the machine's.

What waits for an answer goes by the market's clock, so it must wait as many times longer as the
market is faster. What means the market itself, such as the time before its close, stays. Both are
copies that nobody checks: the bounds of the fields are those of a real broker.
"""

from typing import TypeVar

from config.connection_settings import ConnectionSettings
from config.trader_settings import SessionSettings, TraderSettings
from config.trading_settings import (
    OrderTimers,
    PacingSettings,
    ProtectionSettings,
    RiskLimits,
    TradingSettings,
)

FOREVER_SECONDS = 1e8
"""Three years: longer than any rehearsal lasts, and still a time that a clock can show."""

UNPACED = 10_000
"""Messages a second, and at once: a simulated gateway has no limit of its own to keep."""

TIMERS = tuple(OrderTimers.model_fields)
LIMITS = ("stale_after_seconds", "warn_skew_seconds", "max_skew_seconds")
PROTECTION = ("deadline_seconds",)
SESSION = ("late_seconds",)
SESSION_IF_ANY = ("stale_flatten_seconds",)


def rehearsed_trader(settings: TraderSettings, rate: float, port: int) -> TraderSettings:
    """Return a trader's settings for a simulated gateway at a port, at a rate (see `rehearsed`)."""
    session = _longer(settings.session, SESSION, rate)
    if session.stale_flatten_seconds is not None:
        session = _longer(session, SESSION_IF_ANY, rate)
    return settings.model_copy(
        update={
            "connection": rehearsed_connection(settings.connection, port),
            "trading": rehearsed(settings.trading, rate),
            "session": session,
        }
    )


def rehearsed(settings: TradingSettings, rate: float) -> TradingSettings:
    """Return settings for a market at so many seconds per second; infinite is in lockstep.

    In lockstep time jumps from bar to bar, and it moves only when nothing is waited for: there no
    wait ends by itself.
    """
    return settings.model_copy(
        update={
            "timers": _longer(settings.timers, TIMERS, rate),
            "limits": _longer(settings.limits, LIMITS, rate),
            "protection": _longer(settings.protection, PROTECTION, rate),
            "pacing": _unpaced(settings.pacing),
        }
    )


def rehearsed_connection(settings: ConnectionSettings, port: int) -> ConnectionSettings:
    """Return settings that reach a simulated gateway on this machine; its timers are real ones.

    It has no limit on history to keep, and what its history lacks, nobody will ever have.
    """
    return settings.model_copy(
        update={
            "host": "127.0.0.1",
            "port": port,
            "max_messages_per_second": UNPACED,
            "history_again_seconds": 0.0,
            "gap_retries": 0,
        }
    )


def scaled_seconds(seconds: float, rate: float) -> float:
    """Return how much market time a wait must be given at a rate; never less than it has."""
    return min(seconds * max(rate, 1.0), max(seconds, FOREVER_SECONDS))


_Part = TypeVar("_Part", OrderTimers, RiskLimits, ProtectionSettings, SessionSettings)


def _longer(part: _Part, names: tuple[str, ...], rate: float) -> _Part:
    """Return a part of the settings in which the waits of these names are longer."""
    waits = {name: scaled_seconds(getattr(part, name), rate) for name in names}
    return part.model_copy(update=waits)


def _unpaced(pacing: PacingSettings) -> PacingSettings:
    """Return a pacing that holds nothing back: where time stands, no token would ever come."""
    rates = {"messages_per_second": float(UNPACED), "burst_messages": UNPACED}
    return pacing.model_copy(update=rates)
