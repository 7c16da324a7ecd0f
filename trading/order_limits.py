"""The bounds that whoever starts a trading process gives it by hand."""

import math
from dataclasses import dataclass

from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLimits:
    """The bounds of a trading process; there is no setting that turns its protective stops off.

    Attributes:
        max_position: Largest position either way, whole contracts, >= 1.
        max_daily_loss_usd: Loss per trade date, USD > 0; beyond it nothing but closing is allowed.

    Raises:
        ConfigError: If a bound is not a positive, finite number.
    """

    max_position: int
    max_daily_loss_usd: float

    def __post_init__(self) -> None:
        """Refuse limits that would limit nothing."""
        if self.max_position < 1:
            raise ConfigError(f"`--max-position` must be >= 1 contract, was {self.max_position}")
        if not (math.isfinite(self.max_daily_loss_usd) and self.max_daily_loss_usd > 0):
            raise ConfigError(
                "`--max-daily-loss` must be a positive number of USD, was "
                f"{self.max_daily_loss_usd}"
            )

    def __str__(self) -> str:
        """Return both limits for people."""
        return f"{self.max_position} contract(s), {self.max_daily_loss_usd:.2f} USD a day"
