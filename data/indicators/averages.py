"""Distances from averages in true ranges: how far price has run ahead of where it has been.

At bar t they use bars <= t. Simple and weighted means are short; the long distances are those of
exponential averages, which need no window.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.smoothing import ATR_STATE, average_true_range, exponential, in_ranges
from data.indicators.spec import FeatureSpec, by_name
from data.indicators.trend import macd_step
from data.indicators.window import mean_departure, push
from utils.jit import lean_jit

ATR_LENGTH = 14


@lean_jit
def sma_distance_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the distance from a simple mean. State: bars seen, window of closes, ATR state."""
    length = int(parameters[0])
    closes = state[1 : 1 + length]
    state[0] += 1.0
    push(closes, bar.close)
    below = mean_departure(closes, bar.close)
    atr = average_true_range(state[1 + length :], bar, parameters[1], state[0])
    out[0] = math.nan
    if state[0] >= max(parameters[0], parameters[1]):
        out[0] = in_ranges(-below, atr, bar.close)


@lean_jit
def wma_distance_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the distance from a weighted mean. State: bars seen, window of closes, ATR state."""
    length = int(parameters[0])
    closes = state[1 : 1 + length]
    state[0] += 1.0
    push(closes, bar.close)
    above = _weighted_distance(closes, bar.close)
    atr = average_true_range(state[1 + length :], bar, parameters[1], state[0])
    out[0] = math.nan
    if state[0] >= max(parameters[0], parameters[1]):
        out[0] = in_ranges(above, atr, bar.close)


@lean_jit
def _weighted_distance(closes: Floats, close: float) -> float:
    """Return the close less the mean of `closes` with weights 1 (oldest) to n."""
    length = closes.shape[0]
    total: float = 0.0
    for i in range(length):
        total += (i + 1.0) * (close - closes[i])
    distance: float = 2.0 * total / (length * (length + 1.0))
    return distance


@lean_jit
def ema_distance_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the distance from an exponential average. State: bars seen, average, ATR state."""
    span, length = parameters
    state[0] += 1.0
    state[1] = exponential(state[1], bar.close, span, state[0])
    atr = average_true_range(state[2:], bar, length, state[0])
    out[0] = math.nan
    if state[0] >= max(span, length):
        out[0] = in_ranges(bar.close - state[1], atr, bar.close)


@lean_jit
def kama_distance_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the distance from the adaptive average.

    State: bars seen, average, window of length + 1 closes, ATR state.
    """
    length, fast, slow = parameters[0], 2.0 / (parameters[1] + 1.0), 2.0 / (parameters[2] + 1.0)
    closes = state[2 : 3 + int(length)]
    state[0] += 1.0
    push(closes, bar.close)
    weight = (_efficiency(closes) * (fast - slow) + slow) ** 2
    if state[0] <= length:
        state[1] = bar.close
    else:
        state[1] += weight * (bar.close - state[1])
    atr = average_true_range(state[3 + int(length) :], bar, parameters[3], state[0])
    out[0] = math.nan
    if state[0] >= max(length, parameters[3]):
        out[0] = in_ranges(bar.close - state[1], atr, bar.close)


@lean_jit
def _efficiency(closes: Floats) -> float:
    """Return the distance between first and last over the length of the way; 0 at a standstill."""
    way = 0.0
    for i in range(1, closes.shape[0]):
        way += abs(closes[i] - closes[i - 1])
    distance: float = abs(closes[closes.shape[0] - 1] - closes[0])
    return distance / way if way > 0.0 else 0.0


def _windowed(kind: str, length: int, spread: float) -> FeatureSpec:
    """Return the distance from a mean of a window, `kind` "sma" or "wma", of one length."""
    weights = "" if kind == "sma" else f" with weights 1 (oldest) to {length}"
    return FeatureSpec(
        name=f"{kind}_distance_{length}",
        kernel=sma_distance_step if kind == "sma" else wma_distance_step,
        parameters=(float(length), float(ATR_LENGTH)),
        state_size=1 + length + ATR_STATE,
        price_state=((1, 2 + length),),
        columns=(f"{kind}_distance_{length}",),
        warm_up=max(length, ATR_LENGTH) - 1,
        centre=0.0,
        spread=spread,
        formula=f"(close - mean of {length} closes{weights}) / ATR14; 0 where the ATR is rounding "
        "noise",
        source=f"definition; the mean as `ta`'s {kind.upper()}Indicator, ATR seeded as there",
        unit="average true ranges",
        bounds="unbounded",
    )


def _exponential(span: int, spread: float) -> FeatureSpec:
    """Return the distance from an exponential average of one length."""
    return FeatureSpec(
        name=f"ema_distance_{span}",
        kernel=ema_distance_step,
        parameters=(float(span), float(ATR_LENGTH)),
        state_size=2 + ATR_STATE,
        price_state=((1, 3),),
        columns=(f"ema_distance_{span}",),
        warm_up=max(span, ATR_LENGTH) - 1,
        centre=0.0,
        spread=spread,
        formula=f"(close - EMA{span}) / ATR14; 0 where the ATR is rounding noise",
        source="definition; EMA and ATR seeded as in `ta`",
        unit="average true ranges",
        bounds="unbounded",
    )


def _cross(fast: int, slow: int, spread: float) -> FeatureSpec:
    """Return the distance between two exponential averages; its sign says which one is above."""
    return FeatureSpec(
        name=f"ema_cross_{fast}_{slow}",
        kernel=macd_step,
        parameters=(float(fast), float(slow), float(ATR_LENGTH)),
        state_size=3 + ATR_STATE,
        price_state=((1, 4),),
        columns=(f"ema_cross_{fast}_{slow}",),
        warm_up=max(slow, ATR_LENGTH) - 1,
        centre=0.0,
        spread=spread,
        formula=f"(EMA{fast} - EMA{slow} of the close) / ATR14; 0 where the ATR is rounding noise",
        source="definition; EMA and ATR seeded as in `ta`",
        unit="average true ranges",
        bounds="unbounded",
    )


AVERAGE_FEATURES = by_name(
    _windowed("sma", 10, 1.0),
    _windowed("sma", 20, 1.5),
    _windowed("sma", 50, 2.5),
    _windowed("wma", 10, 0.8),
    _windowed("wma", 30, 1.4),
    _exponential(10, 0.9),
    _exponential(20, 1.3),
    _exponential(50, 2.2),
    _exponential(200, 5.5),
    _cross(20, 50, 1.2),
    _cross(50, 200, 4.5),
    FeatureSpec(
        name="kama_distance",
        kernel=kama_distance_step,
        parameters=(10.0, 2.0, 30.0, float(ATR_LENGTH)),
        state_size=2 + 11 + ATR_STATE,
        price_state=((1, 14),),
        columns=("kama_distance",),
        warm_up=13,
        centre=0.0,
        spread=1.1,
        formula="(close - KAMA) / ATR14, KAMA += c (close - KAMA), c = (e (2/3 - 2/31) + 2/31)^2, "
        "e = |change over 10 bars| / sum of |changes|; e is 0 at a standstill, the distance where "
        "the ATR is rounding noise",
        source="Kaufman (1995); begins as the tenth close, as in `ta`",
        unit="average true ranges",
        bounds="unbounded",
    ),
)
