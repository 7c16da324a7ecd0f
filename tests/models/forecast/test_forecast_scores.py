"""The scores of one forecaster as a whole, and the gate that promotes it."""

import json
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from data.forecast_names import LEVELS
from models.forecast.coverage import Share
from models.forecast.diebold_mariano import DieboldMariano
from models.forecast.forecast_scores import score_forecasts
from models.forecast.ship_gate import ship_gate
from utils.errors import DataError

N_DAYS, PER_DAY, HORIZON = 120, 60, 4
N_ROWS = N_DAYS * PER_DAY
TRUE = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
DAY = np.repeat(np.arange(N_DAYS), PER_DAY)
PLACE = np.tile(np.arange(PER_DAY), N_DAYS)


def market():
    """Labels of random days, calm and wild, and the volatility that was expected of them."""
    generator = np.random.default_rng(1)
    sigma = 1e-3 * np.exp(0.5 * generator.normal(size=N_DAYS))[DAY]
    ahead = np.cumsum(np.append(0.0, sigma * generator.normal(size=N_ROWS)))
    y = np.full(N_ROWS, np.nan)
    y[:-HORIZON] = ahead[HORIZON + 1 :] - ahead[1:-HORIZON]
    y[PLACE >= PER_DAY - HORIZON] = np.nan
    return y, sigma * HORIZON**0.5


def scored(stretch=1.0, **changed):
    y, scale = market()
    values = {
        "y": y,
        "quantiles": stretch * scale[:, None] * TRUE,
        "reference": np.full((N_ROWS, 1), 2.2e-3) * TRUE,
        "days": np.datetime64("2025-01-01") + DAY,
        "thin": HORIZON,
        "is_rth": PLACE >= PER_DAY // 2,
        "scale": scale,
    }
    return score_forecasts(**{**values, **changed})


@pytest.fixture(scope="module")
def scores():
    return scored()


