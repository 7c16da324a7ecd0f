"""One series out of many contracts: stitched at the rolls, and adjusted for their gaps or not.

Which contract a session uses is decided by data/rolls.py without a look ahead. Adjustment is the
other way round by its nature: it rewrites old prices when a later gap is known, so that the level
of an adjusted price says what happened after it. Trade and count money in unadjusted prices; from
adjusted ones use differences (difference) or returns (ratio) only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import BAR_COLUMNS, PRICE_COLUMNS
from data.calendar import trade_dates, utc_index
from data.contract_bars import CONTRACT_COLUMN, ContractBars
from data.rolls import RollSettings, Sessions, contracts_in_use, sessions_of
from utils.errors import DataError
from utils.registry import lookup

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContinuousSeries:
    """What `continuous_series` made.

    Attributes:
        bars: Checked bars with the columns `contract` (name), `is_roll` (first bar of a new
            contract), `roll_gap` (points: new close less old close at that roll, 0 elsewhere
            and throughout adjusted bars) and
            `adjustment` (what was done to the raw prices: points added, or, for ratio, the factor;
            raw = price - adjustment, or price / adjustment).
        rolls: One row per roll: `old`, `new`, `decision_session` (last one of the old contract),
            `first_session_new`, `gap_points`, `old_vol` and `new_vol` (in the decision session;
            NaN without bars), `gap_ratio` (new over old; NaN of prices at or below zero), `gap_at`
            (the bar whose closes give the gap: the last one that both contracts have before the
            first new one).
        missing_sessions: Trade dates that are left out, because the contract in use has no bars
            although another has.
        cut_sessions: By the trade date on which the contract in use expired, at how many stamps
            after its last bar there are bars of others; these are left out, since contracts change
            between sessions.
        left_out: Columns of the input that are not in `bars`, since adjusting is for prices.
    """

    bars: pd.DataFrame
    rolls: pd.DataFrame
    missing_sessions: tuple[np.datetime64, ...]
    cut_sessions: Mapping[np.datetime64, int]
    left_out: tuple[str, ...]


def continuous_series(
    contracts: ContractBars, instrument: Instrument, settings: RollSettings, adjust: str = "none"
) -> ContinuousSeries:
    """Return one series of the contracts' bars, changing contract by a rule.

    Args:
        contracts: Bars by contract, from `check_contract_bars`.
        instrument: Their product.
        settings: When to change.
        adjust: Key of ADJUSTMENTS. "none": prices as traded. "difference": the gaps of all later
            rolls are added, so the last contract's prices are as traded and the grid is kept.
            "ratio": multiplied by the ratios of all later rolls; off the tick grid.

    Raises:
        ConfigError: If `adjust` is unknown.
        DataError: If a gap cannot be measured, since the contracts have no bar in common before
            the roll, or is of prices at or below zero and a ratio is asked for.
    """
    adjusted = lookup(ADJUSTMENTS, adjust, "adjustment")
    sessions = sessions_of(contracts)
    in_use = contracts_in_use(sessions, settings)
    bars = _stitched(contracts, sessions, in_use)
    rolls = _roll_table(bars, contracts, sessions)
    _refuse_unmeasured(rolls, contracts)
    bars["roll_gap"] = 0.0
    if adjust == "none":  # adjusted prices hold no gap, so features have nothing to move by
        bars.loc[bars["is_roll"], "roll_gap"] = rolls["gap_points"].to_numpy()
    # 0 before the first roll, 1 after it, ...
    runs = bars["is_roll"].to_numpy().cumsum()
    bars["adjustment"] = adjusted(bars, rolls, runs, instrument)
    has_bars = np.isin(sessions.dates, trade_dates(pd.DatetimeIndex(bars.index)))
    extra = {column for own in contracts.values() for column in own.columns} - set(BAR_COLUMNS)
    return ContinuousSeries(
        bars=bars,
        rolls=rolls,
        missing_sessions=tuple(sessions.dates[~has_bars]),
        cut_sessions=_cut_sessions(bars, contracts, sessions, in_use),
        left_out=tuple(sorted(map(str, extra))),
    )


def _stitched(
    contracts: ContractBars, sessions: Sessions, in_use: NDArray[np.int64]
) -> pd.DataFrame:
    """Return each session's bars of the contract it uses, as traded, with `contract`, `is_roll`."""
    parts = []
    for column, (contract, own) in enumerate(contracts.items()):
        dates = trade_dates(pd.DatetimeIndex(own.index))
        is_used = in_use[np.searchsorted(sessions.dates, dates)] == column
        parts.append(own.loc[is_used, list(BAR_COLUMNS)].assign(contract=contract.code))
    bars = pd.concat(parts).sort_index()
    names = bars[CONTRACT_COLUMN].to_numpy()
    is_roll = np.zeros(len(bars), dtype=np.bool_)
    is_roll[1:] = names[1:] != names[:-1]
    return bars.assign(is_roll=is_roll)


def _cut_sessions(
    bars: pd.DataFrame, contracts: ContractBars, sessions: Sessions, in_use: NDArray[np.int64]
) -> dict[np.datetime64, int]:
    """Return how many stamps lie after the last bar used in each session of an expiry."""
    used = pd.DatetimeIndex(bars.index)
    stamps = [pd.DatetimeIndex(own.index).asi8 for own in contracts.values()]
    every = utc_index(np.unique(np.concatenate(stamps)))
    dates_used, dates = trade_dates(used), trade_dates(every)
    cut = {}
    for date in sessions.dates[sessions.dates == sessions.last_trade[in_use]]:
        own = used[dates_used == date]
        n_after = int((every[dates == date] > own[-1]).sum()) if len(own) else 0
        if n_after:
            cut[date] = n_after
    return cut


