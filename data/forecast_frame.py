"""Forecasts in a frame of bars: which rows of them may be read, and the rule that all must keep.

A row's forecasts were learnt from bars that ended more than the longest horizon before it:
`trained_until + h_max bars < timestamp`, by time, in bars of the frame's size. Breaks between
sessions only make the distance longer. Reading stored forecasts is left to data/forecast_store.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import bar_seconds
from data.forecast_columns import Floats, horizons_of, nominal_constants
from data.forecast_names import PREFIX, TRAINED_UNTIL
from data.frame_columns import external_values
from data.store import fingerprint
from utils.errors import ConfigError, DataError
from utils.registry import unknown_name_message

NS_PER_SECOND = 1_000_000_000

Stamps = NDArray[np.int64]
"""UTC nanoseconds."""

IDENTITY_PREFIX = "forecast:"

JOIN = "data.forecast_store.with_forecasts(bars, store)"


@dataclass(frozen=True, slots=True)
class ForecastColumn:
    """A column of a frame that holds out-of-fold forecasts; batch only."""

    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its values: its own."""
        return (self.name,)

    @property
    def warm_up(self) -> int:
        """Bars before its first value, as far as can be known without the frame: none."""
        return 0

    @property
    def centre(self) -> float:
        """Typical value."""
        return nominal_constants(self.name)[0]

    @property
    def spread(self) -> float:
        """Typical size of its departure from that."""
        return nominal_constants(self.name)[1]

    def identity(self) -> dict[str, object]:
        """Return what can be known of it: its name."""
        return {"name": IDENTITY_PREFIX + self.name}


def selected_forecasts(names: Sequence[str]) -> tuple[ForecastColumn, ...]:
    """Return the columns of these names, in order.

    Raises:
        ConfigError: If `names` is no list of names of forecasts' values, or one is repeated.
    """
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"forecast columns must be a list of names, was {names!r}")
    for name in names:
        if not horizons_of([name]):
            raise ConfigError(
                f"`{name}` is no column of forecasts: those begin with `{PREFIX}h` and the "
                "horizon, e.g. `forecast_h12_spread`; give others as feature columns"
            )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ConfigError(f"select each forecast column once, repeated: {', '.join(repeated)}")
    return tuple(map(ForecastColumn, names))


def split_forecasts(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that are no forecasts, and those that are, each in order."""
    forecasts = tuple(name for name in names if name.startswith(PREFIX))
    return tuple(name for name in names if name not in forecasts), forecasts


def refuse_forecasts(names: Sequence[str]) -> None:
    """Refuse a forecast among the features: only as a forecast is it checked for look-ahead.

    Raises:
        ConfigError: Naming the first one.
    """
    for name in names:
        if name.startswith(PREFIX):
            raise ConfigError(
                f"`{name}` among the features is a forecast: give it in `forecast_columns`, where "
                "it is checked when it was learnt"
            )


def forecast_values(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return the named columns, shape (n, len(names)); NaN only before the first forecast.

    Row t holds what was forecast at the close of bar t, by something learnt long before.

    Args:
        frame: Bars with the columns of `with_forecasts`.
        names: As for `selected_forecasts`.

    Raises:
        DataError: If a column is missing, not numeric, infinite or NaN after its first value, or
            TRAINED_UNTIL is missing or a row of it breaks the rule.
    """
    _check_present(frame, names)
    _check_begun(frame, names)
    values = external_values(frame, names)
    is_forecast = np.isfinite(values).any(axis=1)
    stamps = pd.DatetimeIndex(frame.index)
    check_rule(
        stamps.as_unit("ns").asi8[is_forecast],
        _trained_until(frame)[is_forecast],
        horizons_of([str(name) for name in frame.columns]),
        bar_seconds(stamps),
        "the bars",
    )
    return values


def _check_present(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a frame that lacks a column, or what says when the columns were learnt."""
    present = [str(name) for name in frame.columns if str(name).startswith(PREFIX)]
    for name in (*names, TRAINED_UNTIL):
        if name in present:
            continue
        if not present:
            raise DataError(f"the bars have no forecasts, `{name}` was asked for; join: {JOIN}")
        if name == TRAINED_UNTIL:
            raise DataError(
                f"the bars have forecasts but no `{TRAINED_UNTIL}`, so that nobody knows what they "
                f"were learnt from; join them from a store: {JOIN}"
            )
        raise DataError(unknown_name_message(name, "forecast column of the bars", present))


def _check_begun(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse bars that all lie before the first forecast."""
    for name in names:
        if frame[name].isna().all():
            raise DataError(
                f"`{name}` has no value in any of {len(frame)} bars from {frame.index[0]} to "
                f"{frame.index[-1]}: forecasts begin later; give later bars, or more of them"
            )


def content_fingerprint(frame: pd.DataFrame, names: Sequence[str]) -> str:
    """Return the SHA-256 (hex) of checked bars and of the named columns of forecasts.

    Without any it is `data.store.fingerprint`.
    """
    bars = fingerprint(frame)
    if not names:
        return bars
    _check_present(frame, names)
    digest = hashlib.sha256("\n".join((bars, *names)).encode())
    digest.update(_trained_until(frame).astype("<i8").tobytes())
    for name in names:
        digest.update(frame[name].to_numpy(dtype=np.float64).astype("<f8").tobytes())
    return digest.hexdigest()


def _trained_until(frame: pd.DataFrame) -> Stamps:
    """Return the stamps of TRAINED_UNTIL, (n,) UTC ns; the smallest integer where there is none."""
    column = frame[TRAINED_UNTIL]
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        raise DataError(
            f"`{TRAINED_UNTIL}` of the bars must hold stamps with a zone, was {column.dtype}; "
            f"join forecasts from a store: {JOIN}"
        )
    stamps: Stamps = pd.DatetimeIndex(column).tz_convert("UTC").as_unit("ns").asi8
    return stamps


def check_rule(
    stamps: Stamps,
    trained_until: Stamps,
    horizons: Sequence[int],
    seconds: int,
    where: str,
) -> None:
    """Refuse forecasts that were learnt from bars too close to them, or from nobody knows which.

    Args:
        stamps: (n,) of the rows, UTC ns.
        trained_until: (n,) of the last bar that each one's forecasts were learnt from.
        horizons: Bars ahead, of all columns there are.
        seconds: Of one bar.
        where: What to call them, e.g. a store.

    Raises:
        DataError: Naming the first row that breaks the rule.
    """
    longest = max(horizons)
    unknown = trained_until == pd.NaT.value
    broken = unknown | (trained_until + longest * seconds * NS_PER_SECOND >= stamps)
    if not broken.any():
        return
    row = int(broken.argmax())
    until = "unknown" if unknown[row] else pd.Timestamp(trained_until[row], tz="UTC").isoformat()
    at = pd.Timestamp(stamps[row], tz="UTC").isoformat()
    raise DataError(
        f"{where}: the forecast at {at} must be learnt "
        f"from bars more than h{longest} = {longest} bars of {seconds} s before it, train_end was "
        f"{until} ({int(broken.sum())} of {len(stamps)} rows); forecast them anew, walk-forward"
    )
