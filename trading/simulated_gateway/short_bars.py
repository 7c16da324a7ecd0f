"""Five-second bars: the pieces of a bar's path, or one price by hand."""

from datetime import datetime, timedelta

from trading.simulated_gateway.bar_path import (
    SHORT_SECONDS,
    n_pieces,
    part_of,
    part_of_volume,
)
from trading.simulated_gateway.events import WireBar
from trading.simulated_gateway.tape import Tape


def short_bars(tape: Tape, start: int, stop: int) -> tuple[WireBar, ...]:
    """Return the pieces from `start` to before `stop` of the bar that a tape is in."""
    n = n_pieces(tape.seconds)
    bar, volume = tape.bars[tape.row], float(tape.volumes[tape.row])
    opens = tape.open_time(tape.row)
    bars = []
    for k in range(start, stop):
        prices = tape.instrument.to_prices(part_of(bar, n, k, k + 1)).tolist()
        time = opens + timedelta(seconds=k * SHORT_SECONDS)
        bars.append(_wire_bar(time, prices, part_of_volume(volume, n, k, k + 1)))
    return tuple(bars)


def one_price_bar(opens: datetime, price: float) -> WireBar:
    """Return a short bar of one price and one contract."""
    return _wire_bar(opens, [price] * 4, 1.0)


def _wire_bar(opens: datetime, prices: list[float], volume: float) -> WireBar:
    open_, high, low, close = prices
    return WireBar(
        time=opens,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        average=round((high + low + close) / 3.0, 6),
        count=int(volume),
    )
