"""Which bars an agent has learnt from, as its manifest records it."""

import hashlib
from typing import Any

import numpy as np

from env.market import Market


def market_provenance(market: Market) -> dict[str, Any]:
    """Return span, number, size and fingerprint of a market's bars, as JSON values.

    Bars before `first_complete` only warm up: they lack a feature, or a forecast.
    """
    return {
        "symbol": market.instrument.symbol,
        "training_first": market.timestamps[0].isoformat(),
        "training_last": market.timestamps[-1].isoformat(),
        "training_bars": market.n_bars,
        "first_complete": market.timestamps[market.first_valid].isoformat(),
        "bar_seconds": market.bar_seconds,
        "market_fingerprint": market_fingerprint(market),
    }


def market_fingerprint(market: Market) -> str:
    """Return the SHA-256 of stamps (int64 ns), OHLC in ticks and scaled features."""
    digest = hashlib.sha256()
    digest.update(market.timestamps.as_unit("ns").asi8.tobytes())
    for name in ("open", "high", "low", "close"):
        digest.update(np.ascontiguousarray(market.bars[name]).tobytes())
    digest.update(np.ascontiguousarray(market.features).tobytes())
    return digest.hexdigest()
