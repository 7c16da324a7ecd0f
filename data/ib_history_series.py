"""One continuous series out of what has come from Interactive Brokers, and what is odd about it.

Nothing is asked here. Which contract a session uses is decided by data/rolls.py, as for any other
bars of contracts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.calendar import calendar_of
from data.continuous import ContinuousSeries, continuous_series
from data.contract_bars import ContractBars
from data.contracts import Contract
from data.history_request import BAR_SIZES
from data.ib_history_check import gaps
from data.ib_history_merge import merge_chunks
from data.ib_history_plan import Chunk, HistoryPlan
from data.ib_history_store import RawHistory
from data.rolls import RollSettings
from data.sound_bars import sorted_out
from data.store import bar_metadata
from utils.errors import DataError
from utils.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IbSeries:
    """A product's history as it can be traded.

    Attributes:
        bars: As `continuous_series` makes them, unadjusted, from the first session wanted.
        rejected: Rows that break an invariant, with columns `contract` and `reason`.
        metadata: What to store with the bars; the quality is not looked at here.
        revised: Bars that came with two sets of values, as text.
        remarks: Lines for people: holidays, gaps, repeated rows, missing sessions.
    """

    bars: pd.DataFrame
    rejected: pd.DataFrame
    metadata: dict[str, str]
    revised: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(slots=True)
class _Found:
    """What the contracts of a plan hold."""

    bars: ContractBars
    rejected: list[pd.DataFrame]
    revised: list[str]
    n_repeated: int = 0


def join_history(plan: HistoryPlan, raw: RawHistory) -> IbSeries:
    """Return the series that the stored chunks of a plan make.

    Raises:
        DataError: If nothing came at all, nothing of a contract is sound, or a roll cannot be
            measured.
    """
    instrument = plan.instrument
    found = _Found({}, [], [])
    for contract in plan.contracts:
        if raw.has_bars(contract):
            _add(found, contract, plan, raw)
    if not found.bars:
        raise DataError(
            f"no {instrument.symbol} bars came from Interactive Brokers; ask for a longer "
            f"--duration, or for one whose contracts are still kept"
        )
    settings = RollSettings(rule=instrument.roll_rule)
    series = continuous_series(found.bars, instrument, settings)
    bars = _since(series.bars, plan)
    metadata = bar_metadata(
        bars,
        symbol=instrument.symbol,
        source=f"ib, rolled by {settings.rule}, {settings.confirm} to confirm",
        zone="UTC, as asked for",
    )
    metadata["bar_seconds"] = str(BAR_SIZES[plan.request.bar_size])
    return IbSeries(
        bars=bars,
        rejected=pd.concat(found.rejected) if found.rejected else bars[:0],
        metadata=metadata,
        revised=tuple(found.revised),
        remarks=(*_empty_chunks(plan, raw), *_oddities(found, series)),
    )


def _add(found: _Found, contract: Contract, plan: HistoryPlan, raw: RawHistory) -> None:
    """Merge and check the bars of one contract."""
    chunks = [chunk for chunk in plan.chunks if chunk.contract == contract]
    merged = merge_chunks([(chunk, raw.read(chunk)) for chunk in chunks])
    found.n_repeated += merged.n_repeated
    found.revised += [f"{contract.code} {text}" for text in merged.revised]
    bars = merged.bars
    if plan.request.is_rth_only and not plan.is_rth_asked:
        bars = bars[calendar_of(contract.root).is_rth(pd.DatetimeIndex(bars.index))]
    if bars.empty:
        return
    where = f"{contract.code} bars that came"
    sound, rejected = sorted_out(bars, contract.root, where)
    found.bars[contract] = sound
    if len(rejected):
        found.rejected.append(rejected.assign(contract=contract.code))


def _since(bars: pd.DataFrame, plan: HistoryPlan) -> pd.DataFrame:
    """Return the bars from the first session wanted on."""
    dates = calendar_of(plan.instrument.symbol).trade_dates(pd.DatetimeIndex(bars.index))
    wanted = bars[dates >= np.datetime64(plan.first_session)]
    if wanted.empty:
        raise DataError(
            f"no {plan.instrument.symbol} bars came since {plan.first_session}, the last one is "
            f"of {bars.index[-1]}; ask for a longer --duration"
        )
    return wanted


def _empty_chunks(plan: HistoryPlan, raw: RawHistory) -> list[str]:
    """Say of which chunks nothing came: on holidays nothing can, otherwise it is a gap."""
    entries = [(chunk, raw.entry(chunk)) for chunk in plan.chunks]
    holidays = [chunk for chunk, stored in entries if stored is not None and stored.is_holiday]
    missing = gaps(plan, raw)
    lines = []
    if holidays:
        lines.append(f"nothing came of {_named(holidays)}: a holiday")
    if missing:
        lines.append(
            f"nothing came of {_named(missing)}, although the market was open: a gap; --update "
            f"asks for it again"
        )
    return lines


def _named(chunks: Sequence[Chunk]) -> str:
    first = f"{chunks[0].contract.code} {chunks[0].first} to {chunks[0].last}"
    more = f" and {len(chunks) - 1} more" if len(chunks) > 1 else ""
    return f"{counted(len(chunks), 'chunk')} ({first}{more})"


def _oddities(found: _Found, series: ContinuousSeries) -> list[str]:
    lines = []
    if found.n_repeated:
        lines.append(f"{found.n_repeated:,} bars came twice in one answer")
    if found.revised:
        lines.append(
            f"{len(found.revised):,} bars came with two sets of values, first: {found.revised[0]}"
        )
    if series.missing_sessions:
        first = series.missing_sessions[0]
        lines.append(
            f"{counted(len(series.missing_sessions), 'session')} left out, since the contract in "
            f"use has no bars in it, first: {first}"
        )
    return lines
