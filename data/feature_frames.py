"""Made-up bars that features are checked on: walks, bars that stand still, and hard cases.

What is checked on them is left to data/feature_checks.py.
"""

import numpy as np
import pandas as pd

from data.bars import bar_seconds

N_BARS = 400
"""Enough for features that warm up within a day; longer ones get more, see `check_frame`."""

MINUTES = 5
SESSION_MINUTES = 30
"""Sizes of bars: as they are traded, and so large that N_BARS of them are more than 8 sessions."""

PRICES = ("open", "high", "low", "close")
GAPS = ("roll_gap", "other_roll_gap")


def walking_frame(n_bars: int = N_BARS, seed: int = 0, minutes: int = MINUTES) -> pd.DataFrame:
    """Return seeded bars on the 0.25 grid, some of them flat and without volume."""
    rng = np.random.default_rng(seed)
    stamps = _open_hours(n_bars, minutes)
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


def _open_hours(n_bars: int, minutes: int = MINUTES) -> pd.DatetimeIndex:
    """Return open hours from a Thursday on, before the clocks change; no breaks, no weekends."""
    clock = pd.date_range(
        "2024-03-07 15:00", periods=500 + 2 * n_bars, freq=f"{minutes}min", tz="UTC"
    )
    chicago = clock.tz_convert("America/Chicago")
    hour, day = chicago.hour, chicago.day_of_week
    is_weekend = (day == 5) | ((day == 4) & (hour >= 17)) | ((day == 6) & (hour < 17))
    return clock[(hour != 16) & ~is_weekend][:n_bars]


def check_frame(warm_up: int = 0, seed: int = 0, minutes: int = MINUTES) -> pd.DataFrame:
    """Return a walk with a second market beside it, long enough that half of it is warm."""
    n_bars = max(N_BARS, 2 * warm_up + 200)
    return with_other_market(walking_frame(n_bars, seed, minutes), seed)


def sessions_frame(warm_up: int = 0, seed: int = 0) -> pd.DataFrame:
    """Return `check_frame` in bars so large that it has many sessions."""
    return check_frame(warm_up, seed, SESSION_MINUTES)


def with_other_market(frame: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Return bars with the close and volume of a second market that half follows the first."""
    rng = np.random.default_rng(seed + 1_000)
    own_steps = np.cumsum(rng.integers(-10, 11, len(frame)))
    moved = frame["close"].to_numpy() - frame["close"].iloc[0]
    other = 5_000.0 + 0.25 * np.round(0.5 * moved + own_steps)
    volume = rng.integers(0, 9_000, len(frame)).astype(np.float64)
    return frame.assign(other_close=other, other_volume=volume)


def flat_frame(price: float, volume: float, n_bars: int = N_BARS) -> pd.DataFrame:
    """Return bars that never move, with the clock of `walking_frame`."""
    frame = walking_frame(n_bars)
    frame[list(PRICES)] = price
    frame["volume"] = volume
    return frame


def hard_frames(walk: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return bars of each sort that has broken a formula somewhere, under a name for people.

    Args:
        walk: Bars with a second market, e.g. `check_frame`.
    """
    flat = walk.copy()
    flat[list(PRICES)] = 18_000.25
    return {
        "constant prices": flat,
        "constant prices, no volume": flat.assign(volume=0.0, other_volume=0.0),
        "no volume": walk.assign(volume=0.0, other_volume=0.0),
        "prices that fall to zero": _lowered(walk, 0.0),
        "prices below zero": _lowered(walk, -37.63),
        "minute prices": walk.assign(**{name: walk[name] * 1e-6 for name in PRICES}),
        "a long standstill, then one tick": _standstill(walk),
        "a gap of days": _with_gap(walk, len(walk) // 2),
    }


def _lowered(frame: pd.DataFrame, price: float) -> pd.DataFrame:
    """Return the walk, its second half moved so that it starts at `price`."""
    frame, half = frame.copy(), len(frame) // 2
    frame.iloc[half:, :4] += price - frame["close"].iloc[half]
    return frame


def _standstill(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a walk that stops after a quarter, and moves by one tick at the end."""
    minutes = bar_seconds(pd.DatetimeIndex(frame.index)) // 60
    frame = pd.concat([frame] * 2).set_axis(_open_hours(2 * len(frame), minutes), axis=0)
    quarter, end = len(frame) // 4, len(frame) - 50
    frame.iloc[quarter:, :4] = frame["close"].iloc[quarter]
    frame.iloc[quarter:, 4] = 0.0
    frame.iloc[end:, :4] += np.array([0.0, 0.25, 0.0, 0.25])
    return frame.rename_axis(index="timestamp")


def _with_gap(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    """Return the walk with a week left out before `row`, and another level after them."""
    stamps = pd.DatetimeIndex(frame.index)
    later = stamps + pd.Timedelta(days=7) * (np.arange(len(stamps)) >= row).astype(int)
    frame = frame.set_axis(later.rename("timestamp"), axis=0)
    frame.iloc[row:, :4] += 750.0
    return frame


def poisoned(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    """Return the bars with absurd ones from `row` on, and rolls of both markets."""
    absent = {name: 0.0 for name in GAPS if name not in frame.columns}
    frame = frame.assign(**absent)
    for name in GAPS:
        frame.iloc[row:, frame.columns.get_loc(name)] += 3_000.0
    frame.iloc[row:, :4] *= 7.0
    frame.iloc[row:, 4] += 1e6
    for name in ("other_close", "other_volume"):
        if name in frame.columns:
            frame.iloc[row:, frame.columns.get_loc(name)] *= 11.0
    return frame


def rolled(frame: pd.DataFrame, row: int, gap: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the bars with a roll at `row`, and the same as if there had never been another level.

    Args:
        frame: Bars of one contract.
        row: The new contract's first bar.
        gap: Points that the new contract trades above the old one.
    """
    with_roll = frame.assign(roll_gap=0.0)
    with_roll.iloc[row:, :4] += gap
    with_roll.iloc[row, with_roll.columns.get_loc("roll_gap")] = gap
    lifted = frame.copy()
    lifted.iloc[:, :4] += gap
    return with_roll, lifted