def _roll_table(bars: pd.DataFrame, contracts: ContractBars, sessions: Sessions) -> pd.DataFrame:
    """Return one row per roll, oldest first; the columns are those of `ContinuousSeries.rolls`."""
    columns = {contract.code: column for column, contract in enumerate(sessions.contracts)}
    by_code = {contract.code: own for contract, own in contracts.items()}
    names = bars[CONTRACT_COLUMN].to_numpy()
    dates = trade_dates(pd.DatetimeIndex(bars.index))
    rows = []
    for row in np.flatnonzero(bars["is_roll"].to_numpy()):
        old, new = names[row - 1], names[row]
        decided = int(np.searchsorted(sessions.dates, dates[row])) - 1
        rows.append(
            {
                "old": old,
                "new": new,
                "decision_session": sessions.dates[decided],
                "first_session_new": dates[row],
                **_gap(by_code[old]["close"], by_code[new]["close"], bars.index[row]),
                "old_vol": sessions.volumes[decided, columns[old]],
                "new_vol": sessions.volumes[decided, columns[new]],
            }
        )
    return _typed(pd.DataFrame(rows, columns=list(_ROLL_COLUMNS)))


_ROLL_COLUMNS = {
    "old": "str",
    "new": "str",
    "decision_session": "datetime64[s]",
    "first_session_new": "datetime64[s]",
    "gap_points": "float64",
    "old_vol": "float64",
    "new_vol": "float64",
    "gap_ratio": "float64",
    "gap_at": "datetime64[ns, UTC]",
}


def _typed(rolls: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the same types whether its rows are many, none or unmeasured."""
    zoned = pd.to_datetime(rolls["gap_at"], utc=True)
    return rolls.assign(gap_at=zoned).astype(_ROLL_COLUMNS)


def _gap(
    old: "pd.Series[float]", new: "pd.Series[float]", first_new: pd.Timestamp
) -> dict[str, object]:
    """Return how far apart two contracts closed in the last bar both have before `first_new`."""
    common = old.index.intersection(new.index)
    common = common[common < first_new]
    if len(common) == 0:
        return {"gap_points": np.nan, "gap_ratio": np.nan, "gap_at": pd.NaT}
    at = common[-1]
    ratio = new[at] / old[at] if min(new[at], old[at]) > 0 else np.nan
    return {"gap_points": new[at] - old[at], "gap_ratio": ratio, "gap_at": at}


def _unadjusted(
    bars: pd.DataFrame, rolls: pd.DataFrame, runs: NDArray[np.int64], instrument: Instrument
) -> _Floats:
    return np.zeros(len(bars))


def _add_differences(
    bars: pd.DataFrame, rolls: pd.DataFrame, runs: NDArray[np.int64], instrument: Instrument
) -> _Floats:
    """Shift the prices in `bars` by all later gaps, in whole ticks; return the shift, points."""
    gaps = instrument.to_ticks(rolls["gap_points"])
    later = np.append(gaps[::-1].cumsum()[::-1], 0)
    for name in PRICE_COLUMNS:
        bars[name] = instrument.to_prices(instrument.to_ticks(bars[name]) + later[runs])
    return instrument.to_prices(later)[runs]


def _multiply_ratios(
    bars: pd.DataFrame, rolls: pd.DataFrame, runs: NDArray[np.int64], instrument: Instrument
) -> _Floats:
    """Scale the prices in `bars` by all later ratios; return the factor."""
    _refuse_unscaled(rolls)
    later = np.append(rolls["gap_ratio"].to_numpy()[::-1].cumprod()[::-1], 1.0)
    for name in PRICE_COLUMNS:
        bars[name] = bars[name].to_numpy() * later[runs]
    return np.asarray(later[runs])


def _refuse_unmeasured(rolls: pd.DataFrame, contracts: ContractBars) -> None:
    """Refuse gaps that nobody knows: features would carry them on for ever."""
    unmeasured = rolls[rolls["gap_points"].isna()]
    if unmeasured.empty:
        return
    first = unmeasured.iloc[0]
    by_code = {contract.code: own for contract, own in contracts.items()}
    common = by_code[first["old"]].index.intersection(by_code[first["new"]].index)
    if common.empty:
        reason = "have no bar in common"
        way_out = f"make two series: up to {first['old']}, and from {first['new']} on"
    else:
        reason = f"have their first bar in common at {common[0].isoformat()}"
        way_out = "roll later, by another `rule` or with more sessions to `confirm`"
    raise DataError(
        f"the gap of {len(unmeasured)} of {len(rolls)} rolls cannot be measured: {_named(first)}, "
        f"{reason}; give bars of both up to the roll, or {way_out}"
    )


def _refuse_unscaled(rolls: pd.DataFrame) -> None:
    """Refuse ratios of prices at or below zero."""
    unscaled = rolls[rolls["gap_ratio"].isna()]
    if len(unscaled):
        raise DataError(
            f"the ratio of {len(unscaled)} of {len(rolls)} rolls cannot be measured: "
            f"{_named(unscaled.iloc[0])}, are of prices at or below zero there; adjust by "
            f"difference, or not at all"
        )


def _named(roll: "pd.Series[Any]") -> str:
    return f"{roll['old']} and {roll['new']}, rolled on {roll['first_session_new'].date()}"


ADJUSTMENTS = {
    "none": _unadjusted,
    "difference": _add_differences,
    "ratio": _multiply_ratios,
}
"""(bars, rolls, number of rolls before each bar, instrument) -> column `adjustment`; prices in
`bars` are rewritten."""
