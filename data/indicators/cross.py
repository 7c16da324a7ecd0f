"""Cross-instrument features; their kernels are in data/indicators/second_market.py.

A frame gets the second market's columns from `data.second_frame.align`, or is refused.
"""

from data.indicators.second_market import (
    PAIR_STATE,
    beta_step,
    correlation_step,
    other_relative_volume_step,
    other_return_step,
    relative_return_step,
    spread_zscore_step,
)
from data.indicators.spec import FeatureSpec, by_name

_OWN_CLOSE = ((1, 2),)
"""The own close of a pair; the other market's rolls are seen to by the kernel."""

_HELD = "; its last value where the other market is absent, {} until it was there often enough"

CROSS_FEATURES = by_name(
    FeatureSpec(
        name="other_return",
        kernel=other_return_step,
        needs_other=True,
        state_size=PAIR_STATE,
        price_state=_OWN_CLOSE,
        columns=("other_return",),
        warm_up=1,
        centre=0.0,
        spread=0.0006,
        formula="ln(other close / other close when both were last there); 0 where the other market "
        "is absent or a price is not positive",
        source="definition",
        unit="log points per bar",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="relative_return_12",
        kernel=relative_return_step,
        parameters=(12.0,),
        needs_other=True,
        state_size=PAIR_STATE + 12,
        price_state=_OWN_CLOSE,
        columns=("relative_return_12",),
        warm_up=12,
        centre=0.0,
        spread=0.0008,
        formula="sum of (own log return - other log return) over the last 12 bars that both have"
        + _HELD.format(0),
        source="definition of relative strength",
        unit="log points",
        bounds="unbounded",
    ),
    FeatureSpec(
        name="other_correlation_60",
        kernel=correlation_step,
        parameters=(60.0, 0.0),
        needs_other=True,
        state_size=PAIR_STATE + 1 + 2 * 60,
        price_state=_OWN_CLOSE,
        columns=("other_correlation_60",),
        warm_up=60,
        centre=0.93,
        spread=0.055,
        formula="correlation of own and other log returns over the last 60 bars that both have; 0 "
        "where one of them stands still" + _HELD.format(0),
        source="Pearson",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="other_lead_60",
        kernel=correlation_step,
        parameters=(60.0, 1.0),
        needs_other=True,
        state_size=PAIR_STATE + 1 + 2 * 60,
        price_state=_OWN_CLOSE,
        columns=("other_lead_60",),
        warm_up=60,
        centre=0.0,
        spread=0.15,
        formula="correlation of own log returns with other log returns one bar earlier, 59 pairs "
        "of the last 60 bars that both have; 0 where one of them stands still" + _HELD.format(0),
        source="Pearson; above 0 the other market goes ahead",
        unit="ratio",
        bounds="[-1, 1]",
    ),
    FeatureSpec(
        name="other_beta_60",
        kernel=beta_step,
        parameters=(60.0, 10.0),
        needs_other=True,
        state_size=PAIR_STATE + 1 + 2 * 60,
        price_state=_OWN_CLOSE,
        columns=("other_beta_60",),
        warm_up=60,
        centre=1.25,
        spread=0.17,
        formula="covariance of own and other log returns / variance of the other's, over the last "
        "60 bars that both have, cut to [-10, 10]; 0 where the other stands still"
        + _HELD.format(0),
        source="slope of least squares",
        unit="ratio",
        bounds="[-10, 10]",
    ),
    FeatureSpec(
        name="spread_zscore_120",
        kernel=spread_zscore_step,
        parameters=(120.0,),
        needs_other=True,
        state_size=PAIR_STATE + 1 + 3 * 120,
        price_state=_OWN_CLOSE,
        columns=("spread_zscore_120",),
        warm_up=120,
        centre=0.0,
        spread=1.5,
        formula="(s - mean) / population deviation of s = ln(own close / other close) over the "
        "last 120 bars that both have, rolls taken out; 0 where it stands still" + _HELD.format(0),
        source="definition of a pair's z-score, hedged with equal notionals",
        unit="deviations",
        bounds="[-10.9, 10.9]",
    ),
    FeatureSpec(
        name="other_relative_volume",
        kernel=other_relative_volume_step,
        parameters=(20.0,),
        needs_other=True,
        state_size=3 + 20,
        columns=("other_relative_volume",),
        warm_up=19,
        centre=1.0,
        spread=0.8,
        formula="other volume / its mean over the last 20 bars that have it, this one included; 1 "
        "where all are zero" + _HELD.format(1),
        source="definition, as `relative_volume`",
        unit="ratio",
        bounds="[0, 20]",
    ),
)
