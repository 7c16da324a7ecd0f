"""What the purge is for: without it, one who has only learnt by heart knows the answers.

The market is a martingale: nothing foretells its moves. The memoriser answers for a row with the
label of the learnt row that is nearest in time, which tells something only if the two labels share
bars. A horizon of 24 bars reaches over an embargo of one session of 3.
"""

import numpy as np
import pytest

from config.fold_settings import FoldKind, Unit
from data.combinatorial import CombinatorialPlan, combinatorial_splits
from data.fold_gap import FoldGap
from data.fold_plan import FoldPlan
from data.folds import plan_folds
from tests.helpers.folds import dates_of, rows_of

HORIZON = 24
N_SESSIONS = 4_000
DATES = dates_of([3] * N_SESSIONS)
PURGED, NOT_PURGED = FoldGap(horizon_bars=HORIZON), FoldGap(horizon_bars=1)
"""With the label's own horizon, and with as good as none."""

SKILL, NO_SKILL = 0.4, 0.2
"""Labels correlate by the share of bars that they have in common: a half or more here, or none."""


@pytest.fixture(scope="module")
def labels():
    """Return the sum of the 24 steps after each row."""
    path = np.cumsum(np.random.default_rng(7).standard_normal(len(DATES) + HORIZON))
    return path[HORIZON:] - path[:-HORIZON]


def skill(labels, cases):
    """Return how answers and labels correlate over all cases of (learnt rows, rows asked for)."""
    answers = [labels[_nearest(learnt, asked)] for learnt, asked in cases]
    truths = [labels[asked] for _, asked in cases]
    return np.corrcoef(np.concatenate(answers), np.concatenate(truths))[0, 1]


def _nearest(learnt, asked):
    """Return the learnt row that is nearest to each row asked for; both ascending."""
    place = np.searchsorted(learnt, asked)
    left, right = learnt[np.maximum(place - 1, 0)], learnt[np.minimum(place, len(learnt) - 1)]
    return np.where(np.abs(asked - left) <= np.abs(right - asked), left, right)


def walk_forward(gap, unit):
    plan = FoldPlan(
        kind=FoldKind.ROLLING,
        gap=gap,
        unit=unit,
        train_length=40 if unit == Unit.SESSIONS else 120,
        test_length=2 if unit == Unit.SESSIONS else 6,
        validation_length=2 if unit == Unit.SESSIONS else 6,
    )
    return plan_folds(DATES, plan)


@pytest.mark.parametrize("unit", Unit)
def test_memoriser_has_no_skill_on_validation_rows_unless_the_purge_is_removed(labels, unit):
    def cases(gap):
        return [
            (rows_of(fold.train), rows_of([fold.validation])) for fold in walk_forward(gap, unit)
        ]

    assert skill(labels, cases(NOT_PURGED)) > SKILL
    assert abs(skill(labels, cases(PURGED))) < NO_SKILL


@pytest.mark.parametrize("unit", Unit)
def test_memoriser_has_no_skill_on_test_rows_unless_the_purge_is_removed(labels, unit):
    """What validates has been seen too: the rows asked for are apart from all that is readable."""

    def cases(gap):
        folds = walk_forward(gap, unit)
        return [(rows_of([fold.readable]), rows_of([fold.test])) for fold in folds]

    assert skill(labels, cases(NOT_PURGED)) > SKILL
    assert abs(skill(labels, cases(PURGED))) < NO_SKILL


@pytest.mark.parametrize("side", ["first", "last"])
def test_memoriser_has_no_skill_on_either_side_of_a_group_unless_the_purge_is_removed(labels, side):
    def cases(gap):
        plan = CombinatorialPlan(gap=gap, lookback_bars=2, n_groups=400, n_tested=1)
        return [
            (rows_of(split.train), edge_rows(split.tests[0]))
            for split in combinatorial_splits(DATES, plan)
        ]

    def edge_rows(test):
        rows = rows_of([test])
        return rows[:6] if side == "first" else rows[-6:]

    assert skill(labels, cases(NOT_PURGED)) > SKILL
    assert abs(skill(labels, cases(PURGED))) < NO_SKILL
