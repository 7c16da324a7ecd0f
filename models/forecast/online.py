"""The layer over a family's forecasts: what comes true corrects what is forecast next.

Offsets of the tracker, windows of the alarm and forecasts whose outcome is not yet known are one
state. It goes on from bar to bar, from one training to the next, and from a saved model to the live
market; offsets are in scales, so that they hold whatever the volatility. Rates and bounds are in
tracker.py and alarm.py, the arithmetic in models/compiled/forecast_online.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.forecast_settings import ForecastSettings
from data.calendar import calendar_of
from data.forecast_names import HEADS, N_LEVELS, Head
from models.compiled.forecast_online import (
    ALARM_PLACES,
    CLOCK_PLACES,
    IN_SESSION,
    OnlineRows,
    OnlineRules,
    OnlineState,
    advance_rows,
)
from models.forecast.alarm import WINDOW, alarm_bounds
from models.forecast.family import Arrays, Floats, Integers
from models.forecast.forecaster_identity import source_settings
from models.forecast.online_files import checked_state
from models.forecast.tracker import TRACKED, tracked_levels, tracker_rates
from utils.jit import entry_of

_PRICES = ("high", "low", "close")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineBars:
    """What the layer sees of bars, oldest first.

    Attributes:
        prices: (n, 4) high, low, close and roll gap, in points; the gap is 0 but at a roll.
        sessions: (n,) number of each bar's session.
        stamps: (n,) opens of the bars, UTC, in nanoseconds.
    """

    prices: Floats
    sessions: Integers
    stamps: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseForecasts:
    """What families forecast of rows, before anything is corrected.

    Attributes:
        sources: (S, n, H, k, N_LEVELS) log returns: the family's, and the fallback's if S is 2. NaN
            rows where there is none.
        scales: (n, H) > 0, log returns; NaN in the same rows.
    """

    sources: Floats
    scales: Floats


def online_bars(bars: pd.DataFrame, symbol: str) -> OnlineBars:
    """Return what the layer sees of checked bars, by the calendar of `symbol`."""
    index = pd.DatetimeIndex(bars.index)
    prices = np.zeros((len(bars), len(_PRICES) + 1))
    for place, name in enumerate(_PRICES):
        prices[:, place] = bars[name].to_numpy(dtype=np.float64)
    if "roll_gap" in bars:
        prices[:, -1] = bars["roll_gap"].to_numpy(dtype=np.float64)
    dates = calendar_of(symbol).trade_dates(index)
    return OnlineBars(
        prices=prices,
        sessions=dates.astype("datetime64[D]").astype(np.int64),
        stamps=index.as_unit("ns").asi8,
    )


class OnlineLayer:
    """Tracker, alarm and fallback of one forecaster, with their state."""

    def __init__(
        self, settings: ForecastSettings, until: int, heads: Sequence[Head] = HEADS
    ) -> None:
        """Begin without any correction.

        Args:
            settings: Horizons, tracker rate, and whether there is an alarm.
            until: Stamp of the last bar that the forecasts were learnt from, in nanoseconds: rows
                up to it are nothing to learn from.
            heads: Those that are forecast, in the order of HEADS, the return first.
        """
        self._rules = _rules(settings, heads)
        self._state = _state(settings, len(heads))
        self._until = until
        self._advance = entry_of(
            advance_rows, self._rules, self._state, self._rows(*_nothing(self._state))[0]
        )

    @property
    def until(self) -> int:
        """Stamp of the last bar that is in the state, in nanoseconds."""
        return self._until

    @property
    def offsets(self) -> Floats:
        """Corrections of the family's tracked levels now, (H, k, 4), in scales; a copy."""
        return self._state.offsets[0].copy()

    def run(
        self, bars: OnlineBars, base: BaseForecasts, previous: int | None
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the forecasts that stand at each row, and move the state on to the last.

        At row t uses rows <= t. Where the bars do not go on right after the state's last one,
        forecasts whose outcome was still to come are forgotten; the corrections stay.

        Args:
            bars: All later than `until`.
            base: Forecasts at the same rows.
            previous: Stamp of the bar before the first one; None if there is none.

        Returns:
            (n, H, k, N_LEVELS) log returns, NaN where `base` is; and (n, H), true where the
            fallback's forecast stands; false where there is none.
        """
        if previous != self._until:
            self._state.clock[IN_SESSION] = 0
        rows, quantiles, is_fallback = self._rows(bars, base)
        self._advance(self._rules, self._state, rows)
        if len(bars.stamps):
            self._until = int(bars.stamps[-1])
        return quantiles, is_fallback & np.isfinite(base.scales)

    def copy(self) -> "OnlineLayer":
        """Return a layer that goes on from the same state by itself."""
        twin = object.__new__(OnlineLayer)
        twin._rules, twin._advance, twin._until = self._rules, self._advance, self._until
        twin._state = OnlineState(*(part.copy() for part in self._state))
        return twin

    def arrays(self) -> Arrays:
        """Return the state by name, copied."""
        parts = {name: part.copy() for name, part in self._state._asdict().items()}
        return {**parts, "until": np.array([self._until], dtype=np.int64)}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take over what a layer of the same settings returned by `arrays`.

        Raises:
            ArtifactError: Naming `where` and the first array that is missing or cannot be; the
                state is then as it was.
        """
        self._state, self._until = checked_state(self._state, arrays, where)

    def _rows(
        self, bars: OnlineBars, base: BaseForecasts
    ) -> tuple[OnlineRows, Floats, NDArray[np.bool_]]:
        """Return the rows in the layout that the compiled code takes, and what it writes to."""
        _, n_rows, n_horizons, n_heads, _ = base.sources.shape
        quantiles = np.empty((n_rows, n_horizons, n_heads, N_LEVELS))
        is_fallback = np.empty((n_rows, n_horizons), dtype=np.bool_)
        rows = OnlineRows(
            prices=np.ascontiguousarray(bars.prices),
            sessions=np.ascontiguousarray(bars.sessions),
            base=np.ascontiguousarray(base.sources[: len(self._state.offsets)]),
            scales=np.ascontiguousarray(base.scales),
            quantiles=quantiles,
            is_fallback=is_fallback,
        )
        return rows, quantiles, is_fallback


def _rules(settings: ForecastSettings, heads: Sequence[Head]) -> OnlineRules:
    return OnlineRules(
        horizons=np.array(settings.horizons, dtype=np.int64),
        heads=np.array([HEADS.index(head) for head in heads], dtype=np.int64),
        rates=tracker_rates(settings.horizons, settings.tracker_rate),
        levels=tracked_levels(),
        alarm=np.array(alarm_bounds(), dtype=np.int64),
    )


def _state(settings: ForecastSettings, n_heads: int) -> OnlineState:
    """Return the state before the first row."""
    n_sources, n_horizons = len(source_settings(settings)), len(settings.horizons)
    n_kept, n_tracked = settings.horizons[-1] + 1, len(TRACKED)
    return OnlineState(
        offsets=np.zeros((n_sources, n_horizons, n_heads, n_tracked)),
        issued=np.full((n_sources, n_kept, n_horizons, n_heads, n_tracked), np.nan),
        prices=np.zeros((n_kept, len(_PRICES) + 1)),
        clock=np.zeros(CLOCK_PLACES, dtype=np.int64),
        misses=np.zeros((n_horizons, WINDOW), dtype=np.int64),
        alarms=np.zeros((n_horizons, ALARM_PLACES), dtype=np.int64),
    )


def _nothing(state: OnlineState) -> tuple[OnlineBars, BaseForecasts]:
    """Return no rows, of the state's shapes."""
    n_sources, n_horizons, n_heads, _ = state.offsets.shape
    bars = OnlineBars(
        prices=np.zeros((0, len(_PRICES) + 1)),
        sessions=np.zeros(0, dtype=np.int64),
        stamps=np.zeros(0, dtype=np.int64),
    )
    sources = np.zeros((n_sources, 0, n_horizons, n_heads, N_LEVELS))
    return bars, BaseForecasts(sources=sources, scales=np.zeros((0, n_horizons)))
