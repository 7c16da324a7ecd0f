"""Where live bars stand, as bytes, so that a restart goes on from there."""

import math
from dataclasses import asdict

import numpy as np
import pandas as pd

from trading.bar_verdicts import ClosedBar
from trading.live_bars import BarsStanding, LiveBars
from trading.sealed_arrays import as_bytes, sealed, unsealed
from utils.files import canonical_json, sha256_of_bytes

_NUMBERS = ("open", "high", "low", "close", "volume")


def snapshot_of(bars: LiveBars) -> bytes:
    """Return where the bars stand; `go_on` goes on from there, bit for bit."""
    standing = bars.standing
    told = standing.told
    own = {} if told is None else asdict(told)
    gap = own.get("roll_gap")
    return sealed(
        _identity(bars),
        {
            "counts": np.array([standing.n_bars, standing.feature_date, standing.trade_date]),
            "opened": np.array([] if told is None else [told.opened.as_unit("ns").value], np.int64),
            "numbers": np.array([own[name] for name in _NUMBERS] if own else [], np.float64),
            "roll_gap": np.array([math.nan if gap is None else gap]),
            "contract": as_bytes(str(own.get("contract", "")).encode()),
            "range_state": np.array(standing.range_state),
            "ranges": np.array(standing.ranges, np.float64),
        },
    )


def go_on(bars: LiveBars, snapshot: bytes) -> None:
    """Let live bars go on from where others, of the same account, stood.

    Raises:
        ArtifactError: If the snapshot is of other bars, or damaged.
    """
    arrays = unsealed(snapshot, _identity(bars), "bars")
    n_bars, feature_date, trade_date = arrays["counts"].tolist()
    told = None
    if len(arrays["opened"]):
        gap = float(arrays["roll_gap"][0])
        told = ClosedBar(
            opened=pd.Timestamp(int(arrays["opened"][0]), tz="UTC"),
            contract=arrays["contract"].tobytes().decode(),
            roll_gap=None if math.isnan(gap) else gap,
            **dict(zip(_NUMBERS, arrays["numbers"].tolist(), strict=True)),
        )
    standing = BarsStanding(
        n_bars=n_bars,
        told=told,
        feature_date=feature_date,
        trade_date=trade_date,
        range_state=tuple(arrays["range_state"].tolist()),
        ranges=tuple(arrays["ranges"].tolist()),
    )
    bars.go_on_from(standing)


def _identity(bars: LiveBars) -> str:
    """Return what the records of bars depend on."""
    return sha256_of_bytes(
        canonical_json([bars.bar_seconds, bars.settings.model_dump(mode="json")]).encode()
    )
