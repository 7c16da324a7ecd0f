"""What a person asked for who started a trader: one value, whichever way it is to trade."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from trading.journal_owner import MODES
from trading.order_limits import OrderLimits
from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRequest:
    """The command line of scripts/trade.py, understood. Protective stops are always on.

    Attributes:
        models: Model directories; several decide together.
        mode: "sim", "paper" or "live".
        limits: Largest position and loss a day.
        folder: What the trader writes into.
        forecaster: Directory of the forecaster, where the models see forecasts.
        profile: Name of the settings; None leaves it to the mode.
        account: Id at the broker; None takes the login's only one. Kept out of reprs and messages.
        is_live_confirmed: Whether the person said, by option or by hand, that it is real money.
        is_dry_run: Whether everything is done but to send orders.
        is_flattened_on_exit: Whether the position is closed when the trader ends in good order.
        history: Parquet file of bars that the warm-up begins with.
        bars: Sim: parquet file that is replayed.
        speed: Sim: market seconds per second; None is as fast as it goes.
        start: Sim: open of the first bar that is lived through, aware.

    Raises:
        ConfigError: If there is no model or no such mode, or a figure is out of bounds.
    """

    models: tuple[Path, ...]
    mode: str
    limits: OrderLimits
    folder: Path
    forecaster: Path | None = None
    profile: str | None = None
    account: str | None = field(default=None, repr=False)
    is_live_confirmed: bool = False
    is_dry_run: bool = False
    is_flattened_on_exit: bool = False
    history: Path | None = None
    bars: Path | None = None
    speed: float | None = None
    start: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what nobody could trade."""
        if not self.models:
            raise ConfigError("a trader needs a model: give `--model DIR`")
        if self.mode not in MODES:
            raise ConfigError(f"`--mode` must be one of {', '.join(MODES)}, was `{self.mode}`")
        if self.speed is not None and not (math.isfinite(self.speed) and self.speed > 0):
            raise ConfigError(
                "`--speed` must be `fast` or a positive number of market seconds per second, was "
                f"{self.speed}"
            )
        if self.start is not None and self.start.tzinfo is None:
            raise ConfigError(f"`--start` must have a zone, was {self.start}")
