"""Features live: one bar in, one row of values out, with a state that survives a restart."""

from collections.abc import Sequence

import numpy as np

from data.feature_pass import load_pass
from data.indicators.bar import FEATURE_BAR, Bar, Floats
from data.indicators.spec import FeatureSpec
from utils.errors import ArtifactError, DataError

_HASH_BYTES = 64
_STATE_TYPE = np.dtype("<f8")


class FeatureStream:
    """The features of one set, bar by bar: bit for bit the rows that `FeatureSet.compute` gives."""

    def __init__(self, specs: Sequence[FeatureSpec], set_hash: str) -> None:
        """Start before the first bar.

        Args:
            specs: The features, in order.
            set_hash: `FeatureSet.hash`, 64 hexadecimal digits, kept in every snapshot.
        """
        self._run = load_pass(specs)
        self._set_hash = set_hash
        self._state = np.zeros(sum(spec.state_size for spec in specs))
        self._bars = np.recarray(1, dtype=FEATURE_BAR)
        self._n_columns = sum(len(spec.columns) for spec in specs)

    def update(self, bar: Bar) -> Floats:
        """Take in one closed bar and return the values at its close, shape (n_columns,).

        Values are NaN during each feature's own warm-up and finite ever after.

        Args:
            bar: A FEATURE_BAR record, the successor of the bar before; at bar t uses bars <= t.

        Raises:
            DataError: If a price or the volume is not finite; the state is then as it was.
        """
        self._bars[0] = bar
        prices_and_volume = self._bars[0].tolist()[:5]
        if not np.isfinite(prices_and_volume).all():
            raise DataError(
                f"a live bar must be finite in open, high, low, close and volume, was "
                f"{prices_and_volume}: it was not used; request it again"
            )
        out = np.empty(self._n_columns)
        self._run(self._state, self._bars, out.reshape(1, -1))
        return out

    def snapshot(self) -> bytes:
        """Return the state after the last bar; `restore` in another process goes on from there."""
        return self._set_hash.encode("ascii") + self._state.astype(_STATE_TYPE).tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Go back, or on, to the state of a snapshot.

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
