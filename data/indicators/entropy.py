"""Statistical features: how much order there is in recent changes, 0 for one pattern, 1 for none.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still, take_change
from data.indicators.ring import ring_put
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import jit

N_CODES = 8
"""Three comparisons of three closes; two of the eight answers contradict themselves."""

N_ORDERS = 6
N_BINS = 7


@jit
def shannon(counts: Floats, n_choices: int) -> float:
    """Return the entropy of the shares as a part of the largest possible with `n_choices`."""
    total: float = 0.0
    for i in range(counts.shape[0]):
        total += counts[i]
    entropy: float = 0.0
    for i in range(counts.shape[0]):
        if counts[i] > 0.0:
            entropy -= counts[i] / total * math.log(counts[i] / total)
    return max(entropy / math.log(n_choices), 0.0)


@jit
def permutation_entropy_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the entropy of orders. State: bars seen, counts (of this bar only), ring of closes."""
    counts = state[1 : 1 + N_CODES]
    state[0] += 1.0
    closes = ring_put(state[1 + N_CODES :], bar.close, state[0])
    out[0] = math.nan
    if state[0] < parameters[0]:
        return
    counts[:] = 0.0
    for i in range(2, closes.shape[0]):
        a, b, c = closes[i - 2], closes[i - 1], closes[i]
        counts[4 * int(a > b) + 2 * int(b > c) + int(a > c)] += 1.0
    out[0] = shannon(counts, N_ORDERS)


@jit
def change_entropy_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the entropy of sizes.

    State: bars seen, previous close, ring of changes, counts (of this bar only).
    """
    length = int(parameters[0])
    counts = state[2 + 2 * length :]
    changes = take_change(state[: 2 + 2 * length], bar)
    out[0] = math.nan
    if state[0] <= length:
        return
    usual: float = 0.0
    for i in range(length):
        usual += abs(changes[i])
    usual /= length
    out[0] = 0.0
    if not is_still(usual, bar.close):
        counts[:] = 0.0
        for i in range(length):
            counts[_bin(changes[i] / usual)] += 1.0
        out[0] = shannon(counts, N_BINS)


@jit
def _bin(size: float) -> int:
    """Return which of the seven bins a change lies in, given as a multiple of the usual one."""
    upper = int(size > 0.25) + int(size > 1.0) + int(size > 2.0)
    return upper + int(size >= -0.25) + int(size >= -1.0) + int(size >= -2.0)


ENTROPY_FEATURES = by_name(
    FeatureSpec(
        name="permutation_entropy_100",
        kernel=permutation_entropy_step,
        parameters=(100.0,),
        state_size=1 + N_CODES + 2 * 100,
        price_state=((1 + N_CODES, 1 + N_CODES + 2 * 100),),
        columns=("permutation_entropy_100",),
        lookback=100,
        warm_up=99,
        centre=0.96,
        spread=0.02,
        formula="entropy of the six possible orders of three closes in a row, among the last "
        "100 closes, / ln 6; of equal closes the earlier counts as lower: 0 where price stands "
        "still",
        source="Bandt and Pompe (2002), order 3, delay 1",
        unit="ratio",
        bounds="[0, 1]",
    ),
    FeatureSpec(
        name="change_entropy_100",
        kernel=change_entropy_step,
        parameters=(100.0,),
        state_size=2 + 2 * 100 + N_BINS,
        price_state=((1, 2),),
        columns=("change_entropy_100",),
        lookback=101,
        warm_up=100,
        centre=0.93,
        spread=0.02,
        formula="entropy of the last 100 changes of the close in seven bins with edges -2, -1, "
        "-1/4, 1/4, 1, 2 times their mean size, / ln 7; 0 where price stands still",
        source="Shannon (1948); bins by mean size, so that the level of volatility cancels",
        unit="ratio",
        bounds="[0, 1]",
    ),
)
