"""Features live: one bar in, one row of values out, with a state that survives a restart.

A bar that is corrected, or comes late, is put in its place by `revise`.
"""

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from data.bars import BAR_COLUMNS
from data.feature_pass import load_pass
from data.indicators.bar import FEATURE_BAR, Bar, Floats
from data.indicators.spec import FeatureSpec
from data.optional_columns import ADVICE, OPTIONAL_COLUMNS, is_possible
from utils.errors import ArtifactError, DataError

REVISABLE_BARS = 64
"""How far back bars can be revised: five hours of five-minute bars."""

_HASH_BYTES = 64
_STATE_TYPE = np.dtype("<f8")
_OPTIONAL_PLACES = tuple(
    (name, list(FEATURE_BAR.names or ()).index(name)) for name in OPTIONAL_COLUMNS
)
"""Columns that a bar may lack, and their places in a record."""


class FeatureStream:
    """The features of one set, bar by bar: bit for bit the rows that `FeatureSet.compute` gives."""

    def __init__(self, specs: Sequence[FeatureSpec], set_hash: str) -> None:
        """Start before the first bar.

        Args:
            specs: The features, in order.
            set_hash: `FeatureSet.hash`, 64 hexadecimal digits, kept in every snapshot.
        """
        self._run = load_pass(specs)
        self._n_features = len(specs)
        self._set_hash = set_hash
        self._state = np.zeros(sum(spec.state_size for spec in specs))
        self._bars = np.recarray(1, dtype=FEATURE_BAR)
        self._earlier: deque[Floats] = deque(maxlen=REVISABLE_BARS)  # states before the last bars
        self._n_columns = sum(len(spec.columns) for spec in specs)

    @property
    def n_revisable(self) -> int:
        """How many of the last bars `revise` can take back."""
        return len(self._earlier)

    def update(self, bar: Bar) -> Floats:
        """Take in one closed bar and return the values at its close, shape (n_columns,).

        Values are NaN during each feature's own warm-up and finite ever after.

        Args:
            bar: A FEATURE_BAR record, the successor of the bar before; at bar t uses bars <= t.

        Raises:
            DataError: If a price, the volume or a roll's gap is not finite, or the second market's
                close or volume cannot be; the state is then as it was.
        """
        self._bars[0] = bar
        _check_finite(self._bars)
        return self._take(bar)

    def revise(self, n_back: int, bars: np.recarray) -> Floats:
        """Take the last `n_back` bars back, and these in instead: the state is as if they had come.

        For a corrected bar pass it and all that came after it; for a late one, likewise, pass one
        bar more than is taken back. `feature_bars` of the bars from one earlier on, without its
        first record, gives them with the right flags: a late bar may be the first of its session.

        Args:
            n_back: 0 to `n_revisable`.
            bars: FEATURE_BAR records, shape (n,), oldest first.

        Returns:
            The values at the close of each bar, shape (n, n_columns).

        Raises:
            DataError: If the bars lie too far back, or one is not finite; the state is then as it
                was.
        """
        if not 0 <= n_back <= self.n_revisable:
            raise DataError(
                f"a stream can take back its last {self.n_revisable} bars (at most "
                f"{REVISABLE_BARS}, none from before a restart), was asked for {n_back}: "
                "start anew from the stored bars"
            )
        _check_finite(bars)
        for _ in range(n_back):
            self._state = self._earlier.pop()
        rows = [self._take(bar) for bar in bars]
        return np.array(rows).reshape(len(bars), self._n_columns)

    def _take(self, bar: Bar) -> Floats:
        """Take in one finite bar, and keep the state before it."""
        self._bars[0] = bar
        self._earlier.append(self._state.copy())
        out = np.empty((1, self._n_columns))
        self._run(self._state, self._bars, out, 0, self._n_features)
        row: Floats = out[0]
        return row

    def snapshot(self) -> bytes:
        """Return the state after the last bar; `restore` in another process goes on from there."""
        return self._set_hash.encode("ascii") + self._state.astype(_STATE_TYPE).tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Go back, or on, to the state of a snapshot; no bar before it can be revised any more.

        Raises:
            ArtifactError: If it is of another feature set, or damaged; the state is then as it was.
        """
        taken_of = snapshot[:_HASH_BYTES].decode("ascii", errors="replace")
        if taken_of != self._set_hash:
            raise ArtifactError(
                f"the feature snapshot is of set `{taken_of[:12]}`, this stream computes "
                f"`{self._set_hash[:12]}`: replay the bars instead of restoring it"
            )
        content = snapshot[_HASH_BYTES:]
        if len(content) != self._state.nbytes:
            raise ArtifactError(
                f"the feature snapshot must hold {self._state.nbytes} bytes of state, held "
                f"{len(content)}: it is damaged; replay the bars instead of restoring it"
            )
        self._state[:] = np.frombuffer(content, dtype=_STATE_TYPE)
        self._earlier.clear()


def _check_finite(bars: np.recarray) -> None:
    """Refuse bars that hold what no bar can: in prices and volume, and in OPTIONAL_COLUMNS."""
    for bar in bars.tolist():
        prices_and_volume = list(bar[: len(BAR_COLUMNS)])
        if not all(map(math.isfinite, prices_and_volume)):
            raise DataError(
                f"a live bar must be finite in open, high, low, close and volume, was "
                f"{prices_and_volume}: it was not used; request it again"
            )
        for name, place in _OPTIONAL_PLACES:
            if not is_possible(name, bar[place]):
                raise DataError(
                    f"`{name}` of a live bar must be {ADVICE[name]}, was {bar[place]}: the bar was "
                    "not used"
                )
