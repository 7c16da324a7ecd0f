"""Location: a mean is believed after evidence alone, which a martingale does not give."""

import math

import numpy as np
import pytest

from config.signal_settings import SIGNALS
from models.forecast.location import (
    LocationEvidence,
    Sums,
    cautious_slope,
    evidence,
)
from tests.helpers.location import N_BARS, market, shrinks_of

MODERATE = SIGNALS["moderate"]


def sums_of(moved, expected):
    sums = Sums()
    for each in zip(moved, expected, strict=True):
        sums = sums.with_session(*each)
    return sums


def test_evidence_of_sessions_that_all_agree_is_that_of_the_formula():
    # n 20, z^2 20, k 2: 2 / sqrt(3) exp(20 / 3) Phi(3.6515) = 907.2
    assert evidence(sums_of([1.0] * 20, [1.0] * 20)) == pytest.approx(math.log(907.2), abs=1e-3)
    assert evidence(sums_of([1.0, -1.0] * 10, [1.0] * 20)) < 0.0
    assert evidence(sums_of([-1.0] * 20, [1.0] * 20)) < -2.0
    assert evidence(sums_of([-1.0] * 9_000, [1.0] * 9_000)) == -math.inf
    assert evidence(Sums()) == 0.0


def test_slope_is_taken_less_its_standard_errors_by_session():
    # slope 1, left over -1 and 1: sqrt(2 x 2 / 1) / 4 = .5
    sums = sums_of([1.0, 3.0], [2.0, 2.0])
    assert cautious_slope(sums, 0.0) == 1.0
    assert cautious_slope(sums, 1.0) == pytest.approx(0.5)
    assert cautious_slope(sums, 3.0) == 0.0
    assert cautious_slope(sums_of([9.0, 9.0], [2.0, 2.0]), 1.0) == 1.0


def test_location_settles_a_forecast_when_its_horizon_has_passed_in_its_session():
    settings = MODERATE.model_copy(update={"least_sessions": 2, "evidence_risk": 0.99})
    evidence_of = LocationEvidence(2, settings)
    # forecast +1 % of a 2 % spread at 100; two bars later 101: x .5, y .5
    rows = [(100.0, 0.01), (100.5, math.nan), (101.0, math.nan), (105.0, 0.01), (110.0, math.nan)]
    for session in range(3):
        for close, mean in rows:
            shrink = evidence_of.update(session, close, mean, 0.02)
            assert shrink == (1.0 if session == 2 else 0.0)


def test_location_of_a_session_counts_from_the_next_one_on():
    sessions, closes, means, spreads = market(40, slope=1.0, seed=3, size=1.0)
    shrinks = shrinks_of(sessions, closes, means, spreads)
    is_first = np.diff(sessions, prepend=-1) > 0
    assert (np.diff(shrinks, prepend=0.0)[~is_first] == 0.0).all()
    assert len(set(shrinks)) > 5


@pytest.mark.parametrize("row", [700, 1_500])
def test_location_at_a_row_does_not_depend_on_later_rows(row):
    sessions, closes, means, spreads = market(40, slope=1.0, seed=3, size=1.0)
    whole = shrinks_of(sessions, closes, means, spreads)
    cut = shrinks_of(*(each[:row] for each in (sessions, closes, means, spreads)))
    assert cut.tobytes() == whole[:row].tobytes()
    later = closes.copy(), means.copy()
    later[0][row:], later[1][row:] = 1.0, -1.0
    poisoned = shrinks_of(sessions, *later, spreads)
    assert poisoned[:row].tobytes() == whole[:row].tobytes()
    assert (poisoned != whole).any()


def test_location_that_is_there_is_found_and_its_slope_believed_in_part():
    shrinks = np.array(
        [shrinks_of(*market(80, slope=1.0, seed=seed, size=0.5)) for seed in range(5)]
    )
    assert (shrinks[:, : 19 * N_BARS] == 0.0).all()
    assert (shrinks[:, -1] > 0.5).all()
    assert shrinks[:, -1].max() <= 1.0


def test_location_of_a_martingale_is_zero_at_every_row_of_nearly_every_market():
    markets = (market(100, slope=0.0, seed=seed) for seed in range(150))
    found = [seed for seed, each in enumerate(markets) if shrinks_of(*each).any()]
    assert len(found) <= 3


def test_location_of_forecasts_that_point_the_wrong_way_is_zero():
    assert not shrinks_of(*market(60, slope=-1.0, seed=1)).any()


def test_location_without_forecasts_is_zero():
    sessions, closes, means, spreads = market(30, slope=1.0, seed=1)
    assert not shrinks_of(sessions, closes, np.full_like(means, np.nan), spreads).any()
    assert not shrinks_of(sessions, closes, means, np.zeros_like(spreads)).any()
