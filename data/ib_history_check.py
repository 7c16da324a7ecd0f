"""What an answer lacks: bars whose time is not over are left out, missing ones are counted.

Nothing came of a chunk: the calendar tells a holiday from a gap.
"""

import numpy as np
import pandas as pd

from config.instruments import Instrument
from data.calendar import SECONDS_PER_DAY, calendar_of
from data.contracts import last_trade_date
from data.history_request import BAR_SIZES
from data.ib_history_plan import Chunk, HistoryPlan, turn_of
from data.ib_history_store import RawHistory, Stored


def over_by(
    bars: pd.DataFrame, now: pd.Timestamp, bar_size: str, instrument: Instrument
) -> pd.DataFrame:
    """Return the bars whose time is over: the others are still forming, or of the future.

    Args:
        bars: Index `timestamp`, UTC.
        now: When they were asked for, UTC.
        bar_size: Key of BAR_SIZES. A daily bar is over when its trade date is.
        instrument: What they are bars of.
    """
    seconds = BAR_SIZES[bar_size]
    stamps = pd.DatetimeIndex(bars.index)
    if seconds < SECONDS_PER_DAY:
        return bars[stamps + pd.Timedelta(seconds=seconds) <= now]
    ends = [turn_of(stamp.date(), instrument) for stamp in stamps]
    return bars[np.array([end <= now for end in ends], dtype=np.bool_)]


def stored_entry(
    chunk: Chunk, bars: pd.DataFrame, until: pd.Timestamp, bar_size: str, instrument: Instrument
) -> Stored:
    """Return what the manifest is to say of an answer.

    Args:
        chunk: What was asked for.
        bars: What came, forming bars left out.
        until: Up to when it was asked for, UTC.
        bar_size: Key of BAR_SIZES.
        instrument: Whose bars.
    """
    expected = _expected(chunk, until, BAR_SIZES[bar_size], instrument)
    return Stored(
        until=until,
        n_bars=len(bars),
        sha256="",
        n_missing=int((~expected.isin(bars.index)).sum()),
        is_holiday=len(bars) == 0 and len(expected) == 0,
    )


def gaps(plan: HistoryPlan, raw: RawHistory) -> tuple[Chunk, ...]:
    """Return the chunks of which nothing came although the market was open.

    Not those before a contract's first bars: it was not traded then.
    """
    found = []
    for contract in plan.contracts:
        own = [(chunk, raw.entry(chunk)) for chunk in plan.chunks if chunk.contract == contract]
        has_bars = [stored is not None and stored.n_bars > 0 for _, stored in own]
        first = has_bars.index(True) if any(has_bars) else 0
        found += [chunk for chunk, stored in own[first:] if stored is not None and stored.is_gap]
    return tuple(found)


def _expected(
    chunk: Chunk, until: pd.Timestamp, seconds: int, instrument: Instrument
) -> pd.DatetimeIndex:
    """Return the stamps that the calendar expects of a chunk, of bars that are over at `until`."""
    calendar = calendar_of(instrument.symbol)
    last = min(chunk.last, last_trade_date(chunk.contract))
    if seconds >= SECONDS_PER_DAY:
        sessions = calendar.sessions(chunk.first, last)
        over = pd.DatetimeIndex(sessions.index[sessions["close"] <= until])
        return over.tz_localize("UTC")
    stamps = calendar.expected_bars(chunk.first, last, seconds)
    return stamps[stamps + pd.Timedelta(seconds=seconds) <= until]
