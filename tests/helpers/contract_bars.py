"""Bars of several contracts that a test writes down session by session."""

from collections.abc import Mapping

import pandas as pd

PRICES = {"open": 0.0, "high": 1.0, "low": -1.0, "close": 0.5}
"""Points from a session's price to each of its bars'."""

Session = tuple[float, float]
"""Price at which the bars of a session open, and the volume of the whole session."""


def contract_frame(table: Mapping[str, Mapping[str, Session]], n_bars: int = 2) -> pd.DataFrame:
    """Return one frame of overlapping contracts, with `n_bars` hourly bars per session.

    Args:
        table: For each contract, e.g. "NQM24", its sessions: trade date, e.g. "2024-06-17", to
            (price, volume). The first bar opens at 12:00 UTC on the trade date, and every bar
            closes half a point above its open.
        n_bars: Bars per session; they share the volume equally.
    """
    rows = []
    for contract, sessions in table.items():
        for date, (price, volume) in sessions.items():
            for hour in range(n_bars):
                stamp = pd.Timestamp(date, tz="UTC") + pd.Timedelta(hours=12 + hour)
                prices = {name: price + offset for name, offset in PRICES.items()}
                rows.append(
                    {"timestamp": stamp, **prices, "volume": volume / n_bars, "contract": contract}
                )
    return pd.DataFrame(rows)
