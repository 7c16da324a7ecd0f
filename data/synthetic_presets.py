"""The synthetic markets that can be asked for by name."""

from data.planted_edge import EDGES
from data.synthetic_parameters import MarketParameters, Shift, VolatilityFactor

_PLAIN_FACTORS = (
    VolatilityFactor(half_life_sessions=0.1, sd=0.20),
    VolatilityFactor(half_life_sessions=2.5, sd=0.28),
    VolatilityFactor(half_life_sessions=40.0, sd=0.38),
)
_PLAIN_DAY = (
    (0, 1.2),
    (15, 0.85),
    (60, 0.6),
    (120, 0.75),
    (180, 0.62),
    (360, 0.55),
    (540, 0.85),
    (780, 0.75),
    (870, 1.1),
    (925, 1.05),
    (930, 2.6),
    (960, 2.2),
    (1_020, 1.7),
    (1_140, 1.2),
    (1_230, 1.2),
    (1_290, 1.6),
    (1_315, 1.8),
    (1_320, 0.9),
    (1_380, 0.5),
)

PRESETS: dict[str, MarketParameters] = {
    "default": MarketParameters(
        annual_drift=0.08,
        drift_regime_sd=0.15,
        overshoot=0.01,
        overshoot_half_life_bars=0.2,
    ),
    "martingale": MarketParameters(),
    "shift": MarketParameters(
        annual_drift=0.08,
        drift_regime_sd=0.15,
        overshoot=0.01,
        overshoot_half_life_bars=0.2,
        shift=Shift(after_sessions=120, volatility_factor=1.9, tail_degrees=4.0),
    ),
    "crisis": MarketParameters(
        annual_volatility=0.60,
        annual_drift=-0.60,
        tail_degrees=4.0,
        jumps_per_session=1.0,
        gap_sigmas=3.5,
        weekend_gap_sigmas=10.0,
        mean_volume=6_000.0,
        overshoot=0.02,
        overshoot_half_life_bars=0.2,
    ),
    "overreaction": MarketParameters(
        annual_volatility=0.12,
        day_shape=_PLAIN_DAY,
        volatility_factors=_PLAIN_FACTORS,
        tail_degrees=6.0,
        jumps_per_session=0.0,
        gap_sigmas=3.3,
        weekend_gap_sigmas=6.7,
        open_noise_sigmas=0.03,
        overshoot=0.6,
    ),
    "planted_edge_weak": MarketParameters(annual_volatility=0.08, edge=EDGES["weak"]),
    "planted_edge": MarketParameters(annual_volatility=0.08, edge=EDGES["medium"]),
    "planted_edge_strong": MarketParameters(annual_volatility=0.08, edge=EDGES["strong"]),
}
"""default: as near to NQ from May 2024 to August 2025 as data/fact_targets.py asks, with a drift
such as equities have. martingale: the same without anything that could be predicted of its prices;
whatever trades it loses its costs. shift: the default, whose volatility is 1.9 times as high, with
fatter tails, after its first 120 sessions. crisis: the default in trouble from the first bar on,
falling. overreaction: a calm and simple market where 60 % of every shock fades with a half-life of
8 bars, so that prices alone show an edge; a stop 200 ticks away lies some five average shocks from
the entry. planted_edge (weak, medium, strong): a calm martingale (so that
luck does not drown the edge in fifty thousand bars), moved by a drift that nobody sees,
and columns `signal_1` and so on, which show it under noise; see data/planted_edge.py.
"""

PLANTED_PRESETS = {
    "weak": "planted_edge_weak",
    "medium": "planted_edge",
    "strong": "planted_edge_strong",
}
"""By key of EDGES: the market in which it is planted."""
