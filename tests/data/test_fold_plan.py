"""What no plan of folds may say."""

import pytest

from config.fold_settings import FoldKind, Unit
from data.fold_gap import FoldGap
from data.fold_plan import FoldPlan
from utils.errors import ConfigError

GAP = FoldGap(horizon_bars=2)


@pytest.mark.parametrize(
    ("settings", "shortest", "stride", "least_tested"),
    [
        ({"test_length": 20}, 20, 20, 20),
        ({"test_length": 20, "n_folds": 3}, 20, 20, 60),
        ({"test_length": 20, "n_folds": 3, "step": 30}, 20, 30, 80),
        ({"test_length": 20, "n_folds": 3, "least_test_length": 5}, 5, 20, 45),
        ({"n_folds": 3}, 1, 1, 3),
        ({"n_folds": 3, "unit": Unit.BARS}, 2, 2, 6),
    ],
)
def test_fold_plan_units_that_folds_need_for_their_tests(settings, shortest, stride, least_tested):
    plan = FoldPlan(kind=FoldKind.EXPANDING, gap=GAP, **settings)
    assert (plan.shortest_test, plan.stride, plan.least_tested) == (shortest, stride, least_tested)


ROLLING = {"kind": FoldKind.ROLLING, "test_length": 20}
ANCHORED = {"kind": FoldKind.ANCHORED, "test_length": 20}
REFUSED = [
    ({**ROLLING, "train_length": 0}, "`train_length` must be >= 1, was 0"),
    ({**ROLLING, "test_length": 0}, "`test_length` must be >= 1, was 0"),
    ({**ROLLING, "n_folds": 0}, "`n_folds` must be >= 1, was 0"),
    ({**ROLLING, "step": -1}, "`step` must be >= 1, was -1"),
    ({**ROLLING, "least_test_length": 0}, "`least_test_length` must be >= 1, was 0"),
    ({**ROLLING, "validation_length": -1}, "`validation_length` must be >= 0, was -1"),
    (
        {**ROLLING, "unit": Unit.BARS, "test_length": 1},
        "a test block must have >= 2 bars, one to decide on and one to trade on, was 1",
    ),
    (
        {**ROLLING, "unit": Unit.BARS, "least_test_length": 1},
        "a test block must have >= 2 bars, one to decide on and one to trade on, was 1",
    ),
    (
        {**ROLLING, "step": 19},
        r"`step` must be >= `test_length` \(20\), was 19: test blocks would overlap",
    ),
    (
        {**ROLLING, "least_test_length": 21},
        r"`least_test_length` must be <= `test_length` \(20\), was 21",
    ),
    ({**ROLLING, "test_length": None}, "say how long a test block is, `test_length`, or give `n_f"),
    ({**ROLLING, "test_length": None, "n_folds": 3, "step": 5}, "`step` goes with `test_length`"),
    (
        {**ROLLING, "test_length": None, "n_folds": 3, "least_test_length": 5},
        "`least_test_length` goes with `test_length`",
    ),
    (
        {**ROLLING, "anchor": 100},
        "`anchor` is for anchored folds, .*; these are rolling folds, with `anchor` 100$",
    ),
    (ANCHORED, "`anchor` is for anchored folds, .*; these are anchored folds, with `anchor` None$"),
    ({**ANCHORED, "anchor": -1}, "`anchor` must be a row >= 0, was -1"),
    ({**ANCHORED, "anchor": "9 May"}, "`anchor` must be a trade date, YYYY-MM-DD, was '9 May'"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED)
def test_fold_plan_that_fits_no_bars_is_refused(settings, message):
    with pytest.raises(ConfigError, match=f"^{message}"):
        FoldPlan(gap=GAP, **settings)


@pytest.mark.parametrize("anchor", [0, "2025-01-09"])
def test_fold_plan_anchored_at_the_first_row_or_a_date_is_accepted(anchor):
    assert FoldPlan(gap=GAP, **ANCHORED, anchor=anchor).anchor == anchor
