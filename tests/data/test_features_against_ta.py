"""Every column that the `ta` library has too, against it, through series with a RangeIndex.

What is in true ranges here is in points there, and is multiplied back. Not compared: what `ta` does
not have in this form, such as session_return, close_location or the regimes; it is worked out by
hand instead. `ta` has no value for %K of a zero range and 100 for the RSI of a standstill; ours are
50, and such bars are left out here.
"""

import numpy as np
import pytest

from scripts.benchmarks.ta_bars import TaBars
from scripts.benchmarks.ta_common import IN_OUR_UNIT, IN_POINTS, ta_common
from tests.helpers.against_ta import FRAMES, assert_agrees, owner_of

TRADED = {"ease_of_movement"}
"""Of which `ta` has no finite value without volume: they get bars that were all traded."""

COMPARED_SHARE = {"obv_change": 0.5}
"""Share of the bars that must be there to compare; 0.99 where none is named."""


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize("column", IN_OUR_UNIT)
def test_feature_agrees_with_ta_after_warm_up(column, frame_name):
    frame = FRAMES[frame_name]()
    if column in TRADED:
        frame = frame.assign(volume=frame["volume"] + 1.0)
    theirs = IN_OUR_UNIT[column](TaBars(frame)).to_numpy()
    share = COMPARED_SHARE.get(column, 0.99)
    assert_agrees(owner_of(column), column, frame, theirs, share=share)


@pytest.mark.parametrize("frame_name", FRAMES)
@pytest.mark.parametrize("column", IN_POINTS)
def test_feature_in_true_ranges_agrees_with_ta_in_points(column, frame_name):
    frame = FRAMES[frame_name]()
    bars = TaBars(frame)
    theirs = IN_POINTS[column](bars).to_numpy()
    unit = bars.true_range().to_numpy()
    assert_agrees(owner_of(column), column, frame, theirs, unit=unit)


def test_column_in_points_is_divided_by_the_true_range():
    bars = TaBars(FRAMES["walk"]().iloc[:500])
    in_points = IN_POINTS["macd"](bars).to_numpy()
    expected = in_points[100:] / bars.true_range().to_numpy()[100:]
    assert np.array_equal(ta_common("macd", bars)[100:], expected)
