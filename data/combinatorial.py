"""Combinatorial purged cross-validation: many back-test paths through the same bars.

The words are those of data/folds.py, and:

- The bars are cut into N *groups*, as even as can be. A *split* tests k of them and learns from the
  rest, but for the gaps around each tested group; there is one split for every choice of k groups,
  C(N, k) in all.
- A *path* takes each group once, tested by one of the splits that test it: all bars out of sample.
  As each group is tested by C(N - 1, k - 1) splits, there are phi = k / N * C(N, k) paths, and
  together they use the test of each group in each split once.

Before a tested group the gap is purge and embargo; after it, where rows are learnt from that look
back on it, embargo, purge and lookback.

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), ch. 12, with groups that
differ by one unit at most instead of a last one that takes what is left over.

Warning:
    All but the last splits learn from bars after those they test. That is for choosing between
    settings and for seeing how far results scatter; no forecast that a simulation may read is made
    so.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.fold_settings import Unit
from data.fold_edges import Block, Dates, FoldEdges, even_blocks, fold_edges
from data.fold_gap import FoldGap
from utils.errors import ConfigError, DataError

MAX_SPLITS = 10_000
"""Splits of one plan: each is a training of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinatorialPlan:
    """Which splits to make.

    Attributes:
        gap: What is left out around tested groups.
        lookback_bars: Rows of one observation, the current one included, >= 1.
        n_groups: N, >= 2.
        n_tested: k, groups that each split tests, >= 1 and fewer than all.
        unit: Sessions, which no group cuts, or bars.
        validation_length: Units at the end of the longest run of training rows that validate, >= 0.
    """

    gap: FoldGap
    lookback_bars: int
    n_groups: int = 10
    n_tested: int = 2
    unit: Unit = Unit.SESSIONS
    validation_length: int = 0

    def __post_init__(self) -> None:
        """Refuse what fits no bars.

        Raises:
            ConfigError: If a number is out of bounds, or there would be too many splits.
        """
        for name, least in (("lookback_bars", 1), ("n_groups", 2), ("validation_length", 0)):
            value = getattr(self, name)
            if value < least:
                raise ConfigError(f"`{name}` must be >= {least}, was {value}")
        if not 1 <= self.n_tested < self.n_groups:
            raise ConfigError(
                f"`n_tested` must be >= 1 and < `n_groups` ({self.n_groups}), was {self.n_tested}: "
                f"what is not tested is learnt from"
            )
        if self.n_splits > MAX_SPLITS:
            raise ConfigError(
                f"`n_groups` {self.n_groups} with `n_tested` {self.n_tested} make "
                f"{self.n_splits:,} splits, each a training, the most are {MAX_SPLITS:,}: make "
                f"fewer groups, or test fewer at a time"
            )

    @property
    def n_splits(self) -> int:
        """Trainings: choices of the tested groups."""
        return math.comb(self.n_groups, self.n_tested)

    @property
    def n_paths(self) -> int:
        """Back-test paths: splits that test one and the same group."""
        return math.comb(self.n_groups - 1, self.n_tested - 1)

    @property
    def tested_groups(self) -> list[tuple[int, ...]]:
        """Which groups, numbered from 0, each split tests; in dictionary order."""
        return list(itertools.combinations(range(self.n_groups), self.n_tested))


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinatorialSplit:
    """Row ranges of a bar frame, for `iloc`.

    Attributes:
        number: From 1, in the order of `CombinatorialPlan.tested_groups`.
        train: The runs of rows that are learnt from, oldest first.
        validation: The last rows of the longest run, purged from `train`; None where none are
            asked for.
        groups: The tested groups, numbered from 0.
        tests: The rows of each of them.
    """

    number: int
    train: tuple[slice, ...]
    validation: slice | None
    groups: tuple[int, ...]
    tests: tuple[slice, ...]


