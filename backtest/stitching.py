"""One out-of-sample record of many test blocks, and the seeds beside each other.

Every block was tested with an account of its own that began with the initial balance. Stitched,
each goes on where the one before ended, so that the net profits add up to the cent.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.metrics import session_equity, session_returns
from backtest.result import BacktestResult
from env.actions import Action


@dataclass(frozen=True, kw_only=True)
class Stitched:
    """What was made out of sample, run by run: each seed, or each seed's combinatorial paths.

    Attributes:
        runs: One result over all test blocks per seed, in the order of the seeds; with
            combinatorial splits one per path and seed.
        seeds: The seed of each.
    """

    runs: tuple[BacktestResult, ...]
    seeds: tuple[int, ...]

    @cached_property
    def net_profits_usd(self) -> NDArray[np.float64]:
        """Net profit of each run, (n_runs,) USD."""
        return np.array([float(run.equity[-1] - run.equity[0]) for run in self.runs])

    @property
    def median(self) -> BacktestResult:
        """The run of median net profit, the lower one of two: neither the luckiest nor a mean."""
        order = np.argsort(self.net_profits_usd, kind="stable")
        return self.runs[int(order[(len(order) - 1) // 2])]

    @property
    def returns(self) -> NDArray[np.float64]:
        """Session returns of each run, shape (n_runs, n_sessions), fractions."""
        return np.stack([returns_of(run) for run in self.runs])


def returns_of(result: BacktestResult) -> NDArray[np.float64]:
    """Return the session returns of a result, (n_sessions,), fractions."""
    return session_returns(session_equity(result.equity, result.trade_dates))


def stitched(results: Sequence[BacktestResult], name: str) -> BacktestResult:
    """Return one record of results over spans that follow on one another.

    Where a block ends, its account is closed at the last close; the next one's first row stands at
    that equity. Session returns of later blocks are therefore of a larger or smaller balance than
    the one that they were made with. Among the decisions the close of a block's last bar has one to
    be flat, so that who replays them comes to the same positions, but for the fill of that exit.

    Args:
        results: At least one, of one account, oldest first.
        name: Of the record.
    """
    first = results[0]
    return replace(
        first,
        name=name,
        timestamps=_stamps(results),
        trade_dates=_read_only([result.trade_dates for result in results]),
        equity=_read_only(_carried_on(results)),
        positions=_read_only([result.positions for result in results]),
        fills=pd.concat([result.fills for result in results], ignore_index=True),
        trades=pd.concat([result.trades for result in results], ignore_index=True),
        is_in_sample=any(result.is_in_sample for result in results),
        was_liquidated=any(result.was_liquidated for result in results),
        denials=dict(sum((Counter(result.denials) for result in results), Counter())),
        decisions=_decisions(results),
        orders=pd.concat([result.orders for result in results], ignore_index=True),
        n_ambiguous=sum(result.n_ambiguous for result in results),
        remarks=tuple(dict.fromkeys(note for result in results for note in result.remarks)),
    )


def _stamps(results: Sequence[BacktestResult]) -> pd.DatetimeIndex:
    first, *others = (result.timestamps for result in results)
    return pd.DatetimeIndex(first.append(others)) if others else first


def _carried_on(results: Sequence[BacktestResult]) -> list[NDArray[np.float64]]:
    """Return each equity, moved to where the one before has ended."""
    moved = [results[0].equity]
    for result in results[1:]:
        moved.append(moved[-1][-1] + (result.equity - result.equity[0]))
    return moved


def _decisions(results: Sequence[BacktestResult]) -> NDArray[np.int64] | None:
    """Return all decisions, with one to be flat where a block ends; None where a block has none."""
    is_discrete = results[0].settings.action_mode == "discrete"
    flat = np.array([Action.CLOSE if is_discrete else 0], dtype=np.int64)
    parts: list[NDArray[np.int64]] = []
    for result in results:
        if result.decisions is None:
            return None
        parts += [result.decisions, flat]
    return _read_only(parts[:-1])


def _read_only(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    whole = np.concatenate(parts)
    whole.flags.writeable = False
    return whole
