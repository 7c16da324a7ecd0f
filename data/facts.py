"""Which stylised facts a market of intraday bars shows: fourteen rows of numbers.

What real markets show, and how near a synthetic one must come, is left to data/fact_targets.py.

Only full sessions count: those with at least 95 % of the usual number of bars. The return of a bar
is the logarithm of its close over the close before it; over its own open for the first bar of a
session, so that gaps and rolls stay out. A deseasonalised return is divided by the root mean square
of all returns at the same minute of the session. Clock times are those of the CME: RTH is 08:30 to
15:00 Chicago.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import get_instrument
from data.bars import PRICE_COLUMNS, check_bars
from data.calendar import is_rth, minutes_since_open, trade_dates
from utils.errors import DataError

FULL_SESSION_SHARE = 0.95
"""Of the usual number of bars: half days and outages have fewer."""

MIN_SESSIONS = 30
"""Full sessions below which the longest lag, of 20, would be read off next to nothing."""

MIN_BARS_PER_SESSION = 14
"""The lags of an hour of five-minute bars need more than 12."""

SESSIONS_PER_YEAR = 252
TAIL_SHARE = 0.01
"""Of the largest deseasonalised moves, from which the tail index is read."""

OPEN, LUNCH, CLOSE, ASIA = (930, 945), (1_080, 1_140), (1_305, 1_320), (60, 540)
"""From and to, in minutes since 17:00 Chicago: 08:30-08:45, 11-12, 14:45-15:00, 18:00-02:00."""

MONDAY = 0

NOISE = 1e-8
"""Relative differences below this are what rounding left of equal values."""

_Floats = NDArray[np.float64]


class _Sessions(NamedTuple):
    """The bars of full sessions: one row per bar, and one row per session."""

    bars: pd.DataFrame
    dates: NDArray[np.datetime64]
    """Trade date of each session, shape (s,)."""
    session: NDArray[np.int64]
    """Row of each bar's session in `dates`, shape (n,)."""
    minutes: NDArray[np.int64]
    """Since 17:00 Chicago, shape (n,)."""
    rth: NDArray[np.bool_]
    bars_per_session: int
    returns: _Floats
    """Shape (n,)."""


def stylised_facts(bars: pd.DataFrame, symbol: str) -> dict[str, tuple[float, ...]]:
    """Return what a market of intraday bars shows; the numbers of a row as FACTS names them.

    Args:
        bars: Bars, as for `check_bars`; NaN stands where they cannot say, e.g. for hours in which
            there are none.
        symbol: Whose ticks the prices are counted in.

    Raises:
        DataError: For bars that `check_bars` refuses; prices of zero or below; fewer than 30 full
            sessions, or sessions of fewer than 14 bars.
        ConfigError: For an unknown symbol.
    """
    instrument = get_instrument(symbol)
    sessions = _full_sessions(check_bars(bars))
    deseasonalised = _deseasonalised(sessions)
    n_bars = sessions.bars_per_session
    size = np.abs(deseasonalised)
    return {
        "annual_volatility": (_annual_volatility(sessions),),
        "excess_kurtosis": (
            _excess_kurtosis(sessions.returns),
            _excess_kurtosis(sessions.returns[sessions.rth]),
            _excess_kurtosis(deseasonalised),
        ),
        "return_acf": _autocorrelations(sessions.returns, 1),
        "abs_return_acf": _autocorrelations(np.abs(sessions.returns), 1, 12, n_bars),
        "deseasonalised_abs_acf": _autocorrelations(size, 1, n_bars, 5 * n_bars),
        "daily_volatility_acf": _autocorrelations(_daily_log_volatility(sessions), 1, 5, 20),
        "daily_volatility_sd": (float(_daily_log_volatility(sessions).std()),),
        "leverage": (_leverage(deseasonalised, 1), _leverage(deseasonalised, 12)),
        "volatility_ratios": _volatility_ratios(sessions),
        "rth_share": _rth_shares(sessions),
        "range_ratio": (_range_ratio(sessions),),
        "ticks": (
            float(np.mean(sessions.returns == 0.0)),
            float((sessions.bars["high"] - sessions.bars["low"]).mean() / instrument.tick_size),
        ),
        "tail_index": (_tail_index(deseasonalised),),
        "gaps": _gaps(sessions),
    }


