"""Coverage: by hand, by part, against MAPIE, and how sure one can be of it."""

import numpy as np
import pytest
from mapie.metrics.regression import regression_coverage_score, regression_ssc

from data.forecast_names import LEVELS
from models.forecast.coverage import (
    UNKNOWN_VOLATILITY,
    central_shares,
    is_inside,
    level_shares,
    months,
    rolling_shares,
    session_parts,
    share_of,
    shares_by_part,
    volatility_parts,
)
from utils.errors import DataError

NINE = np.array([[-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]])
DATES = np.datetime64("2025-01-30") + np.arange(4)


def test_level_shares_count_labels_at_or_below_each_quantile():
    y = np.array([-5.0, -1.0, 0.5, 9.0])
    found = level_shares(y, np.repeat(NINE, 4, axis=0), np.arange(4))
    assert [share.observed for share in found] == [0.25] * 3 + [0.5] * 2 + [0.75] * 4
    assert [share.nominal for share in found] == list(LEVELS)
    assert np.isnan(found[0].low)
    assert not found[0].is_rejected


def test_is_inside_counts_the_ends_of_an_interval():
    y = np.array([-3.1, -3.0, 0.0, 3.0, 3.1])
    inside = is_inside(y, np.repeat(NINE, 5, axis=0), "central_90")
    assert inside.tolist() == [False, True, True, True, False]


def test_central_shares_agree_with_mapie():
    generator = np.random.default_rng(0)
    y, quantiles = generator.normal(size=300), np.sort(generator.normal(size=(300, 9)), axis=1)
    found = central_shares(y, quantiles, np.arange(300))
    ends = {"central_98": (0, 8), "central_90": (1, 7), "central_80": (2, 6), "central_50": (3, 5)}
    for name, (low, high) in ends.items():
        oracle = regression_coverage_score(y, quantiles[:, [low, high]])
        assert found[name].observed == pytest.approx(oracle.item())


def test_shares_by_part_agree_with_mapie_by_width():
    generator = np.random.default_rng(1)
    y, scale = generator.normal(size=400), np.linspace(0.5, 3.0, 400)
    quantiles = scale[:, None] * NINE / 3.0
    codes = np.repeat(np.arange(4), 100)
    inside = is_inside(y, quantiles, "central_90")
    found = shares_by_part(inside, 0.9, np.arange(400), codes, ("a", "b", "c", "d"))
    oracle = regression_ssc(y, quantiles[:, [1, 7]][:, :, None], num_bins=4)
    assert [share.observed for share in found.values()] == pytest.approx(oracle.ravel().tolist())


def test_share_of_independent_rows_covers_what_is_true_about_nineteen_times_in_twenty():
    generator = np.random.default_rng(2)
    days = np.repeat(np.arange(100), 20)
    drawn = generator.random((800, 2_000)) < 0.9
    rejected = np.mean([share_of(row, 0.9, days).is_rejected for row in drawn])
    assert 0.02 < rejected < 0.075


def test_share_of_rows_that_repeat_within_a_day_is_as_unsure_as_the_days():
    by_day = np.random.default_rng(3).random(100) < 0.9
    once = share_of(by_day, 0.9, np.arange(100))
    often = share_of(np.repeat(by_day, 50), 0.9, np.repeat(np.arange(100), 50))
    assert often.observed == once.observed
    assert often.high - often.low > 0.75 * (once.high - once.low)


def test_share_of_rows_without_a_miss_is_not_sure_of_it():
    found = share_of(np.ones(100, dtype=bool), 0.98, np.arange(100))
    # 1.96 sqrt(.98 x .02 / 100) = .0274
    assert (found.observed, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1.0 - 0.02744, abs=1e-5)
    assert not found.is_rejected
    assert share_of(np.ones(1_000, dtype=bool), 0.98, np.arange(1_000)).is_rejected


def test_share_of_no_row_is_unknown():
    found = share_of(np.zeros(0, dtype=bool), 0.9, np.arange(0))
    assert np.isnan(found.observed)
    assert not found.is_rejected


def test_parts_of_the_session_and_months_have_their_names():
    codes, names = session_parts(np.array([True, False]))
    assert [names[code] for code in codes] == ["regular hours", "outside regular hours"]
    codes, names = months(DATES)
    assert [names[code] for code in codes] == ["2025-01", "2025-01", "2025-02", "2025-02"]
    with pytest.raises(DataError, match="months are of trade dates, datetime64"):
        months(np.arange(4))


def test_volatility_parts_have_the_terciles_of_the_days_before():
    days = np.repeat(np.arange(22), 3)
    scale = np.tile([1.0, 2.0, 3.0], 22)
    scale[60:63] = [0.5, 2.1, 9.0]  # bounds of the 20 days before: 1.666..., 2.333...
    codes, names = volatility_parts(scale, days)
    assert (codes[:60] == UNKNOWN_VOLATILITY).all()
    assert [names[code] for code in codes[60:66]] == ["calm", "usual", "wild"] * 2


def test_volatility_parts_of_a_day_do_not_know_the_rest_of_it():
    days = np.append(np.repeat(np.arange(20), 3), np.full(500, 20))
    scale = np.append(np.tile([1.0, 2.0, 3.0], 20), np.append(9.0, np.full(499, 1e9)))
    codes, names = volatility_parts(scale, days)
    assert names[codes[60]] == "wild"


def test_volatility_parts_of_days_look_at_nothing_later():
    generator = np.random.default_rng(5)
    days, scale = np.repeat(np.arange(40), 5), generator.lognormal(size=200)
    whole, _ = volatility_parts(scale, days)
    for n_rows in (121, 150, 163):
        assert volatility_parts(scale[:n_rows], days[:n_rows])[0].tolist() == list(whole[:n_rows])
    poisoned = np.where(days > 30, 1e9, scale)
    assert volatility_parts(poisoned, days)[0][days <= 30].tolist() == list(whole[days <= 30])


def test_rolling_shares_are_of_all_rows_of_their_days():
    happened = np.array([1, 1, 0, 1, 0, 0], dtype=bool)
    days = np.array([0, 0, 1, 2, 2, 3])
    last, shares = rolling_shares(happened, days, 2)
    assert last.tolist() == [1, 2, 3]
    assert shares == pytest.approx([2 / 3, 1 / 3, 1 / 3])
    assert len(rolling_shares(happened, days, 5)[1]) == 0
