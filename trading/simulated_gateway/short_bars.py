"""Five-second bars of a larger one: a path from its open to its close through both extremes.

How the price really went is not in a bar; the path is open, nearer extreme, other extreme, close,
each leg a straight line on the tick grid, the volume spread evenly.
"""

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from config.instruments import Instrument
from trading.simulated_gateway.events import WireBar

SHORT_SECONDS = 5


def short_bars(
    instrument: Instrument, bar: np.record, opens: datetime, seconds: int, volume: float
) -> tuple[WireBar, ...]:
    """Return the five-second bars of a bar; together they have its open, extremes, close, volume.

    Args:
        instrument: Whose ticks the bar is in.
        bar: BAR_TICKS record that is over.
        opens: When it began.
        seconds: Its size; a bar of less than ten seconds is one short bar.
        volume: Contracts.
    """
    n_bars = max(1, seconds // SHORT_SECONDS)
    points = _path(bar, n_bars)
    shares = np.diff(np.floor(np.linspace(0.0, volume, n_bars + 1)))
    bars = []
    for k in range(n_bars):
        leg = points[2 * k : 2 * k + 3]
        prices = instrument.to_prices(np.array([leg[0], leg.max(), leg.min(), leg[-1]]))
        bars.append(
            _wire_bar(opens + timedelta(seconds=k * SHORT_SECONDS), prices.tolist(), shares[k])
        )
    return tuple(bars)


def one_price_bar(opens: datetime, price: float) -> WireBar:
    """Return a short bar of one price and one contract."""
    return _wire_bar(opens, [price] * 4, 1.0)


def _path(bar: np.record, n_bars: int) -> NDArray[np.int64]:
    """Return 2 n + 1 prices in ticks, so that a short bar has three, its last the next one's first.

    Both extremes are among them.
    """
    is_high_first = bar.high - bar.open < bar.open - bar.low
    extremes = (bar.high, bar.low) if is_high_first else (bar.low, bar.high)
    corners = np.array([bar.open, *extremes, bar.close], dtype=np.float64)
    n_points = 2 * n_bars + 1
    places = np.rint(np.array([0.0, 1.0, 2.0, 3.0]) * (n_points - 1) / 3.0)
    return np.rint(np.interp(np.arange(n_points), places, corners)).astype(np.int64)


def _wire_bar(opens: datetime, prices: list[float], volume: float) -> WireBar:
    open_, high, low, close = prices
    return WireBar(
        time=opens,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=float(volume),
        average=round((high + low + close) / 3.0, 6),
        count=int(volume),
    )
