"""Walk-forward folds: which rows each trains on, validates on and tests on.

The words of this file, and of the other files of folds:

- A *row* is a bar, by its number; a *session* is all bars of one trade date.
- What is learnt at row t is asked of the rows t - lookback + 1 to t, and answered by its *label*,
  the rows t + 1 to t + horizon.
- A *fold* learns from training rows, chooses by validation rows, and is judged on test rows.
- The *purge* leaves out training rows next to a test or validation block: those whose labels reach
  into it, and those that its labels reach. It is at least the horizon.
- The *embargo* leaves out further rows next to a test block, at least one session: what fades
  slowly, as averages, volatility and open positions do, must not reach across. One of sessions
  leaves out so many whole ones, beside the test block's own.
- Rows that follow a test block are shown it in their observations: *lookback* more are left out
  there. In walk-forward folds no training row follows a test row.
- The *gap* is all that is left out before a test block: purge and embargo.
- An *edge* is a row at which a fold may be cut: any row where lengths are in bars; where they are
  in sessions, the first row of each session. Gaps are rounded up to the next edge, so that a
  session is learnt from, left out or tested as a whole.

Kinds: *rolling* folds train on a fixed length that ends at the gap; *expanding* folds on all rows
from the first one to the gap; *anchored* folds on all rows from a given date or row to the gap.

Purge and embargo: Lopez de Prado, Advances in Financial Machine Learning (2018), ch. 7. Its embargo
follows the test rows only; here it also comes before them.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from config.fold_settings import FoldKind
from data.fold_edges import Block, Dates, FoldEdges, even_blocks, fold_edges
from data.fold_plan import FoldPlan
from utils.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Row ranges of a bar frame, for `iloc`.

    Attributes:
        number: From 1, oldest first.
        train: The rows that are learnt from; here always one range.
        validation: The last rows before the gap, purged from `train`; None where none are asked
            for.
        test: The later rows, which neither learning nor choosing may read.
    """

    number: int
    train: tuple[slice, ...]
    validation: slice | None
    test: slice

    @property
    def readable(self) -> slice:
        """All rows that learning and choosing may read, those purged between the two included."""
        last = self.train[-1] if self.validation is None else self.validation
        return slice(self.train[0].start, last.stop)


def plan_folds(trade_dates: Dates, plan: FoldPlan) -> tuple[Fold, ...]:
    """Return walk-forward folds, oldest first.

    The first test block begins as soon as `train_length` and the gap allow. Rows after the last
    whole block are not tested, unless `least_test_length` or the number of folds says so. Bars that
    are appended later change no fold, where `train_length` and `test_length` are given and the last
    block is whole.

    Args:
        trade_dates: (n,) datetime64[D], the trade date of each bar, oldest first, as
            `Calendar.trade_dates` gives them.
        plan: Which folds.

    Raises:
        ConfigError: If the embargo is shorter than a session, or these are no trade dates.
        DataError: If the folds do not fit the bars; says how many bars or sessions are missing.
    """
    edges = fold_edges(trade_dates, plan.unit, plan.gap)
    begin = _beginning(edges, trade_dates, plan)
    train = _train_length(edges, plan, begin)
    folds: list[Fold] = []
    for test in _test_blocks(edges, plan, begin, train):
        stop = edges.stop_before(test[0])
        start = stop - train if plan.kind == FoldKind.ROLLING else begin
        folds.append(_fold(edges, plan, (start, stop), test, number=len(folds) + 1))
    return tuple(folds)


def first_training(trade_dates: Dates, plan: FoldPlan) -> int:
    """Return the units that the first fold trains on, those that validate included.

    Args:
        trade_dates: As for `plan_folds`; errors as there.
        plan: Which folds.
    """
    edges = fold_edges(trade_dates, plan.unit, plan.gap)
    return _train_length(edges, plan, _beginning(edges, trade_dates, plan))


def _beginning(edges: FoldEdges, trade_dates: Dates, plan: FoldPlan) -> int:
    """Return the edge that training begins with, where its length is not fixed."""
    if plan.anchor is None:
        return 0
    if isinstance(plan.anchor, int):
        row = plan.anchor
    else:
        row = int(np.searchsorted(trade_dates, np.datetime64(date.fromisoformat(plan.anchor))))
    if row >= len(trade_dates):
        raise DataError(
            f"`anchor` {plan.anchor} lies beyond the bars, of which the last is row "
            f"{len(trade_dates) - 1}, of {trade_dates[-1]}: anchor the folds earlier"
        )
    return int(np.searchsorted(edges.rows, row))


def _train_length(edges: FoldEdges, plan: FoldPlan, begin: int) -> int:
    """Return the units of the first fold's training."""
    if plan.train_length is not None:
        return plan.train_length
    return (edges.n_units - begin) // 2


def _test_blocks(edges: FoldEdges, plan: FoldPlan, begin: int, train: int) -> list[Block]:
    """Return first edge and end of each test block, where `train` units come before the first."""
    first = _first_test(edges, begin + train)
    if first + plan.least_tested > edges.n_units:
        raise DataError(_too_few(edges, plan, begin, gap=first - begin - train))
    if plan.test_length is None:
        return even_blocks(first, edges.n_units, plan.n_wanted)
    n_fitting = 1 + (edges.n_units - first - plan.shortest_test) // plan.stride
    n_folds = n_fitting if plan.n_folds is None else plan.n_folds
    starts = [first + number * plan.stride for number in range(n_folds)]
    return [(start, min(start + plan.test_length, edges.n_units)) for start in starts]


def _first_test(edges: FoldEdges, trained: int) -> int:
    """Return the first edge at which a test may begin once all before edge `trained` is learnt.

    It may lie beyond the last one; then it is counted on, in units as long as the longest one.
    """
    stops = edges.stops_before(np.arange(edges.n_units + 1))
    missing = trained - int(stops[-1])
    return edges.n_units + missing if missing > 0 else int(np.searchsorted(stops, trained))


def _too_few(edges: FoldEdges, plan: FoldPlan, begin: int, gap: int) -> str:
    """Say how many units there would have to be; half of them train where no length is given."""
    tested = plan.least_tested
    train = gap + tested - 1 if plan.train_length is None else plan.train_length
    needed = begin + train + gap + tested
    before = f"{begin} before the anchor, " if begin else ""
    folds = f"{plan.n_wanted} {plan.kind} fold{'' if plan.n_wanted == 1 else 's'}"
    return (
        f"too few bars for {folds}: at least {needed} {plan.unit} are needed ({before}{train} to "
        f"train on, {gap} left out, {tested} to test on, {plan.shortest_test} or more at a time), "
        f"had {edges.n_units}: {needed - edges.n_units} are missing"
    )


def _fold(edges: FoldEdges, plan: FoldPlan, run: Block, test: Block, number: int) -> Fold:
    """Return the fold of a run of training units and a test block, each (first edge, end)."""
    name = f"fold {number}"
    train, validation = edges.held_back(*run, plan.validation_length, name)
    rows = edges.tested(*test, name)
    return Fold(number=number, train=(train,), validation=validation, test=rows)