def _full_sessions(bars: pd.DataFrame) -> _Sessions:
    """Return the full sessions of checked bars, and the returns in them."""
    wrong = bars[list(PRICE_COLUMNS)].to_numpy().min(axis=1) <= 0.0
    if wrong.any():
        first = bars.index[int(np.argmax(wrong))].isoformat()
        raise DataError(
            f"facts need prices > 0, whose logarithm they take: {int(wrong.sum())} of {len(bars)} "
            f"bars have others, first at {first}; leave those out"
        )
    all_dates = trade_dates(pd.DatetimeIndex(bars.index))
    dates, counts = np.unique(all_dates, return_counts=True)
    lengths, frequency = np.unique(counts, return_counts=True)
    usual = int(lengths[frequency.argmax()])
    dates = dates[counts >= FULL_SESSION_SHARE * usual]
    if usual < MIN_BARS_PER_SESSION:
        raise DataError(
            f"facts are of intraday bars, >= {MIN_BARS_PER_SESSION} in a session: most sessions "
            f"here have {usual}; give smaller bars, e.g. of 5 minutes"
        )
    if len(dates) < MIN_SESSIONS:
        raise DataError(
            f"facts need >= {MIN_SESSIONS} full sessions, of about {usual} bars each, were "
            f"{len(dates)}; give more bars"
        )
    bars = bars[np.isin(all_dates, dates)]
    index = pd.DatetimeIndex(bars.index)
    session = np.searchsorted(dates, trade_dates(index))
    return _Sessions(
        bars=bars,
        dates=dates,
        session=session,
        minutes=minutes_since_open(index),
        rth=is_rth(index),
        bars_per_session=usual,
        returns=_returns(bars, np.diff(session, prepend=-1) != 0),
    )


def _returns(bars: pd.DataFrame, is_first: NDArray[np.bool_]) -> _Floats:
    close = bars["close"].to_numpy()
    before = np.where(is_first, bars["open"].to_numpy(), np.concatenate([close[:1], close[:-1]]))
    return np.asarray(np.log(close / before))


def _deseasonalised(sessions: _Sessions) -> _Floats:
    """Return the returns over their root mean square at the same minute, shape (n,)."""
    _, slot = np.unique(sessions.minutes, return_inverse=True)
    mean_square = np.bincount(slot, sessions.returns**2) / np.bincount(slot)
    scale = np.sqrt(mean_square[slot])
    # Where nothing ever moves, nothing is left to scale.
    return np.divide(sessions.returns, scale, out=np.zeros_like(scale), where=scale > 0.0)


def _annual_volatility(sessions: _Sessions) -> float:
    """Return the standard deviation of the log returns from close to close of sessions, a year."""
    _, closes = _session_prices(sessions)
    return float(np.std(np.diff(np.log(closes))) * np.sqrt(SESSIONS_PER_YEAR))


def _session_prices(sessions: _Sessions) -> tuple[_Floats, _Floats]:
    """Return the first open and the last close of each session, shape (s,) each."""
    is_first = np.diff(sessions.session, prepend=-1) != 0
    is_last = np.append(is_first[1:], True)
    open_, close = (sessions.bars[name].to_numpy() for name in ("open", "close"))
    return open_[is_first], close[is_last]


def _excess_kurtosis(values: _Floats) -> float:
    """Return the excess kurtosis, without correction for small samples; NaN where none moves."""
    centred = values - values.mean() if len(values) else values
    variance = _mean(centred**2)
    return _mean(centred**4) / variance**2 - 3.0 if variance > 0.0 else np.nan