def test_scores_count_what_is_scored_and_what_is_not(scores):
    assert scores.n_rows == N_DAYS * (PER_DAY - HORIZON)
    assert scores.n_left_out == N_DAYS * HORIZON
    assert (scores.n_days, scores.n_thinned) == (N_DAYS, N_DAYS * (PER_DAY - HORIZON) // HORIZON)
    assert scores.pit.n_rows == scores.level_tests[0].n_rows == scores.n_thinned


def test_scores_of_the_truth_are_calibrated_and_better_than_a_standing_forecast(scores):
    assert 0.03 < scores.skill < 0.15
    assert 0.03 < scores.crps_skill < 0.15
    assert scores.against_reference.t > 4
    assert not any(share.is_rejected for share in scores.levels)
    assert scores.pit.p_value > 0.01
    assert scores.central_tests["central_90"].kupiec > 0.01
    assert scores.central_tests["central_90"].nominal == 0.1


def test_scores_are_of_one_loss(scores):
    assert scores.wis == pytest.approx(2.0 * scores.pinball)
    parts = scores.wis_dispersion + scores.wis_too_high + scores.wis_too_low
    assert scores.wis == pytest.approx(parts)
    assert scores.pinball == pytest.approx(np.mean(scores.pinball_by_level))


def test_scores_tell_parts_of_day_market_and_year(scores):
    assert set(scores.by_session_part["central_90"]) == {"regular hours", "outside regular hours"}
    parts = scores.by_volatility["central_90"]
    assert set(parts) == {"calm", "usual", "wild", "not known yet"}
    assert sum(share.n_rows for share in parts.values()) == scores.n_rows
    assert list(scores.by_month["central_50"]) == [f"2025-0{month}" for month in range(1, 5)]
    assert scored(days=DAY).by_month == {}


def test_scores_of_the_standing_forecast_fail_by_volatility_alone():
    y, _ = market()
    standing = np.full((N_ROWS, 1), np.nanstd(y)) * TRUE
    found = scored(quantiles=standing, reference=standing)
    assert found.skill == 0.0
    assert found.against_reference.reason == "the losses differ by the same on every day"
    assert found.by_volatility["central_90"]["wild"].is_rejected
    assert found.by_volatility["central_90"]["calm"].is_rejected
    assert found.central_tests["central_90"].dynamic_quantile < 1e-6


def test_scores_of_too_narrow_quantiles_see_it_everywhere():
    found = scored(stretch=0.8)
    assert found.centrals["central_90"].is_rejected
    assert found.pit.p_value < 1e-6
    assert found.pit_deviation > 0.3


def test_scores_as_dict_are_json_without_nan():
    found = scored(reference=np.zeros((N_ROWS, 9))).as_dict()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    short = score_forecasts(
        np.zeros(8), np.zeros((8, 9)), np.zeros((8, 9)), np.arange(8), 2, np.ones(8, bool),
        np.ones(8),
    ).as_dict()  # fmt: skip
    assert short["skill"] is None
    assert short["centrals"]["central_90"]["low"] is None


def test_scores_thin_all_rows_not_those_that_can_be_scored():
    """Without labels at every fourth row of the span none of those that are taken is left."""
    y, _ = market()
    y[1::HORIZON] = np.nan
    assert scored(y=y).n_thinned == N_DAYS * (PER_DAY - HORIZON) // HORIZON
    y[::HORIZON] = np.nan
    with pytest.raises(DataError, match="none of those is 4 rows from the first"):
        scored(y=y)


def test_scores_leave_out_rows_without_a_reference():
    reference = np.full((N_ROWS, 1), 2.2e-3) * TRUE
    reference[: N_ROWS // 2] = np.nan
    assert scored(reference=reference).n_rows == N_DAYS * (PER_DAY - HORIZON) // 2


def test_scores_of_nothing_are_refused_in_one_line():
    with pytest.raises(DataError, match="of 7,200 rows 0 have a label, a forecast and a reference"):
        scored(y=np.full(N_ROWS, np.nan))
    with pytest.raises(DataError, match=r"one value per row, were 7200, \(3,\)"):
        scored(days=np.arange(3))


EVEN = DieboldMariano(mean_difference=1e-9, t=0.1, p_value=0.9, n_days=120, n_lags=4)
WORSE = replace(EVEN, mean_difference=-1e-9, t=-0.1)


def test_ship_gate_promotes_what_holds_all_conditions(scores):
    verdict = ship_gate(scores, EVEN)
    assert verdict.promoted
    assert verdict.sentence.startswith("passes at this horizon: skill +")
    assert ship_gate(scores, None).reasons[1] == "is harx_fhs itself"


def test_ship_gate_says_no_significant_gain_where_there_is_none(scores):
    even = replace(scores, skill=0.001, against_reference=replace(EVEN, t=1.99))
    verdict = ship_gate(even, EVEN)
    assert not verdict.promoted
    assert verdict.reasons == ("no significant gain: skill +0.10% against ewma_fhs, t 1.99",)
    short = replace(EVEN, t=None, reason="needs >= 12 days, was 3 days")
    (reason,) = ship_gate(replace(scores, against_reference=short), EVEN).reasons
    assert reason == "no significant gain over ewma_fhs: the test needs >= 12 days, was 3 days"


def test_ship_gate_wants_skill_over_rows_beside_a_gain_by_day(scores):
    """Quiet half days count as whole ones in t: a t of 3 may stand beside a loss over all rows."""
    mixed = replace(scores, skill=-0.001, against_reference=replace(EVEN, t=3.0))
    assert ship_gate(mixed, EVEN).reasons == (
        "no significant gain: skill -0.10% against ewma_fhs, t 3.00",
    )


def test_ship_gate_names_each_condition_that_fails(scores):
    narrow = Share(nominal=0.9, observed=0.84, low=0.82, high=0.86, n_rows=9)
    worse = replace(scores, skill=-0.01, against_reference=replace(EVEN, t=-3.0))
    assert ship_gate(worse, WORSE, narrow).reasons == (
        "worse than ewma_fhs: skill -1.00% against ewma_fhs, t -3.00",
        "loses more than harx_fhs, t -0.10",
        "coverage rejected: 90% covered 84.0% (82.0% to 86.0%)",
    )
    unknown = replace(narrow, low=float("nan"), high=float("nan"))
    assert "cannot be judged: too few days" in ship_gate(scores, EVEN, unknown).reasons[0]
