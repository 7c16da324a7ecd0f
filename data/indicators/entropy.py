"""Statistical features: how much order there is in recent changes, 0 for one pattern, 1 for none.

At bar t they use bars <= t.
"""

import math

from data.indicators.bar import Bar, Floats
from data.indicators.changes import is_still, take_change
from data.indicators.ring import ring_put
from data.indicators.spec import FeatureSpec, by_name
from utils.jit import lean_jit

N_CODES = 8
"""Three comparisons of three closes; two of the eight answers contradict themselves."""

N_ORDERS = 6
N_BINS = 7


@lean_jit
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


@lean_jit
def permutation_entropy_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the entropy of orders. State: bars seen, counts (of this bar only), ring of closes."""
    counts = state[1 : 1 + N_CODES]
    state[0] += 1.0
    ring = state[1 + N_CODES :]
    first = ring_put(ring, bar.close, state[0])
    closes = ring[first : first + int(parameters[0])]
    out[0] = math.nan
    if state[0] < parameters[0]:
        return
    _count_orders(closes, counts)
    out[0] = shannon(counts, N_ORDERS)


@lean_jit
def _count_orders(closes: Floats, counts: Floats) -> None:
    """Count the orders of three closes a, b, c by 4 (a > b) + 2 (b > c) + (a > c).

    Sums of flags, from which the counts follow: many closes are compared at a time.
    """
    n_ab, n_bc, n_ab_ac, n_bc_ac, n_ab_bc = 0, 0, 0, 0, 0
    n_orders = closes.shape[0] - 2
    for i in range(n_orders):
        ab, bc = closes[i] > closes[i + 1], closes[i + 1] > closes[i + 2]
        ac = closes[i] > closes[i + 2]
        n_ab += int(ab)
        n_bc += int(bc)
        n_ab_bc += int(ab & bc)
        n_ab_ac += int(ab & ac)
        n_bc_ac += int(bc & ac)
    counts[7] = n_ab_bc
    counts[5], counts[4] = n_ab_ac - n_ab_bc, n_ab - n_ab_ac
    counts[3], counts[2] = n_bc_ac - n_ab_bc, n_bc - n_bc_ac
    counts[0] = n_orders - n_ab - n_bc + n_ab_bc


@lean_jit
def change_entropy_step(
    state: Floats, parameters: tuple[float, ...], bar: Bar, out: Floats
) -> None:
    """Write the entropy of sizes.

    State: bars seen, previous close, ring of changes, counts (of this bar only).
    """
    length = int(parameters[0])
    counts = state[2 + 2 * length :]
    first = take_change(state[: 2 + 2 * length], bar)
    changes = state[first : first + length]
    out[0] = math.nan
    if state[0] <= length:
        return
    usual: float = 0.0
    for i in range(length):
        usual += abs(changes[i])
    usual /= length
    out[0] = 0.0
    if not is_still(usual, bar.close):
        _count_sizes(changes, usual, counts)
        out[0] = shannon(counts, N_BINS)


@lean_jit
def _count_sizes(changes: Floats, usual: float, counts: Floats) -> None:
    """Count the changes in each of the seven bins, from the least to the greatest.

    How many exceed each edge is counted first: many changes are compared at a time.
    """
    above_a, above_b, above_c, above_d, above_e, above_f = 0, 0, 0, 0, 0, 0
    for i in range(changes.shape[0]):
        change = changes[i]
        above_a += int(change >= -2.0 * usual)
        above_b += int(change >= -usual)
        above_c += int(change >= -0.25 * usual)
        above_d += int(change > 0.25 * usual)
        above_e += int(change > usual)
        above_f += int(change > 2.0 * usual)
    counts[0], counts[1], counts[2] = (
        changes.shape[0] - above_a,
        above_a - above_b,
        above_b - above_c,
    )
    counts[3], counts[4], counts[5] = above_c - above_d, above_d - above_e, above_e - above_f
    counts[6] = above_f


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
