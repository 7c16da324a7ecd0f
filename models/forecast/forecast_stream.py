"""Forecasts live: one bar in, its forecasts out, bit for bit those that `Forecaster.predict` gives.

A stream is warmed up by feeding it history, or goes on from a snapshot of another one.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

import numpy as np
import pandas as pd
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from data.forecast_names import N_LEVELS
from data.indicators.bar import FEATURE_BAR, Bar
from models.forecast.clock import NS_PER_DAY, SessionClock
from models.forecast.family import Floats
from models.forecast.input_stream import InputStream
from models.forecast.online import BaseForecasts, OnlineBars, OnlineLayer
from utils.errors import ArtifactError, DataError

_DIGITS = 64
"""Of a SHA-256 in hexadecimal."""

_INPUTS, _PREVIOUS, _IS_FALLBACK, _ONLINE = "inputs", "previous", "is_fallback", "online/"

BaseOf = Callable[[Sequence[Floats]], BaseForecasts]
"""From one row of inputs for each horizon, (1, k), to what the families forecast of it."""


class ForecastStream:
    """The forecasts of one forecaster, bar by bar."""

    def __init__(
        self,
        inputs: InputStream,
        base_of: BaseOf,
        online: OnlineLayer,
        clock: SessionClock,
        since: int,
        identity: str,
    ) -> None:
        """Start before the first bar.

        Args:
            inputs: Before their first bar.
            base_of: Of the forecaster.
            online: Tracker and alarm to go on from; moved on by the stream.
            clock: Of the market and its bars.
            since: Nanoseconds; only bars that open later are forecast.
            identity: The forecaster's, kept in every snapshot.
        """
        self._inputs, self._base_of, self._online = inputs, base_of, online
        self._clock, self._since, self._identity = clock, since, identity
        self._previous: int | None = None
        self._session, self._turn = 0, -NS_PER_DAY
        n_horizons, n_heads, _ = online.offsets.shape
        self._shape = (n_horizons, n_heads, N_LEVELS)
        self._is_fallback = np.zeros(n_horizons, dtype=np.bool_)

    @property
    def is_fallback(self) -> NDArray[np.bool_]:
        """Whether the last bar's forecasts are the fallback's, (H,); a copy."""
        return self._is_fallback.copy()

    def update(self, bar: Bar, stamp: pd.Timestamp) -> Floats:
        """Take in one closed bar and return its forecasts, (H, k, N_LEVELS), log returns.

        NaN while inputs warm up, and up to the last bar that the forecaster has been taught by.

        Args:
            bar: A FEATURE_BAR record, the successor of the bar before.
            stamp: Its open, tz-aware.

        Raises:
            DataError: If the bar is no such record or not finite, or not later than the one before;
                the state is then as it was.
        """
        _check_kinds(bar, stamp)
        now = stamp.as_unit("ns").value
        if self._previous is not None and now <= self._previous:
            raise DataError(
                f"a live bar must open after the one before, at "
                f"{pd.Timestamp(self._previous, tz='UTC')}, opened at {stamp}: it was not used"
            )
        rows = self._inputs.update(bar, stamp)
        quantiles = np.full(self._shape, np.nan)
        if now > self._since:
            ahead = OnlineBars(
                prices=np.array([[bar.high, bar.low, bar.close, bar.roll_gap]]),
                sessions=np.array([self._session_of(stamp)]),
                stamps=np.array([now]),
            )
            base = self._base_of([row[None] for row in rows])
            found, is_fallback = self._online.run(ahead, base, self._previous)
            quantiles, self._is_fallback = found[0], is_fallback[0]
        self._previous = now
        return quantiles

    def _session_of(self, stamp: pd.Timestamp) -> int:
        """Return the number of a bar's session; the calendar is asked once a day."""
        if not 0 <= stamp.as_unit("ns").value - self._turn < NS_PER_DAY:
            sessions = self._clock.sessions(pd.DatetimeIndex([stamp]))
            self._session, self._turn = int(sessions[0]), int(self._clock.turns(sessions)[0])
        return self._session

    def snapshot(self) -> bytes:
        """Return the state after the last bar; `restore` in another process goes on from there."""
        arrays = {_ONLINE + name: array for name, array in self._online.arrays().items()}
        arrays[_INPUTS] = np.frombuffer(self._inputs.snapshot(), dtype=np.uint8)
        seen = [] if self._previous is None else [self._previous]
        arrays[_PREVIOUS] = np.array(seen, dtype=np.int64)
        arrays[_IS_FALLBACK] = self.is_fallback
        content = safetensors.numpy.save(arrays)
        return (self._identity + sha256(content).hexdigest()).encode("ascii") + content

    def restore(self, snapshot: bytes) -> None:
        """Go back, or on, to the state of a snapshot.

        Raises:
            ArtifactError: If it is of another forecaster, or damaged; the state is then as it was.
        """
        arrays = self._opened(snapshot)
        online = self._online.copy()
        own = {n.removeprefix(_ONLINE): a for n, a in arrays.items() if n.startswith(_ONLINE)}
        online.load_arrays(own, "the snapshot of forecasts")
        self._inputs.restore(arrays[_INPUTS].tobytes())
        seen = arrays[_PREVIOUS].tolist()
        self._online, self._previous = online, seen[0] if seen else None
        self._is_fallback = arrays[_IS_FALLBACK].astype(np.bool_)

    def _opened(self, snapshot: bytes) -> dict[str, NDArray[np.generic]]:
        """Return the arrays of a snapshot, if it is whole and of this forecaster."""
        head = snapshot[: 2 * _DIGITS].decode("ascii", errors="replace")
        if head[:_DIGITS] != self._identity:
            raise ArtifactError(
                f"the snapshot is of forecaster `{head[:12]}`, this one is "
                f"`{self._identity[:12]}`: replay the bars instead of restoring it"
            )
        content = snapshot[2 * _DIGITS :]
        if sha256(content).hexdigest() != head[_DIGITS:]:
            raise ArtifactError(
                "the snapshot of forecasts is damaged: it does not have its SHA-256; replay the "
                "bars instead of restoring it"
            )
        try:
            return dict(safetensors.numpy.load(content))
        except SafetensorError as error:
            raise ArtifactError("the snapshot of forecasts is damaged; replay the bars") from error


def _check_kinds(bar: object, stamp: object) -> None:
    """Refuse a row of a frame, a tuple and the like, and a stamp that is text."""
    if not isinstance(bar, np.void) or bar.dtype != FEATURE_BAR:
        raise DataError(
            f"a live bar must be a record of data.indicators.bar.feature_bars, was a "
            f"{type(bar).__name__}: call update(record, stamp) for records of feature_bars(bars)"
        )
    if not isinstance(stamp, pd.Timestamp):
        raise DataError(
            f"a live bar's stamp must be a pandas Timestamp, was {stamp!r}: take it of the index "
            f"of the bars"
        )
