"""How many traders without skill, who trade as much as a result did, do as well as it.

Each makes the result's own trades at other times: as many, as long or short, held as long, at the
same costs, with the same stop and session rules. What is left to chance is *when*. So a share of
time in the market that pays by itself, as in a rising one, is theirs too.

How: a *stretch* is a row of trades without a flat bar between them, as reversals make them. Where
positions may be held overnight, stretches are put in random order, flat times between them are
shuffled, and so are the holding times among the long trades and among the short ones; directions
within a stretch stay, because a reversal needs them. Where all is closed at each session's end,
whole sessions of trading change places with others about as long, each moved within the free time
of its day.

When the result's own trades were on is read by `trading_pattern.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from backtest.trading_pattern import Rows, Trading, has_actions, trading_of
from env.actions import Action

LEAST_TRADERS = 100

LENGTH_CLASSES = 10
"""Days change places with those whose length is the same in tenths of the longest."""

HALF_A_CENT = 0.005
"""USD by which a trader may lag and still do as well: the same money summed otherwise differs."""

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
        p_value=float((1 + np.sum(net_usd > own_usd - HALF_A_CENT)) / (1 + n_traders)),
        median=median,
    )


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


def _exchanged(values: Rows, classes: NDArray[Any], generator: np.random.Generator) -> Rows:
    """Return values shuffled among those of the same class."""
    mixed = values.copy()
    for each in np.unique(classes):
        mixed[classes == each] = generator.permutation(values[classes == each])
    return mixed


def _by_session(trading: Trading, starts: Rows, generator: np.random.Generator) -> Trading:
    """Return each session's trading on another day, somewhere within its free time.

    A day keeps as much time free after its last trade as the latest trade of all days left, so
    that none runs into the closing hour more than the result's own did. What a shorter day cannot
    hold begins after the last close, which is never.
    """
    entries = trading.begins + 1  # a decision at the last close of a day is the next day's trade
    session = np.searchsorted(starts, entries, side="right") - 1
    offsets, sizes = entries - starts[session], np.diff(starts)
    ends = np.minimum(offsets + trading.held, sizes[session])
    first, last = sizes.copy(), np.zeros(len(sizes), dtype=np.int64)
    np.minimum.at(first, session, offsets)
    np.maximum.at(last, session, ends)
    day = _exchanged(
        np.arange(len(sizes)), np.rint(LENGTH_CLASSES * sizes / sizes.max()), generator
    )
    earlier = np.where(last > 0, first, 0)
    room = sizes[day] - int((sizes[session] - ends).min()) - last
    shift = generator.integers(-earlier, np.maximum(room, -earlier) + 1)
    entries = starts[day[session]] + offsets + shift[session]
    is_inside = entries < starts[day[session] + 1]  # a shorter day may not hold them all
    begins = np.where(is_inside, np.maximum(entries - 1, 0), starts[-1])
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
    ends = np.minimum(trading.begins + trading.lengths, n_closes)
    decisions = np.zeros(n_closes, dtype=np.int64)
    inside = trading.begins < n_closes
    if has_actions(result):
        decisions[ends[ends < n_closes]] = Action.CLOSE
        entries = np.where(trading.sides > 0, Action.BUY, Action.SELL)
        decisions[trading.begins[inside]] = entries[inside]
        return decisions
    for begin, end, side in zip(trading.begins, ends, trading.sides, strict=True):
        decisions[begin:end] = side
    return decisions
