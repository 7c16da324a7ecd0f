"""How many traders without skill, who trade as much as a result did, do as well as it.

Each makes the result's own trades at other times: as many, as long or short, held as long, at the
same costs, with the same stop and session rules. What is left to chance is *when*. So a share of
time in the market that pays by itself, as in a rising one, is theirs too.

How: a *stretch* is a row of trades without a flat bar between them, as reversals make them. Where
positions may be held overnight, stretches are put in random order, flat times between them are
shuffled, and so are the holding times among the long trades and among the short ones; directions
within a stretch stay, because a reversal needs them. Where all is closed at each session's end,
whole sessions of trading change places, each moved within the free time of its day.

A trade that a stop or target cut short would have been held on: theirs are to be held as long as
the result's decisions say, or until its next trade, and are cut short by their own stops. Where
orders were handed in, nobody knows how long that is: they are then held as long as it was, and, cut
by their own stops, a little less. Trades of several sizes have a single one for them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from env.actions import ACTION_CODES, DECISIONS, Action
from env.kernel.names import Reason
from utils.errors import DataError

LEAST_TRADERS = 100

PROTECTIVE = tuple(r.label for r in (Reason.STOP, Reason.TRAILING_STOP, Reason.TARGET))
"""Exits that no decision asked for."""

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomTraders:
    """What the traders came to.

    Attributes:
        net_usd: (n_traders,) net profits, USD, in the order of the draws.
        p_value: (1 + traders that did as well or better) / (1 + traders), 0..1.
        median: The trader of the median net profit, or the poorer of the two: the `random` that
            trades as much as the result.
    """

    net_usd: Floats
    p_value: float
    median: BacktestResult

    @property
    def n_traders(self) -> int:
        """How many there were."""
        return len(self.net_usd)


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


def random_traders(
    engine: BacktestEngine, result: BacktestResult, n_traders: int, generator: np.random.Generator
) -> RandomTraders:
    """Return what so many traders of the same turnover come to on the same bars.

    Args:
        engine: Holds the bars of the result.
        result: What they stand beside.
        n_traders: How many, at least LEAST_TRADERS to say anything at 5 %.
        generator: Source of the draws; the same state gives the same bits.

    Raises:
        DataError: If the result has no trade.
    """
    trading = trading_of(result)
    drawn = [shuffled(trading, result, generator) for _ in range(n_traders)]
    last = [engine.equity_of_decisions(_decisions(each, result), result)[-1] for each in drawn]
    net_usd = np.array(last) - result.equity[0]
    own_usd = result.equity[-1] - result.equity[0]
    middle = int(np.argsort(net_usd, kind="stable")[(n_traders - 1) // 2])
    median = engine.run_decisions(_decisions(drawn[middle], result), result, "random_matched")
    return RandomTraders(
        net_usd=net_usd,
        p_value=float((1 + np.sum(net_usd >= own_usd)) / (1 + n_traders)),
        median=median,
    )


def trading_of(result: BacktestResult) -> Trading:
    """Return when a result's trades were on.

    Raises:
        DataError: If it has none.
    """
    trades = result.trades.sort_values("entry_time", kind="stable")
    if trades.empty:
        raise DataError(f"`{result.name}` made no trade that random ones could be like")
    stamps = result.timestamps
    entered = stamps.get_indexer(pd.DatetimeIndex(trades["entry_time"]))
    left = stamps.get_indexer(pd.DatetimeIndex(trades["exit_time"]))
    sizes = np.minimum(trades["quantity"].to_numpy(), result.settings.max_position)
    sides = (trades["direction"].to_numpy() * sizes).astype(np.int64)
    begins, held = entered - 1, np.maximum(left - entered, 1)
    is_cut = trades["reason"].isin(PROTECTIVE).to_numpy()
    planned = np.where(is_cut, _planned_ends(begins, sides, result) - begins, held)
    return Trading(begins=begins, lengths=np.maximum(planned, held), held=held, sides=sides)


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
        leaving = np.append(np.flatnonzero(_is_against(decisions, side, result)), n_closes)
        mask = np.sign(sides) == side
        ends[mask] = leaving[np.searchsorted(leaving[:-1], begins[mask], side="right")]
    planned: Rows = np.minimum(ends, following)
    return planned


def _is_against(decisions: Rows, side: int, result: BacktestResult) -> NDArray[np.bool_]:
    """Return which decisions give up a position of a side."""
    if ACTION_CODES[result.settings.action_mode] == DECISIONS:
        opposite = Action.SELL if side > 0 else Action.BUY
        return np.asarray((decisions == Action.CLOSE) | (decisions == opposite))
    return np.asarray(np.sign(decisions) != side)


def shuffled(trading: Trading, result: BacktestResult, generator: np.random.Generator) -> Trading:
    """Return the same trading at other times, by session where nothing is held overnight."""
    if result.settings.flatten_minutes_before_close is None:
        return _over_the_span(trading, len(result.timestamps) - 1, generator)
    return _by_session(trading, session_starts(result), generator)


def session_starts(result: BacktestResult) -> Rows:
    """Return the closes at which each session's first bar closed, and one after the last."""
    dates = result.trade_dates
    changes = np.flatnonzero(dates[1:] != dates[:-1]) + 1
    return np.concatenate([[0], changes, [len(dates)]]).astype(np.int64)


