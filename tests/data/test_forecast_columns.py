"""Columns of forecasts: their names, and values worked out by hand."""

import math

import numpy as np
import pytest

from data.forecast_columns import (
    all_columns,
    column_values,
    derived_column,
    horizons_of,
    nominal_constants,
    usual_columns,
)
from utils.errors import ConfigError

#                  .01   .05   .1   .25   .5   .75   .9   .95   .99
BY_HAND = np.array([-9.0, -4.0, -3.0, -1.0, 1.0, 2.0, 3.0, 4.0, 9.0]) * 1e-3


def test_columns_of_two_horizons_are_named_by_horizon_then_head():
    names = all_columns((3, 12))

    assert len(names) == 2 * (27 + 3 + 1)
    assert names[:2] == ("forecast_h3_q01", "forecast_h3_q05")
    assert names[9] == "forecast_h3_mae_q01"
    assert names[27:32] == (
        "forecast_h3_spread",
        "forecast_h3_location",
        "forecast_h3_skew",
        "forecast_h3_fallback",
        "forecast_h12_q01",
    )
    assert len(set(names)) == len(names)


def test_usual_columns_are_the_three_derived_ones_of_each_horizon():
    assert usual_columns((3, 12)) == (
        "forecast_h3_spread",
        "forecast_h3_location",
        "forecast_h3_skew",
        "forecast_h12_spread",
        "forecast_h12_location",
        "forecast_h12_skew",
    )


def test_column_values_are_those_worked_out_by_hand():
    quantiles = np.stack([BY_HAND, BY_HAND - 1.0, BY_HAND + 1.0]).reshape(1, 1, 3, 9)
    names = [
        "forecast_h12_q05",
        "forecast_h12_mae_q50",
        "forecast_h12_mfe_q99",
        "forecast_h12_spread",
        "forecast_h12_location",
        "forecast_h12_skew",
        "forecast_h12_fallback",
    ]

    values = column_values(names, (12,), quantiles, np.array([[True]]))

    # q95 - q05 = 8e-3; q50 = 1e-3; q95 + q05 - 2 q50 = -2e-3
    expected = [-4e-3, 1e-3 - 1.0, 1.009, math.log(8e-3), 0.125, -0.25, 1.0]
    np.testing.assert_allclose(values, [expected], rtol=1e-12)


def test_column_values_of_a_row_by_itself_are_those_among_others_to_the_bit():
    rng = np.random.default_rng(1)
    quantiles = np.sort(rng.standard_normal((1_001, 2, 3, 9)) * 1e-3, axis=-1)
    is_fallback = rng.random((1_001, 2)) < 0.5
    names = all_columns((3, 12))

    together = column_values(names, (3, 12), quantiles, is_fallback)

    for row in range(0, 1_001, 7):
        alone = column_values(names, (3, 12), quantiles[row][None], is_fallback[row][None])
        assert alone.tobytes() == together[row].tobytes()


def test_column_values_of_an_unknown_column_name_the_nearest_one():
    quantiles = np.broadcast_to(BY_HAND, (1, 1, 3, 9))

    with pytest.raises(ConfigError, match="did you mean `forecast_h12_spread`"):
        column_values(["forecast_h12_spred"], (12,), quantiles, np.array([[False]]))


def test_horizons_of_columns_are_read_from_their_names():
    names = ["rsi", "forecast_h36_q05", "forecast_trained_until", "forecast_h3_spread"]

    assert horizons_of(names) == (3, 36)
    assert horizons_of(["forecast_h0_q05", "forecast_hx_q05", "forecast_h3"]) == ()


def test_nominal_constants_of_a_spread_grow_with_the_horizon_and_are_never_zero():
    low, high = nominal_constants("forecast_h3_spread"), nominal_constants("forecast_h12_spread")

    assert high[0] - low[0] == pytest.approx(math.log(2.0))
    assert all(nominal_constants(name)[1] > 0 for name in all_columns((1, 36)))
    assert nominal_constants(derived_column(3, "location"))[0] == 0.0
