"""The conformance kit of features: what every entry of FEATURES must do, whatever it computes."""

import numpy as np
import pandas as pd

from data.feature_set import FeatureSet
from data.indicators.bar import Floats, feature_bars

N_BARS = 400


def walking_frame(n_bars: int = N_BARS, seed: int = 0) -> pd.DataFrame:
    """Return seeded five-minute bars on the 0.25 grid, some of them flat and without volume."""
    rng = np.random.default_rng(seed)
    stamps = _open_hours(n_bars)
    close = 18_000.0 + 0.25 * np.cumsum(rng.integers(-40, 41, n_bars))
    start = close - 0.25 * rng.integers(-20, 21, n_bars)
    high = np.maximum(start, close) + 0.25 * rng.integers(0, 20, n_bars)
    low = np.minimum(start, close) - 0.25 * rng.integers(0, 20, n_bars)
    volume = rng.integers(0, 5_000, n_bars).astype(np.float64)
    is_flat = rng.random(n_bars) < 0.02
    frame = pd.DataFrame(
        {"open": start, "high": high, "low": low, "close": close, "volume": volume},
        index=stamps.rename("timestamp"),
    )
    frame.loc[is_flat, ["open", "high", "low"]] = frame.loc[is_flat, ["close"]].to_numpy()
    frame.loc[is_flat, "volume"] = 0.0
    return frame


def _open_hours(n_bars: int) -> pd.DatetimeIndex:
    """Return open hours from a Thursday on, before the clocks change; no breaks, no weekends."""
    clock = pd.date_range("2024-03-07 15:00", periods=500 + 2 * n_bars, freq="5min", tz="UTC")
    chicago = clock.tz_convert("America/Chicago")
    hour, day = chicago.hour, chicago.day_of_week
    is_weekend = (day == 5) | ((day == 4) & (hour >= 17)) | ((day == 6) & (hour < 17))
    return clock[(hour != 16) & ~is_weekend][:n_bars]


def flat_frame(price: float, volume: float, n_bars: int = N_BARS) -> pd.DataFrame:
    """Return bars that never move, with the clock of `walking_frame`."""
    frame = walking_frame(n_bars)
    frame[["open", "high", "low", "close"]] = price
    frame["volume"] = volume
    return frame


def assert_same_bits(actual: Floats, expected: Floats) -> None:
    """Fail unless both are the same floats to the last bit, NaN included."""
    assert actual.shape == expected.shape
    assert actual.tobytes() == expected.tobytes()


def assert_warm_up_is_exact(features: FeatureSet, frame: pd.DataFrame) -> None:
    """Fail unless each feature is NaN in all of its warm-up rows and finite in all later ones."""
    values = features.compute(frame)
    column = 0
    for spec in features.specs:
        own = values[:, column : column + len(spec.columns)]
        assert np.isnan(own[: spec.warm_up]).all(), f"{spec.name}: a value before its warm-up ended"
        assert np.isfinite(own[spec.warm_up :]).all(), f"{spec.name}: not finite after its warm-up"
        column += len(spec.columns)


def assert_blind_to_truncation(features: FeatureSet, frame: pd.DataFrame) -> None:
    """Fail if cutting later bars off changes an earlier value."""
    values = features.compute(frame)
    for n_kept in (1, len(frame) // 3, len(frame) - 1):
        assert_same_bits(features.compute(frame.iloc[:n_kept]), values[:n_kept])


def assert_blind_to_poison(features: FeatureSet, frame: pd.DataFrame) -> None:
    """Fail if absurd later bars change an earlier value."""
    values = features.compute(frame)
    cut = len(frame) // 2
    poisoned = frame.copy()
    poisoned.iloc[cut:, :4] *= 7.0
    poisoned.iloc[cut:, 4] += 1e6
    assert_same_bits(features.compute(poisoned)[:cut], values[:cut])


def assert_stream_is_batch(features: FeatureSet, frame: pd.DataFrame) -> None:
    """Fail unless one bar at a time gives the bits of all bars at once."""
    stream = features.stream()
    rows = np.array([stream.update(bar) for bar in feature_bars(frame)])
    assert_same_bits(rows, features.compute(frame))


def assert_restart_is_seamless(features: FeatureSet, frame: pd.DataFrame) -> None:
    """Fail unless a stream restored from bytes goes on as if it had never stopped."""
    bars = feature_bars(frame)
    values = features.compute(frame)
    for cut in (0, 1, features.warm_up + 1, len(frame) // 2):
        before = features.stream()
        for bar in bars[:cut]:
            before.update(bar)
        after = features.stream()
        after.restore(before.snapshot())
        rows = np.array([after.update(bar) for bar in bars[cut:]])
        assert_same_bits(rows, values[cut:])
