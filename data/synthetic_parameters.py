"""What a synthetic market is made of; how bars come of it is left to data/synthetic.py."""

from dataclasses import dataclass

import numpy as np

from data.calendar import SESSION_MINUTES

BAR_MINUTES = 5
BARS_PER_SESSION = SESSION_MINUTES // BAR_MINUTES
SESSIONS_PER_YEAR = 252

DAY_SHAPE = (
    (0, 1.2),  # 17:00, the session opens
    (15, 0.85),
    (60, 0.6),
    (120, 0.75),  # 19:00, Tokyo
    (180, 0.62),
    (360, 0.55),
    (540, 0.85),  # 02:00, London
    (780, 0.75),
    (870, 1.1),  # 07:30, releases
    (925, 1.05),
    (930, 2.6),  # 08:30, regular trading hours
    (960, 2.2),
    (1020, 1.7),
    (1140, 1.2),  # 12:00, lunch
    (1230, 1.2),
    (1290, 1.6),
    (1315, 1.8),  # 14:55, the close
    (1320, 0.9),
    (1380, 0.5),
)
"""Relative volatility at minutes since 17:00 Chicago; straight lines between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityFactor:
    """One Ornstein-Uhlenbeck component of the log-volatility.

    Attributes:
        half_life_sessions: Sessions until half of a deviation is gone.
        sd: Its stationary standard deviation.
    """

    half_life_sessions: float
    sd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketParameters:
    """What one preset is made of.

    Attributes:
        start_ticks: First price, in ticks of the instrument, whichever it is.
        annual_volatility: Of the bars' shocks; gaps and the pull of the mispricing come on top.
        annual_drift: Expected return per year.
        volatility_factors: Components of the log-volatility.
        tail_degrees: Degrees of freedom of the Student-t that varying activity makes of a shock.
        gap_sigmas: Standard deviation of a session's opening gap, in average bar shocks.
        weekend_gap_sigmas: The same for the gap over a weekend.
        open_noise_sigmas: Standard deviation from a close to the next open, in that bar's shocks.
        mean_volume: Typical contracts per bar.
        overshoot: Share of each shock that is a mispricing and fades, in [0, 1); 0 plants no edge.
        overshoot_half_life_bars: Bars until half of a mispricing is gone.
    """

    start_ticks: int = 80_000
    annual_volatility: float = 0.22
    annual_drift: float = 0.0
    volatility_factors: tuple[VolatilityFactor, ...] = (
        VolatilityFactor(half_life_sessions=0.1, sd=0.20),
        VolatilityFactor(half_life_sessions=2.5, sd=0.28),
        VolatilityFactor(half_life_sessions=40.0, sd=0.38),
    )
    tail_degrees: float = 6.0
    gap_sigmas: float = 3.3
    weekend_gap_sigmas: float = 6.7
    open_noise_sigmas: float = 0.03
    mean_volume: float = 3_500.0
    overshoot: float = 0.0
    overshoot_half_life_bars: float = 8.0

    @property
    def bar_sigma(self) -> float:
        """Root mean square of a bar's shock, as a fraction of the price."""
        return self.annual_volatility / float(np.sqrt(SESSIONS_PER_YEAR * BARS_PER_SESSION))

    @property
    def bar_drift(self) -> float:
        """Expected move per bar, as a fraction of the price."""
        return self.annual_drift / (SESSIONS_PER_YEAR * BARS_PER_SESSION)