def _over_the_span(trading: Trading, n_closes: int, generator: np.random.Generator) -> Trading:
    """Return stretches in random order, at random distances, with holding times exchanged."""
    ends = trading.begins + trading.lengths
    free = np.maximum(trading.begins[1:] - ends[:-1], 0)
    is_apart = (free > 0) | (trading.sides[1:] == trading.sides[:-1])
    is_head = np.concatenate([[True], is_apart])
    stretch = np.cumsum(is_head) - 1
    order = np.argsort(generator.permutation(stretch[-1] + 1)[stretch], kind="stable")
    sides = trading.sides[order]
    lengths = _exchanged(trading.lengths[order], sides > 0, generator)
    gaps = np.zeros(len(order), dtype=np.int64)
    gaps[np.flatnonzero(is_head[order])[1:]] = generator.permutation(np.maximum(free[is_apart], 1))
    room = max(0, n_closes - int(lengths.sum() + gaps.sum()))
    gaps[0] = generator.integers(room + 1)
    begins = np.cumsum(gaps) + np.cumsum(lengths) - lengths
    return Trading(begins=begins, lengths=lengths, held=lengths, sides=sides)


def _exchanged(lengths: Rows, is_long: NDArray[np.bool_], generator: np.random.Generator) -> Rows:
    """Return holding times shuffled among the long trades, and among the short ones."""
    mixed = lengths.copy()
    for mask in (is_long, ~is_long):
        mixed[mask] = generator.permutation(lengths[mask])
    return mixed


def _by_session(trading: Trading, starts: Rows, generator: np.random.Generator) -> Trading:
    """Return each session's trading on another day, somewhere within its free time.

    A day keeps as much time free after its last trade as the latest trade of all days left, so
    that none runs into the closing hour more than the result's own did.
    """
    entries = trading.begins + 1  # a decision at the last close of a day is the next day's trade
    session = np.searchsorted(starts, entries, side="right") - 1
    offsets, sizes = entries - starts[session], np.diff(starts)
    ends = offsets + trading.held
    first, last = sizes.copy(), np.zeros(len(sizes), dtype=np.int64)
    np.minimum.at(first, session, offsets)
    np.maximum.at(last, session, ends)
    day = generator.permutation(len(sizes))
    room = np.maximum(sizes[day] - int((sizes[session] - ends).min()) - last, 0)
    earlier = np.where(last > 0, first, 0)
    shift = generator.integers(-earlier, room + 1)
    begins = np.maximum(starts[day[session]] + offsets + shift[session] - 1, 0)
    order = np.argsort(begins, kind="stable")
    return Trading(
        begins=begins[order],
        lengths=trading.lengths[order],
        held=trading.held[order],
        sides=trading.sides[order],
    )


def _decisions(trading: Trading, result: BacktestResult) -> Rows:
    """Return what to decide at each close, (n - 1,), in the result's action mode.

    Actions hold what is there until a trade's end, so that a stop is not followed by a re-entry;
    targets, which have no such choice, ask for the position anew.
    """
    n_closes = len(result.timestamps) - 1
    is_discrete = ACTION_CODES[result.settings.action_mode] == DECISIONS
    ends = np.minimum(trading.begins + trading.lengths, n_closes)
    decisions = np.zeros(n_closes, dtype=np.int64)
    inside = trading.begins < n_closes
    if is_discrete:
        decisions[ends[ends < n_closes]] = Action.CLOSE
        entries = np.where(trading.sides > 0, Action.BUY, Action.SELL)
        decisions[trading.begins[inside]] = entries[inside]
        return decisions
    for begin, end, side in zip(trading.begins, ends, trading.sides, strict=True):
        decisions[begin:end] = side
    return decisions
