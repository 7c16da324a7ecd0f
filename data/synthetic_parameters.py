"""What a synthetic market is made of; how bars come of it is left to data/synthetic.py."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.calendar import SESSION_MINUTES
from data.planted_edge import PlantedEdge

BAR_MINUTES = 5
BARS_PER_SESSION = SESSION_MINUTES // BAR_MINUTES
SESSIONS_PER_YEAR = 252
BARS_PER_YEAR = SESSIONS_PER_YEAR * BARS_PER_SESSION

DAY_SHAPE = (
    (0, 2.0),  # 17:00, the session opens
    (5, 0.9),
    (15, 0.65),
    (60, 0.62),
    (115, 0.62),
    (120, 1.1),  # 19:00, Tokyo
    (130, 0.75),
    (240, 0.6),
    (360, 0.45),
    (480, 0.55),
    (535, 0.6),
    (540, 1.2),  # 02:00, London
    (570, 0.8),
    (600, 1.0),
    (660, 0.65),
    (720, 0.72),
    (780, 0.85),
    (865, 0.9),
    (870, 2.3),  # 07:30, releases
    (875, 1.2),
    (900, 0.8),
    (925, 1.0),
    (930, 2.7),  # 08:30, regular trading hours
    (960, 2.2),
    (1_020, 1.75),
    (1_080, 1.35),  # 11:00, lunch
    (1_140, 1.3),
    (1_230, 1.25),
    (1_285, 1.35),
    (1_305, 1.75),
    (1_315, 1.85),  # 14:55, the close
    (1_320, 1.5),
    (1_325, 1.0),
    (1_340, 0.8),
    (1_350, 0.55),
    (1_380, 0.45),
)
"""Of NQ, more or less: minutes since 17:00 Chicago, and relative volatility."""

RELEASE_MINUTES = (870, 960, 1_200)
"""07:30, 09:00 and 13:00 Chicago, when figures and decisions come out, in minutes since 17:00."""


RELEASE_SHARE = 0.45
"""Of all jumps, those that come with releases."""

LARGEST_DEVIATION = 2.8
"""What the process of a volatility factor is cut off at: a panic, but no end of the world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityFactor:
    """One component of the log-volatility, a p + b p^2 of an Ornstein-Uhlenbeck process p.

    p has unit variance, and is cut off at LARGEST_DEVIATION.

    Attributes:
        half_life_sessions: Sessions until half of a deviation of p is gone.
        sd: The factor a; without skew, the stationary standard deviation of the component.
        skew: The factor b: volatility rises further than it falls.
        leverage: Correlation of p's innovations with the shock of the bar before, in (-1, 1);
            below 0, falling prices make volatility rise.
    """

    half_life_sessions: float
    sd: float
    skew: float = 0.0
    leverage: float = 0.0

    def log_volatility(self, process: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the component for values of p of any shape; exp(2 of it) has a mean of 1."""
        return self._raw(process) - self._log_norm

    @property
    def _log_norm(self) -> float:
        """Half the logarithm of the mean of exp(2 of the raw component), by summing over p."""
        grid = np.linspace(-8.0, 8.0, 3_201)
        weight = np.exp(-0.5 * grid**2)
        mean = np.sum(weight * np.exp(2.0 * self._raw(grid))) / np.sum(weight)
        return 0.5 * float(np.log(mean))

    def _raw(self, process: NDArray[np.float64]) -> NDArray[np.float64]:
        p = np.clip(process, -LARGEST_DEVIATION, LARGEST_DEVIATION)
        return np.asarray(self.sd * p + self.skew * p**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A break in the market's volatility.

    Attributes:
        after_sessions: Sessions before it; the first one of the new market follows.
        volatility_factor: What the volatility of bars and gaps is multiplied by.
        tail_degrees: What `MarketParameters.tail_degrees` becomes.
    """

    after_sessions: int
    volatility_factor: float
    tail_degrees: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketParameters:
    """What one preset is made of.

    Attributes:
        day_shape: Relative volatility at minutes since 17:00 Chicago; straight lines between.
        start_ticks: First price, in ticks of the instrument, whichever it is.
        annual_volatility: Of the bars' shocks without jumps; gaps come on top.
        annual_drift: Expected return per year.
        drift_regime_sd: Standard deviation of a slow drift that nobody sees, per year.
        drift_regime_half_life_sessions: Sessions until half of that is gone.
        volatility_factors: Components of the log-volatility.
        tail_degrees: Degrees of freedom of the Student-t that varying activity makes of a shock.
        jumps_per_session: Expected number of news bars; 45 % of them on RELEASE_MINUTES.
        jump_sigmas: How many times as far such a bar moves.
        jump_kick: What it adds to the first volatility factor.
        gap_sigmas: Standard deviation of a session's opening gap, in average bar shocks; it goes
            with the volatility at that time.
        weekend_gap_sigmas: The same for a gap over a weekend.
        open_noise_sigmas: Standard deviation from a close to the next open, in that bar's shocks.
        mean_volume: Typical contracts per bar of MNQ.
        overshoot: Share of each shock that is a mispricing and fades, in [0, 1); 0 plants no edge.
        overshoot_half_life_bars: Bars until half of a mispricing is gone.
        shift: A break, or none.
        edge: A planted drift that signals show, or none.
    """

    day_shape: tuple[tuple[int, float], ...] = DAY_SHAPE
    start_ticks: int = 80_000
    annual_volatility: float = 0.255
    annual_drift: float = 0.0
    drift_regime_sd: float = 0.0
    drift_regime_half_life_sessions: float = 20.0
    volatility_factors: tuple[VolatilityFactor, ...] = (
        VolatilityFactor(half_life_sessions=0.02, sd=0.13, skew=0.15, leverage=-0.37),
        VolatilityFactor(half_life_sessions=4.2, sd=0.29, skew=0.20, leverage=-0.35),
        VolatilityFactor(half_life_sessions=40.0, sd=0.36, skew=0.02, leverage=-0.35),
    )
    tail_degrees: float = 10.0
    jumps_per_session: float = 0.35
    jump_sigmas: float = 3.5
    jump_kick: float = 0.1
    gap_sigmas: float = 2.3
    weekend_gap_sigmas: float = 7.0
    open_noise_sigmas: float = 0.045
    mean_volume: float = 3_500.0
    overshoot: float = 0.0
    overshoot_half_life_bars: float = 8.0
    shift: Shift | None = None
    edge: PlantedEdge | None = None

    @property
    def bar_sigma(self) -> float:
        """Root mean square of a bar's shock, as a fraction of the price."""
        return self.annual_volatility / float(np.sqrt(BARS_PER_YEAR))


def usual_volatility(market: MarketParameters) -> NDArray[np.float64]:
    """Return the relative volatility of each bar of a session, with a mean square of 1."""
    minutes, values = zip(*market.day_shape, strict=True)
    shape = np.interp(np.arange(BARS_PER_SESSION) * BAR_MINUTES, minutes, values)
    return np.asarray(shape / np.sqrt(np.mean(shape**2)))


def jump_chances(market: MarketParameters) -> NDArray[np.float64]:
    """Return the probability of news in each bar of a session."""
    chances = np.full(BARS_PER_SESSION, (1.0 - RELEASE_SHARE) / BARS_PER_SESSION)
    for minute in RELEASE_MINUTES:
        chances[minute // BAR_MINUTES] += RELEASE_SHARE / len(RELEASE_MINUTES)
    return market.jumps_per_session * chances


def persistence(half_life: float) -> float:
    """Return the share that is left after one bar of what halves in `half_life` bars."""
    return float(0.5 ** (1.0 / half_life))
