"""Statistical features: whether changes go on, turn back, or forget.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still, take_change
from data.indicators.ring import ring_put, wide_distance, wide_products, wide_statistics
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit


@lean_jit
def autocorrelation_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write a serial correlation. State: bars seen, previous close, ring of changes."""
    length, lag = int(parameters[0]), int(parameters[1])
    first = take_change(state, bar)
    changes = state[first : first + length]
    out[0] = math.nan
    if state[0] <= length:
        return
    out[0] = 0.0
    centre, deviation = wide_statistics(changes, 0)
    if not is_still(deviation, bar.close):
        together = wide_products(changes[lag:], changes[: length - lag], centre, centre)
        out[0] = together / (deviation * deviation) / length


@lean_jit
def variance_ratio_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write a ratio of variances. State: bars seen, ring of length + 1 closes."""
    n_closes, lag = int(parameters[0]) + 1, int(parameters[1])
    state[0] += 1.0
    first = 1 + ring_put(state[1:], bar.close, state[0])
    closes = state[first : first + n_closes]
    out[0] = math.nan
    if state[0] <= parameters[0]:
        return
    length = closes.shape[0] - 1
    drift = (bar.close - closes[0]) / length
    variance = _sum_of_squares(closes, 1, drift) / (length - 1.0)
    out[0] = 1.0
    if not is_still(math.sqrt(variance), bar.close):
        n_free = lag * (length - lag + 1.0) * (1.0 - lag / length)
        out[0] = _sum_of_squares(closes, lag, drift) / variance / n_free


@lean_jit
def _sum_of_squares(closes: Floats, lag: int, drift: float) -> float:
    """Return the sum of the squared changes over `lag` bars, less what the drift explains."""
    later, earlier = closes[lag:], closes[: closes.shape[0] - lag]
    a, b = 0.0, 0.0
    expected, whole = lag * drift, later.shape[0] - later.shape[0] % 2
    for i in range(0, whole, 2):
        departure = later[i] - earlier[i] - expected
        next_departure = later[i + 1] - earlier[i + 1] - expected
        a += departure * departure
        b += next_departure * next_departure
    for i in range(whole, later.shape[0]):
        departure = later[i] - earlier[i] - expected
        a += departure * departure
    return a + b


@lean_jit
def hurst_step(state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats) -> None:
    """Write the Hurst exponent. State: bars seen, ring of closes.

    The least-squares slope of log2 of the mean distance on log2 of the lag, over the lags 1, 2, 4,
    8 and 16, weighs the five logarithms with -2, -1, 0, 1, 2, over 10.
    """
    state[0] += 1.0
    first = 1 + ring_put(state[1:], bar.close, state[0])
    closes = state[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] < parameters[0]:
        return
    total: float = 0.0
    for weight, lag in ((-2.0, 1), (-1.0, 2), (1.0, 8), (2.0, 16)):
        distance = wide_distance(closes[lag:], closes[: closes.shape[0] - lag])
        if is_still(distance, bar.close):
            out[0] = 0.5
            return
        total += weight * math.log2(distance)
    out[0] = min(max(total / 10.0, 0.0), 1.0)


def _autocorrelation(lag: int) -> FeatureSpec:
    return FeatureSpec(
        name=f"autocorrelation_{lag}",
        kernel=autocorrelation_step,
        parameters=(60.0, float(lag)),
        state_size=2 + 2 * 60,
        price_state=((1, 2),),
        columns=(f"autocorrelation_{lag}",),
        lookback=61,
        warm_up=60,
        centre=0.0,
        spread=0.14,
        formula=f"sum of (change - mean) times the same {lag} earlier, / sum of (change - mean)^2, "
        "over the last 60 changes of the close; 0 where price stands still",
        source="Box and Jenkins' estimator, one mean and all 60 squares, as statsmodels.acf; "
        "(pandas' autocorr takes two means); of changes in points instead of returns",
        unit="ratio",
        bounds="(-1, 1)",
    )


def _variance_ratio(lag: int, spread: float) -> FeatureSpec:
    return FeatureSpec(
        name=f"variance_ratio_{lag}",
        kernel=variance_ratio_step,
        parameters=(120.0, float(lag)),
        state_size=1 + 2 * 121,
        price_state=((1, 1 + 2 * 121),),
        columns=(f"variance_ratio_{lag}",),
        lookback=121,
        warm_up=120,
        centre=0.95,
        spread=spread,
        formula=f"variance of overlapping sums of {lag} changes / ({lag} variance of one change), "
        "both unbiased, over the last 120 changes of the close; 1 where price stands still",
        source="Lo and MacKinlay (1988), of changes in points instead of log returns; above 1 "
        "changes go on, below they turn back",
        unit="ratio",
        bounds=f"[0, about {lag}]",
    )


MEMORY_FEATURES = by_name(
    _autocorrelation(1),
    _autocorrelation(5),
    _variance_ratio(5, 0.3),
    _variance_ratio(12, 0.44),
    FeatureSpec(
        name="hurst_128",
        kernel=hurst_step,
        parameters=(128.0,),
        state_size=1 + 2 * 128,
        price_state=((1, 1 + 2 * 128),),
        columns=("hurst_128",),
        lookback=128,
        warm_up=127,
        centre=0.5,
        spread=0.09,
        formula="slope of log2 mean |close - close k bars earlier| on log2 k, k = 1, 2, 4, 8, 16, "
        "over the last 128 closes, cut to [0, 1]; 0.5 where price stands still at one of these k",
        source="the generalised Hurst exponent of order 1, Di Matteo (2007), of closes in points "
        "instead of their logarithms; not the rescaled range, which is biased in short windows",
        unit="exponent: 0.5 a random walk, above it trends, below it turns back",
        bounds="[0, 1]",
    ),
)