def _autocorrelations(values: _Floats, *lags: int) -> tuple[float, ...]:
    return tuple(_correlation(values[:-lag], values[lag:]) for lag in lags)


def _leverage(returns: _Floats, lag: int) -> float:
    """Return the correlation of a return with the size of the one `lag` bars later."""
    return _correlation(returns[:-lag], np.abs(returns[lag:]))


def _correlation(left: _Floats, right: _Floats) -> float:
    if any(values.std() <= NOISE * np.abs(values).max() for values in (left, right)):
        return np.nan
    return float(np.corrcoef(left, right)[0, 1])


def _daily_log_volatility(sessions: _Sessions) -> _Floats:
    """Return the logarithm of each session's realised volatility, shape (s,)."""
    variance = np.bincount(sessions.session, sessions.returns**2)
    return np.asarray(0.5 * np.log(np.maximum(variance, np.finfo(np.float64).tiny)))


def _volatility_ratios(sessions: _Sessions) -> tuple[float, float, float]:
    """Return open over lunch, close over lunch, and open over Asia."""
    open_, lunch, close, asia = (
        _root_mean_square_between(sessions, *hours) for hours in (OPEN, LUNCH, CLOSE, ASIA)
    )
    return open_ / lunch, close / lunch, open_ / asia


def _root_mean_square_between(sessions: _Sessions, start: int, end: int) -> float:
    """Return the root mean square return from minute `start` to before `end`; NaN for none."""
    inside = (sessions.minutes >= start) & (sessions.minutes < end)
    mean_square = _mean(sessions.returns[inside] ** 2)
    return float(np.sqrt(mean_square)) if mean_square > 0.0 else np.nan


def _rth_shares(sessions: _Sessions) -> tuple[float, float]:
    """Return the RTH share of the squared returns, and of the volume."""
    squares, volume = sessions.returns**2, sessions.bars["volume"].to_numpy()
    return _share(squares, sessions.rth), _share(volume, sessions.rth)


def _share(values: _Floats, mask: NDArray[np.bool_]) -> float:
    total = values.sum()
    return float(values[mask].sum() / total) if total > 0.0 else np.nan


def _range_ratio(sessions: _Sessions) -> float:
    """Return the mean squared log range over the mean squared return; 4 ln 2 = 2.77 is Brownian."""
    log_range = np.log(sessions.bars["high"].to_numpy() / sessions.bars["low"].to_numpy())
    mean_square = _mean(sessions.returns**2)
    return _mean(log_range**2) / mean_square if mean_square > 0.0 else np.nan


def _tail_index(returns: _Floats) -> float:
    """Return Hill's estimate from the largest 1 % of the moves; smaller is heavier."""
    largest = np.sort(np.abs(returns))[::-1][: int(TAIL_SHARE * len(returns)) + 1]
    excess = np.log(largest[:-1] / largest[-1]) if largest[-1] > 0.0 else np.zeros(0)
    return 1.0 / _mean(excess) if _mean(excess) > NOISE else np.nan


def _gaps(sessions: _Sessions) -> tuple[float, float]:
    """Return the sd of the gaps into the other sessions and into Mondays, in mean bar sigmas."""
    opens, closes = _session_prices(sessions)
    gaps = np.log(opens[1:] / closes[:-1])
    is_monday = pd.DatetimeIndex(sessions.dates[1:]).day_of_week.to_numpy() == MONDAY
    bar_sigma = np.sqrt(_mean(sessions.returns**2))
    daily, weekend = (
        float(gaps[mask].std() / bar_sigma) if mask.any() and bar_sigma > 0.0 else np.nan
        for mask in (~is_monday, is_monday)
    )
    return daily, weekend


def _mean(values: _Floats) -> float:
    return float(values.mean()) if len(values) else np.nan
