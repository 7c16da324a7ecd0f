"""What a broker knows of a dated contract, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFacts:
    """One dated contract.

    Attributes:
        con_id: The broker's number of it.
        symbol: Exchange root, e.g. "MNQ".
        local_symbol: E.g. "MNQZ5".
        exchange: Where orders in it go.
        expiry: Last trading day, YYYYMMDD.
        multiplier: USD per point.
        tick_size: Smallest step of its price, points.
        time_zone: Of the hours below, IANA name.
        trading_hours: As IB writes them: days by ";", e.g. "20251102:1700-20251103:1600".
    """

    con_id: int
    symbol: str
    local_symbol: str
    exchange: str
    expiry: str
    multiplier: float
    tick_size: float
    time_zone: str
    trading_hours: str
