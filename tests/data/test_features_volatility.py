"""Volatility features against numbers worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from data.feature_set import FeatureSet
from tests.helpers.bars import make_bars

LN_2 = 0.6931471805599453
DOUBLING = (100.0, 200.0, 100.0, 200.0)
HALVING = (200.0, 200.0, 100.0, 100.0)
QUIET = (200.0, 202.0, 198.0, 200.0)
WILD = (200.0, 218.0, 200.0, 200.0)


def values_of(name, rows, **bars):
    return FeatureSet([name]).compute(make_bars(rows, **bars))[:, 0]


def standing(price):
    return (price, price, price, price)


def swings(n_bars):
    """Return bars of which every other one doubles and every other one halves the price."""
    return [DOUBLING, HALVING] * (n_bars // 2) + [DOUBLING] * (n_bars % 2)


@pytest.mark.parametrize("length", [12, 36, 276])
def test_realised_volatility_of_doubling_and_halving_is_ln_two(length):
    values = values_of(f"realised_volatility_{length}", swings(length + 3))
    assert np.isnan(values[:length]).all()
    assert values[length:].tolist() == pytest.approx([LN_2] * 3)


def test_volatility_ratio_of_an_hour_that_moves_after_a_still_session():
    """12 of 276 squares are equal and not zero: the ratio is the root of 276 / 12 = 23."""
    values = values_of("volatility_ratio", [standing(100.0)] * 265 + swings(12))
    assert np.isnan(values[:276]).all()
    assert values[276] == pytest.approx(4.795831523312719)


def test_ewma_volatility_forgets_six_percent_of_its_square_a_bar():
    values = values_of("ewma_volatility", [*swings(52), standing(100.0)])
    assert np.isnan(values[:50]).all()
    assert values[50:52].tolist() == pytest.approx([LN_2] * 2)
    assert values[52] == pytest.approx(LN_2 * 0.9695359714832659)  # the root of 0.94


def test_parkinson_of_a_doubling_is_half_the_root_of_ln_two():
    values = values_of("parkinson", [DOUBLING] * 20)
    assert values[19] == pytest.approx(0.41627730557884884)  # sqrt(0.693147 / 4)


def test_garman_klass_takes_the_body_off_the_range():
    """Without a body ln(2)^2 / 2 = 0.240227; with all of it (0.5 - 0.386294) 0.480453 = 0.05463."""
    without = values_of("garman_klass", [(150.0, 200.0, 100.0, 150.0)] * 20)
    assert without[19] == pytest.approx(0.490129, abs=1e-6)
    assert values_of("garman_klass", [DOUBLING] * 20)[19] == pytest.approx(0.233731, abs=1e-6)


def test_rogers_satchell_counts_what_came_back_only():
    """Twice up and twice down again: ln(2)^2 each way. A doubling without a wick counts nothing."""
    wicks = values_of("rogers_satchell", [(100.0, 200.0, 50.0, 100.0)] * 20)
    assert wicks[19] == pytest.approx(LN_2 * math.sqrt(2.0))
    assert values_of("rogers_satchell", [DOUBLING] * 20)[19] == 0.0


def test_yang_zhang_of_bodies_alone_is_their_share():
    """No gaps and no wicks: k times 20/19 of ln(2)^2; k = 0.34 / (1.34 + 21 / 19) = 0.139044.

    0.139044 x 1.052632 x 0.480453 = 0.070320.
    """
    values = values_of("yang_zhang", swings(21))
    assert np.isnan(values[:20]).all()
    assert values[20] == pytest.approx(math.sqrt(0.070320), abs=1e-6)


def test_yang_zhang_of_gaps_alone_is_their_deviation():
    """Bars that stand still, at 100 and 200 by turns: the gaps' sample variance, 20/19 ln(2)^2."""
    values = values_of("yang_zhang", [standing(100.0), standing(200.0)] * 11)
    assert values[20] == pytest.approx(LN_2 * math.sqrt(20 / 19))


