"""Which rows each training of a walk-forward run learns from, and which it forecasts.

The words are those of data/folds.py: a block is forecast by a model that has learnt from earlier
sessions alone, the longest label and one whole session left out between the two.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from config.fold_settings import FoldKind
from config.forecast_settings import ForecastSettings
from data.bars import bar_seconds
from data.calendar import calendar_of
from data.fold_edges import Dates
from data.fold_gap import FoldGap
from data.fold_plan import FoldPlan
from data.folds import plan_folds
from models.forecast.clock import SessionClock, check_horizons
from utils.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkBlock:
    """Row ranges of a bar frame, for `iloc`; both are whole sessions.

    Attributes:
        number: From 1, oldest first.
        train: The rows that are learnt from.
        test: The rows that are forecast; each block's follow on those of the one before.
    """

    number: int
    train: slice
    test: slice

    @property
    def name(self) -> str:
        """What files and errors call it."""
        return f"block_{self.number:04d}"


def plan_blocks(bars: pd.DataFrame, settings: ForecastSettings) -> tuple[WalkBlock, ...]:
    """Return all blocks of some bars, oldest first; the last one may be shorter.

    Bars that are appended later change no block but the last.

    Args:
        bars: Checked bars, oldest first.
        settings: `symbol`, `horizons` and the numbers of sessions are used.

    Raises:
        ConfigError: If a horizon is longer than a session.
        DataError: If there are too few sessions for one block; says how many are missing.
    """
    index = pd.DatetimeIndex(bars.index)
    check_horizons(settings, SessionClock.of(settings.symbol, bar_seconds(index)))
    dates = calendar_of(settings.symbol).trade_dates(index)
    plan = FoldPlan(
        kind=FoldKind.EXPANDING,
        gap=FoldGap(horizon_bars=settings.horizons[-1]),
        train_length=settings.least_sessions,
        test_length=settings.refit_sessions,
        least_test_length=1,
    )
    try:
        folds = plan_folds(dates, plan)
    except DataError as error:
        raise DataError(
            f"{error}; forecast more bars, or ask for fewer by --least-sessions "
            f"({settings.least_sessions}) and --refit-sessions ({settings.refit_sessions})"
        ) from error
    return tuple(
        WalkBlock(
            number=fold.number,
            train=_last_sessions(dates, fold.train[0], settings.train_sessions),
            test=fold.test,
        )
        for fold in folds
    )


def _last_sessions(dates: Dates, train: slice, n_sessions: int | None) -> slice:
    """Return the last sessions of a training; all of them where no number is given."""
    if n_sessions is None:
        return train
    own = dates[train]
    begins = np.flatnonzero(np.concatenate([[True], own[1:] != own[:-1]]))
    return slice(train.start + int(begins[-n_sessions:][0]), train.stop)
