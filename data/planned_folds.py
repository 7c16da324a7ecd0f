"""From the settings of a walk-forward run to the rows of its folds, whichever kind they are.

Walk-forward folds are data/folds.py's, combinatorial splits data/combinatorial.py's; both come out
alike here: one run of rows to learn from, one to choose by, and the blocks that are tested.
"""

import math
from dataclasses import dataclass

from config.fold_settings import USUAL_FOLDS, FoldSettings
from data.combinatorial import CombinatorialPlan, CombinatorialSplit, combinatorial_splits
from data.fold_edges import Dates, fold_edges
from data.fold_gap import FoldGap
from data.fold_plan import FoldPlan
from data.folds import Fold, first_training, plan_folds
from utils.errors import ConfigError

WALK_FORWARD_ONLY = ("n_folds", "train_length", "test_length", "step", "anchor")
"""Settings that say nothing of combinatorial splits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFold:
    """Row ranges of a bar frame, for `iloc`.

    Attributes:
        number: From 1: of the fold, or of the split.
        train: The rows that are learnt from, one run. Of the several runs of a combinatorial split
            it is the longest, so that no episode or window runs across what is left out.
        validation: The rows that choose; None where none do.
        tests: The blocks that are tested, oldest first; one in a walk-forward fold.
        groups: Of combinatorial splits: the tested groups, numbered from 0; else empty.
    """

    number: int
    train: slice
    validation: slice | None
    tests: tuple[slice, ...]
    groups: tuple[int, ...] = ()

    @property
    def n_purged(self) -> int:
        """Rows left out between learning and choosing."""
        return 0 if self.validation is None else int(self.validation.start - self.train.stop)


def check_fold_settings(settings: FoldSettings) -> None:
    """Refuse, before any bar is read, what fits no bars.

    Raises:
        ConfigError: Naming the setting, its bound and its value.
    """
    if settings.combinatorial:
        _combinatorial_plan(settings, lookback_bars=1, validation_length=0)
    else:
        _fold_plan(settings, validation_length=0)


def planned_folds(
    trade_dates: Dates, settings: FoldSettings, lookback_bars: int, validation_share: float
) -> tuple[PlannedFold, ...]:
    """Return the folds of given bars, oldest test first.

    Args:
        trade_dates: (n,) datetime64[D], the trade date of each bar, oldest first.
        settings: Which folds.
        lookback_bars: Rows of one observation, the current one included.
        validation_share: Share in [0, 1) of a training that validates where the settings give no
            length.

    Raises:
        ConfigError: If settings contradict each other, or the embargo is shorter than a session.
        DataError: If the folds do not fit the bars; says how many bars or sessions are missing.
    """
    check_fold_settings(settings)
    length = _validation_length(trade_dates, settings, validation_share)
    if settings.combinatorial:
        plan = _combinatorial_plan(settings, lookback_bars, length)
        return tuple(_of_split(split) for split in combinatorial_splits(trade_dates, plan))
    return tuple(_of_fold(fold) for fold in plan_folds(trade_dates, _fold_plan(settings, length)))


def combinatorial_plan(settings: FoldSettings) -> CombinatorialPlan:
    """Return the plan that says which split tests each group in each path."""
    return _combinatorial_plan(settings, lookback_bars=1, validation_length=0)


def _gap(settings: FoldSettings) -> FoldGap:
    return FoldGap(
        horizon_bars=settings.horizon_bars,
        purge_bars=settings.purge_bars,
        embargo=settings.embargo,
        embargo_unit=settings.embargo_unit,
    )


def _fold_plan(settings: FoldSettings, validation_length: int) -> FoldPlan:
    is_open = settings.n_folds is None and settings.test_length is None
    return FoldPlan(
        kind=settings.kind,
        gap=_gap(settings),
        unit=settings.unit,
        train_length=settings.train_length,
        test_length=settings.test_length,
        n_folds=USUAL_FOLDS if is_open else settings.n_folds,
        step=settings.step,
        validation_length=validation_length,
        anchor=settings.anchor,
    )


def _combinatorial_plan(
    settings: FoldSettings, lookback_bars: int, validation_length: int
) -> CombinatorialPlan:
    for name in WALK_FORWARD_ONLY:
        if getattr(settings, name) is not None:
            raise ConfigError(
                f"`{name}` is for walk-forward folds and does not go with `combinatorial`, which "
                f"cuts all bars into `n_groups` groups; was {getattr(settings, name)}: leave it out"
            )
    return CombinatorialPlan(
        gap=_gap(settings),
        lookback_bars=lookback_bars,
        n_groups=settings.n_groups,
        n_tested=settings.n_tested,
        unit=settings.unit,
        validation_length=validation_length,
    )


def _validation_length(trade_dates: Dates, settings: FoldSettings, share: float) -> int:
    """Return the units that validate: as given, or a share of the first training, at least 1."""
    if settings.validation_length is not None:
        return settings.validation_length
    if share == 0.0:
        return 0
    if settings.combinatorial:
        length = _shortest_run(trade_dates, settings)
    else:
        length = first_training(trade_dates, _fold_plan(settings, validation_length=0))
    return max(1, round(share * length))


def _shortest_run(trade_dates: Dates, settings: FoldSettings) -> int:
    """Return about how long the longest run is in the split that is left the shortest ones.

    The groups that are learnt from then lie in `n_tested` + 1 runs, as even as can be.
    """
    n_units = fold_edges(trade_dates, settings.unit, _gap(settings)).n_units
    n_in_a_row = math.ceil((settings.n_groups - settings.n_tested) / (settings.n_tested + 1))
    return n_units * n_in_a_row // settings.n_groups


def _of_fold(fold: Fold) -> PlannedFold:
    return PlannedFold(
        number=fold.number, train=fold.train[0], validation=fold.validation, tests=(fold.test,)
    )


def _of_split(split: CombinatorialSplit) -> PlannedFold:
    """Keep of a split's training rows those before its validation, else the longest, latest run."""
    held = split.validation
    runs = [run for run in split.train if held is None or run.stop <= held.start]
    chosen = max(runs, key=lambda run: (run.stop - run.start, run.start))
    return PlannedFold(
        number=split.number,
        train=chosen if held is None else runs[-1],
        validation=held,
        tests=split.tests,
        groups=split.groups,
    )
