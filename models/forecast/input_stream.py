"""The inputs of live bars: one bar in, one row per horizon out, bit for bit those of the batch."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from data.indicators.bar import FEATURE_BAR, Bar
from data.preprocessor import Scaler
from models.forecast.averaged_features import AveragedStream
from models.forecast.clock import NS_PER_DAY, slots_of
from models.forecast.family import Floats, Integers
from models.forecast.input_rows import joined, layer_rows
from models.forecast.scale import Outlook, VolatilityLayer
from utils.errors import ArtifactError

_STATE_TYPE = np.dtype("<f8")


class InputStream:
    """The inputs of one forecaster, bar by bar."""

    def __init__(
        self, layer: VolatilityLayer, features: AveragedStream, scalers: Sequence[Scaler]
    ) -> None:
        """Start before the first bar.

        Args:
            layer: The volatility layer.
            features: What there is beside it, before its first bar.
            scalers: One per horizon.
        """
        self._layer = layer
        self._features = features
        self._scalers = tuple(scalers)
        self._state = layer.birth()
        self._bars = np.recarray(1, dtype=FEATURE_BAR)
        self._today = _Session(layer, pd.Timestamp(0, tz="UTC"))

    def update(self, bar: Bar, stamp: pd.Timestamp) -> list[Floats]:
        """Take in one closed bar and return its inputs for each horizon, (k,).

        NaN while one of them warms up.

        Args:
            bar: A FEATURE_BAR record, the successor of the bar before.
            stamp: Its open, tz-aware.

        Raises:
            DataError: If it is not finite, or its stamp has no zone; the state is then as it was.
        """
        if not self._today.holds(stamp):
            self._today = _Session(self._layer, stamp)
        values = self._features.update(bar)[None]
        slots = self._today.slots(stamp)
        self._bars[0] = bar
        out = self._layer.run(self._bars, slots, self._state)
        rows = layer_rows(self._layer, out, self._today.outlook, np.zeros_like(slots), slots)
        return [
            joined(scales, np.hstack([own, values]), scaler)[0]
            for (scales, own), scaler in zip(rows, self._scalers, strict=True)
        ]

    def snapshot(self) -> bytes:
        """Return the state after the last bar; `restore` in another process goes on from there."""
        return self._state.astype(_STATE_TYPE).tobytes() + self._features.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Go back, or on, to the state of a snapshot.

        Raises:
            ArtifactError: If it is of other features, or damaged; the state is then as it was.
        """
        own = snapshot[: self._state.nbytes]
        if len(own) != self._state.nbytes:
            raise ArtifactError(
                f"the snapshot of a forecast's inputs must hold {self._state.nbytes} bytes of "
                f"volatility, held {len(own)}: it is damaged; replay the bars instead"
            )
        self._features.restore(snapshot[self._state.nbytes :])
        self._state[:] = np.frombuffer(own, dtype=_STATE_TYPE)


class _Session:
    """The trade date that bars are of, and what the calendar says of its slots."""

    def __init__(self, layer: VolatilityLayer, stamp: pd.Timestamp) -> None:
        clock = layer.clock
        session = clock.sessions(pd.DatetimeIndex([stamp]))
        self._turn = int(clock.turns(session)[0])
        self._bar_seconds = clock.bar_seconds
        self.outlook: Outlook = layer.outlook(clock.open_slots(session))

    def holds(self, stamp: pd.Timestamp) -> bool:
        """Return whether a stamp is certainly of this trade date."""
        since: int = stamp.as_unit("ns").value - self._turn
        return 0 <= since < NS_PER_DAY

    def slots(self, stamp: pd.Timestamp) -> Integers:
        """Return the slot of a stamp, (1,)."""
        return slots_of(np.array([stamp.as_unit("ns").value]), self._turn, self._bar_seconds)