def combinatorial_splits(
    trade_dates: Dates, plan: CombinatorialPlan
) -> tuple[CombinatorialSplit, ...]:
    """Return one split for every choice of tested groups.

    Args:
        trade_dates: (n,) datetime64[D], the trade date of each bar, oldest first, as
            `Calendar.trade_dates` gives them.
        plan: Which splits.

    Raises:
        ConfigError: If the embargo is shorter than a session, or these are no trade dates.
        DataError: If the groups do not fit the bars; says how many bars or sessions are missing.
    """
    edges = fold_edges(trade_dates, plan.unit, plan.gap)
    blocks = _group_blocks(edges, plan)
    tests = [edges.tested(*block, f"group {group}") for group, block in enumerate(blocks)]
    runs = _training_runs(edges, plan, blocks)
    _check_runs(edges, plan, runs)
    splits: list[CombinatorialSplit] = []
    for groups, own in zip(plan.tested_groups, runs, strict=True):
        number = len(splits) + 1
        train, validation = _held_back(edges, plan, own, f"split {number}")
        splits.append(
            CombinatorialSplit(
                number=number,
                train=train,
                validation=validation,
                groups=groups,
                tests=tuple(tests[group] for group in groups),
            )
        )
    return tuple(splits)


def backtest_paths(plan: CombinatorialPlan) -> NDArray[np.int64]:
    """Return which split tests each group in each path, shape (n_paths, n_groups).

    Numbers are those of the splits, from 1. Path j takes each group from the j-th of the splits
    that test it, as in the book's figure of six groups in twos.
    """
    paths = np.zeros((plan.n_paths, plan.n_groups), dtype=np.int64)
    n_tests = [0] * plan.n_groups
    for number, groups in enumerate(plan.tested_groups, start=1):
        for group in groups:
            paths[n_tests[group], group] = number
            n_tests[group] += 1
    return paths


def _group_blocks(edges: FoldEdges, plan: CombinatorialPlan) -> list[Block]:
    """Return first edge and end of each group."""
    needed = plan.n_groups * edges.least_units
    if edges.n_units < needed:
        raise DataError(
            f"{plan.n_groups} groups need at least {needed} {plan.unit}, had {edges.n_units}: "
            f"{needed - edges.n_units} are missing; give more bars, or make fewer groups"
        )
    return even_blocks(0, edges.n_units, plan.n_groups)


def _training_runs(
    edges: FoldEdges, plan: CombinatorialPlan, blocks: list[Block]
) -> list[list[Block]]:
    """Return, split by split, what the gaps leave of the groups between the tested ones.

    A run is (first edge, end); where a gap takes more than there is, it ends before it begins.
    """
    begins = [0, *(edges.start_after(stop, plan.lookback_bars) for _, stop in blocks)]
    ends = [*(edges.stop_before(start) for start, _ in blocks), edges.n_units]
    runs = []
    for groups in plan.tested_groups:
        around = itertools.pairwise((-1, *groups, plan.n_groups))
        runs.append([(begins[left + 1], ends[right]) for left, right in around if right - left > 1])
    return runs


def _check_runs(edges: FoldEdges, plan: CombinatorialPlan, runs: list[list[Block]]) -> None:
    """Refuse groups so short that some split is left nothing to learn from."""
    longest = [max(stop - start for start, stop in own) for own in runs]
    worst, needed = min(longest), edges.least_run(plan.validation_length)
    if worst < needed:
        split = longest.index(worst)
        enough = plan.n_groups * (needed - worst)
        raise DataError(
            f"split {split + 1} tests groups {plan.tested_groups[split]} and is left "
            f"{max(worst, 0)} {plan.unit} in a row between the gaps, it needs {needed} to learn "
            f"from and to validate by: {enough} {plan.unit} are missing at most; give more bars, "
            f"or make fewer groups"
        )


def _held_back(
    edges: FoldEdges, plan: CombinatorialPlan, runs: list[Block], name: str
) -> tuple[tuple[slice, ...], slice | None]:
    """Return what is learnt from, and what validates: the end of the longest, latest run."""
    longest = max(runs, key=lambda run: (run[1] - run[0], run[0]))
    learnt, validation = edges.held_back(*longest, plan.validation_length, name)
    spans = [learnt if run == longest else edges.span(*run) for run in runs if run[1] > run[0]]
    return tuple(spans), validation
