"""What a broker tells of contracts, written by hand or as the simulated gateway would tell it."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.instruments import get_instrument
from trading.contract_facts import ContractFacts
from trading.simulated_gateway.contracts import ContractList
from trading.simulated_gateway.hours import Hours

MNQZ24 = ContractFacts(
    con_id=654,
    symbol="MNQ",
    local_symbol="MNQZ4",
    exchange="CME",
    expiry="20241220",
    multiplier=2.0,
    tick_size=0.25,
    time_zone="US/Central",
    trading_hours="",
)


def told(**changed: Any) -> ContractFacts:
    """Return the December contract of 2024, changed as said."""
    return replace(MNQZ24, **changed)


def told_at(symbol: str, now: datetime) -> ContractFacts:
    """Return a contract with the hours that the simulated gateway tells of its product."""
    hours = Hours(symbol)
    return told(symbol=symbol, time_zone=hours.zone_name, trading_hours=hours.trading_text(now))


def listed(symbol: str, on: date) -> tuple[ContractFacts, ...]:
    """Return all contracts of a product that the simulated gateway lists, expired ones too."""
    instrument = get_instrument(symbol)
    rows = ContractList([symbol]).listed(instrument, on)
    return tuple(
        told(
            con_id=row.con_id,
            symbol=row.wire.symbol,
            local_symbol=row.wire.local_symbol,
            exchange=row.wire.exchange,
            expiry=row.wire.expiry,
            multiplier=float(row.wire.multiplier),
            tick_size=instrument.tick_size,
        )
        for row in rows
    )


def chicago(text: str) -> datetime:
    """Return a time that is written as Chicago's clocks show it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))
