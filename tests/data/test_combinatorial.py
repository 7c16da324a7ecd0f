"""Combinatorial purged splits: by hand, the book's figure, and real bars."""

import pytest

from config.fold_settings import Unit
from config.instruments import get_instrument
from data.calendar import calendar_of
from data.combinatorial import CombinatorialPlan, backtest_paths, combinatorial_splits
from data.fold_gap import FoldGap
from data.store import load_bars
from tests.helpers.bars import real_data
from tests.helpers.folds import assert_whole_sessions, bounds, dates_of, rows_of
from utils.errors import ConfigError, DataError

GAP = FoldGap(horizon_bars=2)
DAYS = dates_of([3] * 24)
"""Four groups of six sessions. Two sessions are left out before each, three after it: the embargo,
and 2 bars, or with the lookback 4."""


def plan(**changes):
    return CombinatorialPlan(**{"gap": GAP, "lookback_bars": 2, "n_groups": 4} | changes)


SPLITS = [
    # tested groups, what is learnt from, and with a session for validation: learnt, validation
    ((0, 1), [(45, 72)], [(45, 66)], (69, 72)),
    ((0, 2), [(27, 30), (63, 72)], [(27, 30), (63, 66)], (69, 72)),
    ((0, 3), [(27, 48)], [(27, 42)], (45, 48)),
    ((1, 2), [(0, 12), (63, 72)], [(0, 6), (63, 72)], (9, 12)),
    ((1, 3), [(0, 12), (45, 48)], [(0, 6), (45, 48)], (9, 12)),
    ((2, 3), [(0, 30)], [(0, 24)], (27, 30)),
]
GROUPS = [slice(0, 18), slice(18, 36), slice(36, 54), slice(54, 72)]


def test_combinatorial_splits_by_hand():
    splits = combinatorial_splits(DAYS, plan())
    assert [split.number for split in splits] == [1, 2, 3, 4, 5, 6]
    for split, (groups, learnt, _, _) in zip(splits, SPLITS, strict=True):
        assert split.groups == groups
        assert split.tests == tuple(GROUPS[group] for group in groups)
        assert [bounds(run) for run in split.train] == learnt
        assert split.validation is None


def test_combinatorial_splits_validate_at_the_end_of_their_longest_run():
    splits = combinatorial_splits(DAYS, plan(validation_length=1))
    for split, (_, _, learnt, validation) in zip(splits, SPLITS, strict=True):
        assert [bounds(run) for run in split.train] == learnt
        assert bounds(split.validation) == validation


def test_combinatorial_splits_of_two_longest_runs_the_later_one_validates():
    """Five groups of eight sessions; of groups 1 and 3, three sessions each are left."""
    splits = combinatorial_splits(
        dates_of([3] * 40), plan(n_groups=5, n_tested=3, validation_length=1)
    )
    split = next(split for split in splits if split.groups == (0, 2, 4))
    assert [bounds(run) for run in split.train] == [(33, 42), (81, 84)]
    assert split.validation == slice(87, 90)


def test_combinatorial_splits_of_bars_by_hand():
    """17 bars in three groups: 1 + 2 bars are left out before each, 1 + 2 + 1 after."""
    gap = FoldGap(horizon_bars=1, embargo=2, embargo_unit=Unit.BARS)
    own = plan(gap=gap, unit=Unit.BARS, n_groups=3, n_tested=1, lookback_bars=1)
    splits = combinatorial_splits(dates_of([2] * 8 + [1]), own)
    assert [bounds(split.tests[0]) for split in splits] == [(0, 5), (5, 11), (11, 17)]
    learnt = [[bounds(run) for run in split.train] for split in splits]
    assert learnt == [[(9, 17)], [(0, 2), (15, 17)], [(0, 8)]]


def test_backtest_paths_are_those_of_the_book():
    """Lopez de Prado (2018), figures 12.1 and 12.2: six groups, two tested at a time."""
    own = plan(n_groups=6)
    assert (own.n_splits, own.n_paths) == (15, 5)
    assert backtest_paths(own).tolist() == [
        [1, 1, 2, 3, 4, 5],
        [2, 6, 6, 7, 8, 9],
        [3, 7, 10, 10, 11, 12],
        [4, 8, 11, 13, 13, 14],
        [5, 9, 12, 14, 15, 15],
    ]


