"""The rules that make the numbers of a bar impossible, number by number."""

import numpy as np
import pytest

from config.instruments import get_instrument
from data import row_masks

MNQ = get_instrument("MNQ")


def column(*values):
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite_points_at_nan_and_infinity_in_any_column(bad):
    assert row_masks.not_finite([column(1, 2), column(bad, 4)]).tolist() == [True, False]


def test_low_above_and_high_below_ask_the_open_and_the_close():
    open_, close = column(100, 100, 102, 100), column(102, 102, 100, 102)

    assert row_masks.low_above(open_, column(100, 101, 101, np.nan), close).tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert row_masks.high_below(open_, column(102, 101, 101, np.nan), close).tolist() == [
        False,
        True,
        True,
        False,
    ]


def test_negative_and_not_positive_differ_at_zero():
    assert row_masks.negative(column(-1, 0, 1, np.nan)).tolist() == [True, False, False, False]
    assert row_masks.not_positive([column(5, 5, 5, 5), column(-1, 0, 1, np.nan)]).tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_off_tick_leaves_what_is_no_number_to_another_rule():
    prices = [column(100, 100, 100, 100), column(100.25, 100.3, np.nan, np.inf)]

    assert row_masks.off_tick(prices, MNQ).tolist() == [False, True, False, False]
