"""Oscillators of pressure: which share of the movement, or of the money, went with the buyers.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import true_range
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.window import push
from utils.jit import lean_jit


@lean_jit
def ultimate_oscillator_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the ultimate oscillator.

    State: bars seen, previous close, window of buying pressures, window of true ranges.
    """
    short, middle, long = int(parameters[0]), int(parameters[1]), int(parameters[2])
    pressures, ranges = state[2 : 2 + long], state[2 + long :]
    push(pressures, bar.close - min(bar.low, state[1]))  # the first bar's two drop out before use
    push(ranges, true_range(state[1], bar))
    bought, moved = _total(pressures[long - short :]), _total(ranges[long - short :])
    weighted = 4.0 * _share(bought, moved)
    bought += _total(pressures[long - middle : long - short])
    moved += _total(ranges[long - middle : long - short])
    weighted += 2.0 * _share(bought, moved)
    bought += _total(pressures[: long - middle])
    moved += _total(ranges[: long - middle])
    weighted += _share(bought, moved)
    state[0] += 1.0
    state[1] = bar.close
    out[0] = 100.0 * weighted / 7.0 if state[0] > long else math.nan


@lean_jit
def _total(window: Floats) -> float:
    """Return the sum of the values."""
    total: float = 0.0
    for i in range(window.shape[0]):
        total += window[i]
    return total


@lean_jit
def _share(part: float, whole: float) -> float:
    """Return part / whole; one half where nothing moved."""
    return part / whole if whole > 0.0 else 0.5


@lean_jit
def mfi_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the money flow index.

    State: bars seen, previous high, low, close, window of typical prices, window of volumes with
    the sign of the move. Prices and volumes are kept apart so that a roll can move the prices.
    """
    length = int(parameters[0])
    typical = (bar.high + bar.low + bar.close) / 3.0
    change = typical - (state[1] + state[2] + state[3]) / 3.0
    signed = math.copysign(bar.volume, change) if change != 0.0 else 0.0
    typicals, volumes = state[4 : 4 + length], state[4 + length :]
    push(typicals, typical)  # the first bar, which has none before it, drops out before use
    push(volumes, signed)
    percent = _bought_percent(typicals, volumes)
    state[0] += 1.0
    state[1], state[2], state[3] = bar.high, bar.low, bar.close
    out[0] = percent if state[0] > length else math.nan


@lean_jit
def _bought_percent(typicals: Floats, volumes: Floats) -> float:
    """Return the share of the money that changed hands at rising prices; 50 where there is none."""
    bought, sold = 0.0, 0.0
    for i in range(volumes.shape[0]):
        money = max(typicals[i], 0.0) * volumes[i]
        bought += max(money, 0.0)
        sold += max(-money, 0.0)
    money_moved = bought + sold
    return 100.0 * bought / money_moved if money_moved > 0.0 else 50.0


PRESSURE_FEATURES = by_name(
    FeatureSpec(
        name="ultimate_oscillator",
        kernel=ultimate_oscillator_step,
        parameters=(7.0, 14.0, 28.0),
        state_size=2 + 2 * 28,
        price_state=((1, 2),),
        columns=("ultimate_oscillator",),
        lookback=29,
        warm_up=28,
        centre=52.0,
        spread=9.3,
        formula="100 (4 a7 + 2 a14 + a28) / 7, a = sum of (close - min(low, previous close)) / sum "
        "of true ranges; an a is 0.5 where its ranges are zero",
        source="Williams (1985), as in `ta` (which gives NaN where a sum of ranges is zero)",
        unit="percent",
        bounds="[0, 100]",
    ),
    FeatureSpec(
        name="mfi",
        kernel=mfi_step,
        parameters=(14.0,),
        state_size=4 + 2 * 14,
        price_state=((1, 18),),
        columns=("mfi",),
        lookback=15,
        warm_up=14,
        centre=51.0,
        spread=18.0,
        formula="100 rising money / (rising + falling money) over 14 bars, money = typical price "
        "times volume where the typical price rose or fell; 50 where there is none; bars whose "
        "typical price is not positive count nothing",
        source="Quong, Soudack (1989), as in `ta` (which begins one bar earlier, with a bar that "
        "has none before it, and gives NaN where no money moved)",
        unit="percent",
        bounds="[0, 100]",
    ),
)