@pytest.mark.parametrize(
    ("n_groups", "n_tested", "n_splits", "n_paths"),
    [(10, 2, 45, 9), (6, 3, 20, 10), (5, 1, 5, 1), (5, 4, 5, 4), (16, 8, 12_870, 6_435)],
)
def test_combinatorial_plan_counts_splits_and_paths(n_groups, n_tested, n_splits, n_paths):
    if n_splits > 10_000:
        with pytest.raises(ConfigError, match="make 12,870 splits, each a training, the most are"):
            plan(n_groups=n_groups, n_tested=n_tested)
        return
    own = plan(n_groups=n_groups, n_tested=n_tested)
    assert (own.n_splits, own.n_paths) == (n_splits, n_paths)
    assert backtest_paths(own).shape == (n_paths, n_groups)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lookback_bars": 0}, "`lookback_bars` must be >= 1, was 0"),
        ({"n_groups": 1}, "`n_groups` must be >= 2, was 1"),
        ({"validation_length": -1}, "`validation_length` must be >= 0, was -1"),
        ({"n_tested": 0}, r"`n_tested` must be >= 1 and < `n_groups` \(4\), was 0: what is not"),
        ({"n_tested": 4}, r"`n_tested` must be >= 1 and < `n_groups` \(4\), was 4: what is not"),
    ],
)
def test_combinatorial_plan_out_of_bounds_is_refused(changes, message):
    with pytest.raises(ConfigError, match=f"^{message}"):
        plan(**changes)


def test_combinatorial_splits_with_nothing_to_learn_from_say_what_is_missing():
    """Groups of three sessions: between the gaps of groups 0 and 2 nothing is left of 1 and 3."""
    message = (
        r"^split 2 tests groups \(0, 2\) and is left 0 sessions in a row between the gaps, it "
        r"needs 1 .*: 4 sessions are missing at most; give more bars, or make fewer groups$"
    )
    with pytest.raises(DataError, match=message):
        combinatorial_splits(DAYS[: 12 * 3], plan())
    splits = combinatorial_splits(DAYS[: 16 * 3], plan())
    assert splits[1].train == (slice(45, 48),)


def test_combinatorial_splits_gaps_wider_than_groups_are_counted_as_missing_too():
    """Of group 1, one session long, the gaps of 3 and 2 sessions take four more than there are."""
    own = plan(n_groups=3)
    with pytest.raises(DataError, match=r"^split 2 .* left 0 .* needs 1 .*: 15 sessions are miss"):
        combinatorial_splits(DAYS[: 3 * 3], own)
    assert combinatorial_splits(DAYS[: 18 * 3], own)[1].train == (slice(27, 30),)


def test_combinatorial_splits_with_nothing_to_validate_by_say_what_is_missing():
    message = r"^split 2 .* is left 3 sessions .* needs 4 .*: 4 sessions are missing at most"
    with pytest.raises(DataError, match=message):
        combinatorial_splits(DAYS, plan(validation_length=2))
    splits = combinatorial_splits(dates_of([3] * 28), plan(validation_length=2))
    assert splits[1].validation == slice(78, 84)


@pytest.mark.parametrize(
    ("dates", "unit", "message"),
    [
        (DAYS[:9], Unit.SESSIONS, "4 groups need at least 4 sessions, had 3: 1 are missing; give"),
        (DAYS[:6], Unit.BARS, "4 groups need at least 8 bars, had 6: 2 are missing; give"),
        (dates_of([3, 3, 1, 3]), Unit.SESSIONS, "group 2 has 1 bar to test on, it needs at least"),
    ],
)
def test_combinatorial_splits_of_too_few_bars_are_refused(dates, unit, message):
    with pytest.raises(DataError, match=f"^{message}"):
        combinatorial_splits(dates, plan(unit=unit))


def test_combinatorial_paths_of_real_bars_cover_all_of_them_in_whole_sessions():
    bars = load_bars(real_data("NQ_5min.parquet"), get_instrument("NQ"))
    dates = calendar_of("NQ").trade_dates(bars.index)
    own = CombinatorialPlan(
        gap=FoldGap(horizon_bars=12), lookback_bars=50, n_groups=10, validation_length=5
    )
    splits = combinatorial_splits(dates, own)
    paths = backtest_paths(own)
    assert (len(splits), len(paths)) == (45, 9)
    for split in splits:
        assert_whole_sessions(dates, [*split.train, split.validation, *split.tests])
    for path in paths:
        own_splits = [splits[number - 1] for number in path]
        tests = [each.tests[each.groups.index(group)] for group, each in enumerate(own_splits)]
        assert rows_of(tests).tolist() == list(range(len(bars)))
