"""How distributions are forecast: which family, how far ahead, from what, and how often anew."""

from itertools import pairwise

from pydantic import Field, field_validator

from config.checking import FrozenSettings
from config.settings import DEFAULT_FEATURES
from utils.seeding import MAX_SEED

LONGEST_AVERAGE = 100_000
"""Bars of the longest half-life of an average: more than a year of five-minute bars."""


class ForecastSettings(FrozenSettings):
    """One forecaster and how it is made; lengths are in sessions where nothing else is said.

    Attributes:
        symbol: Key of INSTRUMENTS: whose sessions, ticks and rolls the bars have.
        family: Key of FAMILIES, or a user's name for one.
        horizons: Bars ahead, rising.
        features: Feature names, in order, beside the inputs of the scale layer.
        averages: Half-lives in bars, rising, of exponential averages that are seen beside the
            newest value of each feature; none of them is as if there were no such setting.
        train_sessions: Sessions that a training learns from: the last ones; None: all there are.
        least_sessions: Sessions that the first training of a walk-forward run has.
        refit_sessions: Sessions that are forecast by one training.
        tracker_rate: Step of the delayed quantile tracker times the horizon, in scales; 0: none.
        alarm: Whether to fall back on `ewma_fhs` while coverage is not what it should be.
        seed: Seeds everything that is drawn.
        threads: Of libraries that have their own.
    """

    symbol: str = "MNQ"
    family: str = "harx_fhs"
    horizons: tuple[int, ...] = Field(default=(3, 12, 36), min_length=1, strict=False)
    features: tuple[str, ...] = Field(default=DEFAULT_FEATURES, min_length=1, strict=False)
    averages: tuple[int, ...] = Field(
        default=(), strict=False, exclude_if=lambda averages: not averages
    )
    train_sessions: int | None = Field(default=None, ge=1)
    least_sessions: int = Field(default=60, ge=1)
    refit_sessions: int = Field(default=10, ge=1)
    tracker_rate: float = Field(default=0.02, ge=0, le=1)
    alarm: bool = True
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    threads: int = Field(default=1, ge=1, le=1_024)

    @field_validator("horizons", "averages")
    @classmethod
    def _rising(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        """Refuse lengths that are none, or out of order."""
        if any(b <= a for a, b in pairwise((0, *lengths))):
            raise ValueError("each must be >= 1 bar and longer than the one before")
        return lengths

    @field_validator("averages")
    @classmethod
    def _bounded(cls, averages: tuple[int, ...]) -> tuple[int, ...]:
        """Refuse an average that would never come to anything."""
        if any(life > LONGEST_AVERAGE for life in averages):
            raise ValueError(f"each must be <= {LONGEST_AVERAGE:,} bars")
        return averages
