"""How far the rows that are learnt from stay away from the rows that are tested, as a setting.

The words are those of data/folds.py; data/fold_edges.py makes rows of given bars of it.
"""

from dataclasses import dataclass

from config.fold_settings import Unit
from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldGap:
    """What is not learnt from because it lies too near to what is tested.

    Attributes:
        horizon_bars: Bars after a row until its label is known, >= 1.
        purge_bars: Bars purged, >= `horizon_bars`; None takes the horizon.
        embargo: Length of the embargo, >= one session; in bars, >= those of the longest session.
        embargo_unit: What the embargo is counted in.
    """

    horizon_bars: int
    purge_bars: int | None = None
    embargo: int = 1
    embargo_unit: Unit = Unit.SESSIONS

    def __post_init__(self) -> None:
        """Refuse a gap that is too narrow for any bars.

        Raises:
            ConfigError: If the horizon or the embargo is below 1, or the purge below the horizon.
        """
        if self.horizon_bars < 1:
            raise ConfigError(f"`horizon_bars` must be >= 1, was {self.horizon_bars}")
        if self.n_purged < self.horizon_bars:
            raise ConfigError(
                f"`purge_bars` must be >= the label horizon ({self.horizon_bars}), was "
                f"{self.n_purged}: the last training labels would reach into the test rows"
            )
        if self.embargo < 1:
            raise ConfigError(
                f"`embargo` must be >= one session, was {self.embargo} {self.embargo_unit}: "
                f"averages and open positions would reach from training into the test rows"
            )

    @property
    def n_purged(self) -> int:
        """Bars purged."""
        return self.horizon_bars if self.purge_bars is None else self.purge_bars
