"""When a result was in the market: its trades as times to decide, to hold and to leave.

What random traders do with that is left to `random_traders.py`.

A trade that a stop or target cut short was meant to be held longer: until the decision against it,
or the next trade. Where orders were handed in, nobody knows; it is then taken as it was, so that
random traders, whom their own stops cut as well, hold a little less. Where decisions are target
positions, rows of equal targets are taken, whatever stops did inside them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.result import BacktestResult
from env.actions import ACTION_CODES, DECISIONS, Action
from env.kernel.names import Reason
from utils.errors import DataError

PROTECTIVE = tuple(r.label for r in (Reason.STOP, Reason.TRAILING_STOP, Reason.TARGET))
"""Exits that no decision asked for."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """When trades were on; one entry per trade, by entry.

    Attributes:
        begins: Closes, counted from the first decision, at which they were decided.
        lengths: Closes that they were to be held for, >= 1.
        held: Closes that they were held for, from 1 to `lengths`.
        sides: Signed contracts.
    """

    begins: Rows
    lengths: Rows
    held: Rows
    sides: Rows


def trading_of(result: BacktestResult) -> Trading:
    """Return when a result's trades were on.

    Raises:
        DataError: If it has none, or those of several instruments.
    """
    if result.positions_by_symbol:
        raise DataError(f"`{result.name}` trades several instruments, random traders one at a time")
    trades = result.trades.sort_values("entry_time", kind="stable")
    if trades.empty:
        raise DataError(f"`{result.name}` made no trade that random ones could be like")
    if result.decisions is not None and not has_actions(result):
        return _of_targets(result.decisions)
    stamps = result.timestamps
    entered = stamps.get_indexer(pd.DatetimeIndex(trades["entry_time"]))
    left = stamps.get_indexer(pd.DatetimeIndex(trades["exit_time"]))
    sizes = np.minimum(trades["quantity"].to_numpy(), result.settings.max_position)
    sides = (trades["direction"].to_numpy() * sizes).astype(np.int64)
    lasted = left - entered + (trades["reason"] == Reason.END_OF_DATA.label).to_numpy()
    begins, held = entered - 1, np.maximum(lasted, 1)
    is_cut = trades["reason"].isin(PROTECTIVE).to_numpy()
    planned = np.where(is_cut, _planned_ends(begins, sides, result) - begins, held)
    return Trading(begins=begins, lengths=np.maximum(planned, held), held=held, sides=sides)


def _of_targets(decisions: Rows) -> Trading:
    """Return the rows of equal targets, which say more than the trades: a stop interrupts none."""
    heads = np.concatenate([[0], np.flatnonzero(np.diff(decisions)) + 1])
    lengths = np.diff(heads, append=len(decisions))
    is_on = decisions[heads] != 0
    return Trading(
        begins=heads[is_on],
        lengths=lengths[is_on],
        held=lengths[is_on],
        sides=decisions[heads[is_on]],
    )


def has_actions(result: BacktestResult) -> bool:
    """Return whether decisions are actions, not signed target positions."""
    return ACTION_CODES[result.settings.action_mode] == DECISIONS


def _planned_ends(begins: Rows, sides: Rows, result: BacktestResult) -> Rows:
    """Return the closes at which trades would have been given up without a stop.

    That is the first decision against a trade, or the next trade's; 0 where no decision is known.
    """
    decisions = result.decisions
    if decisions is None:
        return np.zeros(len(begins), dtype=np.int64)
    n_closes = len(decisions)
    is_same_side = np.append(sides[1:] == sides[:-1], False)  # a flat close keeps these two apart
    following = np.append(begins[1:], n_closes) - is_same_side
    ends = np.empty(len(begins), dtype=np.int64)
    for side in (1, -1):
        opposite = Action.SELL if side > 0 else Action.BUY
        is_against = (decisions == Action.CLOSE) | (decisions == opposite)
        leaving = np.append(np.flatnonzero(is_against), n_closes)
        mask = np.sign(sides) == side
        ends[mask] = leaving[np.searchsorted(leaving[:-1], begins[mask], side="right")]
    planned: Rows = np.minimum(ends, following)
    return planned
