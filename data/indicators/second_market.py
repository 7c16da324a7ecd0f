"""Cross-instrument features: this market beside a second one, such as NQ beside ES.

Both returns of a pair are taken from the last bar at which both markets were there. Where the
second is absent (its close is NaN: not traded, or stale) returns are 0 and everything else keeps
its last value; a neutral value stands until there are enough pairs. At bar t they use bars <= t of
both markets, if data/second_frame.py has put them side by side.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.price import log_ratio
from data.indicators.ring import ring_put, wide_mean, wide_products, wide_statistics
from data.indicators.smoothing import SMALLEST_RATIO
from data.indicators.window import mean, push
from utils.jit import lean_jit

PAIR_STATE = 6
"""Floats of state: bars seen; the closes, own and other, when both were last there; how often they
were; and the newest returns, own and other."""

N_BOTH, OWN, OTHER = 3, 4, 5


@lean_jit
def take_pair(pair: Floats, bar: Bar) -> bool:
    """Take in a bar; return whether there is a new pair of returns.

    Args:
        pair: PAIR_STATE floats. The pass moves the own close at a roll, this the other's.
        bar: The new bar.
    """
    pair[0] += 1.0
    pair[2] += bar.other_roll_gap
    pair[OWN], pair[OTHER] = 0.0, 0.0
    if math.isnan(bar.other_close):
        return False
    is_first = pair[N_BOTH] == 0.0
    if not is_first:
        pair[OWN] = log_ratio(bar.close, pair[1])
        pair[OTHER] = log_ratio(bar.other_close, pair[2])
    pair[1], pair[2] = bar.close, bar.other_close
    pair[N_BOTH] += 1.0
    return not is_first


@lean_jit
def has_returns(pair: Floats, length: float) -> bool:
    """Return whether there were `length` pairs of returns."""
    is_enough: bool = pair[N_BOTH] > length
    return is_enough


@lean_jit
def other_return_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the other market's return. State: the pair's."""
    take_pair(state, bar)
    out[0] = state[OTHER] if state[0] > 1.0 else math.nan


@lean_jit
def relative_return_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write how far this market ran ahead. State: the pair's, window of differences of returns."""
    differences = state[PAIR_STATE:]
    if take_pair(state, bar):
        push(differences, state[OWN] - state[OTHER])
    out[0] = math.nan
    if state[0] > parameters[0]:
        is_known = has_returns(state, parameters[0])
        out[0] = parameters[0] * mean(differences) if is_known else 0.0


@lean_jit
def correlation_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the correlation of returns. State: the pair's, value, windows of returns."""
    length, lag = int(parameters[0]), int(parameters[1])
    own = state[PAIR_STATE + 1 : PAIR_STATE + 1 + length]
    other = state[PAIR_STATE + 1 + length :]
    if take_pair(state, bar):
        push(own, state[OWN])
        push(other, state[OTHER])
        if has_returns(state, parameters[0]):
            state[PAIR_STATE] = _correlation(own[lag:], other[: length - lag])
    out[0] = state[PAIR_STATE] if state[0] > parameters[0] else math.nan


@lean_jit
def beta_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the slope of own on other returns. State: the pair's, value, windows of returns."""
    length = int(parameters[0])
    own = state[PAIR_STATE + 1 : PAIR_STATE + 1 + length]
    other = state[PAIR_STATE + 1 + length :]
    if take_pair(state, bar):
        push(own, state[OWN])
        push(other, state[OTHER])
        if has_returns(state, parameters[0]):
            centre, spread = wide_statistics(other, 0)
            covariance = wide_products(own, other, wide_mean(own), centre) / length
            slope = covariance / (spread * spread) if spread > SMALLEST_RATIO else 0.0
            state[PAIR_STATE] = min(max(slope, -parameters[1]), parameters[1])
    out[0] = state[PAIR_STATE] if state[0] > parameters[0] else math.nan


@lean_jit
def _correlation(a: Floats, b: Floats) -> float:
    """Return the correlation of log returns; 0 where one of them is always the same."""
    mean_a, deviation_a = wide_statistics(a, 0)
    mean_b, deviation_b = wide_statistics(b, 0)
    if min(deviation_a, deviation_b) <= SMALLEST_RATIO:
        return 0.0
    covariance = wide_products(a, b, mean_a, mean_b) / a.shape[0]
    value: float = covariance / (deviation_a * deviation_b)
    return min(max(value, -1.0), 1.0)


@lean_jit
def spread_zscore_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write where the ratio of the markets stands.

    State: the pair's, value, ring of differences of returns, path (of this bar only).
    """
    length = int(parameters[0])
    ring = state[PAIR_STATE + 1 : PAIR_STATE + 1 + 2 * length]
    path = state[PAIR_STATE + 1 + 2 * length :]
    if take_pair(state, bar):
        first = ring_put(ring, state[OWN] - state[OTHER], state[N_BOTH] - 1.0)
        differences = ring[first : first + length]
        if has_returns(state, parameters[0]):
            state[PAIR_STATE] = _standing(differences, path)
    out[0] = state[PAIR_STATE] if state[0] > parameters[0] else math.nan


@lean_jit
def _standing(differences: Floats, path: Floats) -> float:
    """Return the z-score of the last point of the path that the differences add up to."""
    total: float = 0.0
    for i in range(path.shape[0]):
        total += differences[i]
        path[i] = total
    centre, deviation = wide_statistics(path, 0)
    if deviation <= SMALLEST_RATIO:
        return 0.0
    value: float = (total - centre) / deviation
    return value


@lean_jit
def other_relative_volume_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write how busy the other market is. State: bars seen, its bars, value, window of volumes."""
    volumes = state[3:]
    state[0] += 1.0
    if not math.isnan(bar.other_volume):
        state[1] += 1.0
        push(volumes, bar.other_volume)
        usual = mean(volumes)
        state[2] = bar.other_volume / usual if usual > 0.0 else 1.0
    out[0] = math.nan
    if state[0] >= parameters[0]:
        out[0] = state[2] if state[1] >= parameters[0] else 1.0