@pytest.mark.parametrize("length", [7, 50])
def test_atr_of_other_lengths_is_the_constant_range_in_percent(length):
    values = values_of(f"atr_{length}", [QUIET] * (length + 2))
    assert np.isnan(values[: length - 1]).all()
    assert values[length - 1 :].tolist() == pytest.approx([2.0] * 3)


def test_atr_ratio_of_a_sudden_range_rises_with_the_short_average():
    values = values_of("atr_ratio", [QUIET] * 50 + [WILD])
    assert values[49] == pytest.approx(1.0)
    assert values[50] == pytest.approx(6.0 / 4.28)  # (6 x 4 + 18) / 7 and (49 x 4 + 18) / 50


def test_range_atr_of_a_sudden_range_is_over_an_average_that_has_it():
    values = values_of("range_atr", [QUIET] * 14 + [WILD])
    assert values[13:].tolist() == pytest.approx([1.0, 3.6])  # 18 / ((13 x 4 + 18) / 14)


def over_the_break(rows, later):
    """Return bars up to 16:00 Chicago of a Tuesday, then from 17:00 on."""
    early = pd.date_range("2024-01-02 21:55", periods=len(rows), freq="-5min", tz="UTC")[::-1]
    late = pd.date_range("2024-01-02 23:00", periods=len(later), freq="5min", tz="UTC")
    frame = make_bars([*rows, *later])
    return frame.set_axis(early.append(late).rename("timestamp"), axis=0)


def test_session_gap_stays_over_the_session_in_ranges_before_it():
    later = [(206.0, 207.0, 203.0, 205.0), (205.0, 207.0, 203.0, 204.0)]
    values = FeatureSet(["session_gap"]).compute(over_the_break([QUIET] * 14, later))[:, 0]
    assert np.isnan(values[:13]).all()
    assert values[13:].tolist() == pytest.approx([0.0, 1.5, 1.5])  # 6 points of 4


def test_session_gap_of_a_new_contract_leaves_the_roll_out():
    later = [(216.0, 217.0, 213.0, 215.0)]
    frame = over_the_break([QUIET] * 14, later).assign(roll_gap=[0.0] * 14 + [10.0])
    assert FeatureSet(["session_gap"]).compute(frame)[14, 0] == pytest.approx(1.5)


def test_session_gap_before_there_is_an_average_is_zero():
    later = [(206.0, 207.0, 203.0, 205.0)] * 9
    values = FeatureSet(["session_gap"]).compute(over_the_break([QUIET] * 5, later))[:, 0]
    assert values[13] == 0.0


def test_keltner_close_above_its_average_in_bands_of_two_ranges():
    """EMA20 100 + 4 x 2 / 21 = 100.380952, ATR10 4: bands 8 away; 0.5 + 3.619048 / 16."""
    rows = [(100.0, 102.0, 98.0, 100.0)] * 20 + [(100.0, 104.0, 100.0, 104.0)]
    assert values_of("keltner", rows)[19:].tolist() == pytest.approx([0.5, 0.5 + 3.6190476 / 16])
    width = values_of("keltner_width", rows)
    assert width[19:].tolist() == pytest.approx([16.0, 1600.0 / 100.38095238])


def test_donchian_close_at_a_quarter_of_a_channel_of_twenty_points():
    rows = [(110.0, 120.0, 100.0, 105.0)] * 20
    assert values_of("donchian", rows)[19] == pytest.approx(0.25)
    assert values_of("donchian_width", rows)[19] == pytest.approx(2000.0 / 105.0)


def test_ulcer_index_of_one_fall_by_a_tenth():
    values = values_of("ulcer_index", [standing(100.0)] * 26 + [standing(90.0)])
    assert np.isnan(values[:26]).all()
    assert values[26] == pytest.approx(math.sqrt(100.0 / 14.0))


@pytest.mark.parametrize("name", ["parkinson", "garman_klass", "rogers_satchell", "yang_zhang"])
def test_range_volatility_of_a_low_below_zero_is_a_number(name):
    values = values_of(name, [(1.0, 4.0, -1.0, 2.0)] * 22)
    assert np.isfinite(values[20:]).all()
