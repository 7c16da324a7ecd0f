"""What a forecaster is called, what it is known by, and where it comes from."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from data.bars import bar_seconds
from data.store import fingerprint
from models.forecast.family import Arrays
from utils.files import canonical_json, sha256_of_bytes
from utils.provenance import code_provenance

FALLBACK = "ewma_fhs"
"""Family that stands in while the alarm is on: it needs next to nothing to be right."""

_ID_DIGITS = 8


def fallback_settings(settings: ForecastSettings) -> ForecastSettings:
    """Return the settings of the fallback beside a forecaster."""
    return settings.model_copy(update={"family": FALLBACK})


def source_settings(settings: ForecastSettings) -> tuple[ForecastSettings, ...]:
    """Return the settings of each source of forecasts: the family, and the fallback if any.

    The fallback has none itself: whatever the alarm says, its own forecasts stand.
    """
    if settings.alarm and settings.family != FALLBACK:
        return settings, fallback_settings(settings)
    return (settings,)


def model_name(settings: ForecastSettings, trained_until: pd.Timestamp) -> str:
    """Return family, first digits of the settings' hash and end of training, in one word."""
    digest = sha256_of_bytes(canonical_json(settings.model_dump(mode="json")).encode())
    return f"{settings.family}-{digest[:_ID_DIGITS]}-{trained_until:%Y%m%dT%H%M%SZ}"


def training_provenance(bars: pd.DataFrame, symbol: str) -> dict[str, Any]:
    """Return which bars were learnt from and by which code, as JSON values.

    Args:
        bars: The training bars.
        symbol: Whose they are.
    """
    index = pd.DatetimeIndex(bars.index)
    return {
        "symbol": symbol,
        "training_first": index[0].isoformat(),
        "training_last": index[-1].isoformat(),
        "training_bars": len(bars),
        "bar_seconds": bar_seconds(index),
        "data_fingerprint": fingerprint(bars),
        **code_provenance(),
    }


def identity_of(settings: ForecastSettings, features_hash: str, arrays: Arrays) -> str:
    """Return the SHA-256 of settings, features and all fitted numbers, in hexadecimal."""
    digest = hashlib.sha256(canonical_json(settings.model_dump(mode="json")).encode())
    digest.update(features_hash.encode())
    for part in _parts(arrays):
        digest.update(part)
    return digest.hexdigest()


def _parts(arrays: Arrays) -> Iterable[bytes]:
    for name in sorted(arrays):
        array = arrays[name]
        yield f"{name} {array.dtype.str} {array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()
