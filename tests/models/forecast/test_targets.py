"""Labels: by hand, within their session, with rolls taken out, from nothing but the bars ahead."""

import numpy as np
import pytest

from data.forecast_names import HEADS, Head
from data.synthetic import synthetic_bars
from models.forecast.targets import forecast_targets
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import assert_same_bits
from tests.helpers.forecast_bars import poisoned
from utils.errors import ConfigError

# open, high, low, close
ROWS = (
    (100.0, 101.0, 99.0, 100.0),
    (100.0, 104.0, 100.0, 103.0),
    (103.0, 103.0, 95.0, 96.0),
    (96.0, 98.0, 96.0, 97.0),
)
LATE = "2024-01-02T21:50:00Z"
"""15:50 Chicago: two bars before the session's end, the next ones an hour later."""


def _night(rows):
    """Return four bars of which the first two end a session."""
    bars = make_bars(rows, start=LATE)
    stamps = bars.index.to_series()
    stamps.iloc[2:] += np.timedelta64(60, "m")
    return bars.set_axis(stamps.rename("timestamp"), axis=0)


def test_targets_of_two_bars_are_as_counted_by_hand():
    targets = forecast_targets(make_bars(ROWS), "MNQ", (2,))
    expected = {
        Head.RETURN: [np.log(96 / 100), np.log(97 / 103)],
        Head.MAE: [np.log(95 / 100), np.log(95 / 103)],
        # from row 1 on price never is above its close
        Head.MFE: [np.log(104 / 100), 0.0],
    }
    for head, values in expected.items():
        np.testing.assert_allclose(targets.of(2, head), [*values, np.nan, np.nan], rtol=1e-12)


def test_targets_of_extremes_keep_their_sign_over_a_jump():
    up = make_bars([(100.0,) * 4, (102.0, 103.0, 101.0, 103.0)])
    down = make_bars([(100.0,) * 4, (98.0, 99.0, 97.0, 97.0)])
    rising, falling = (forecast_targets(bars, "MNQ", (1,)) for bars in (up, down))
    assert (rising.of(1, Head.MAE)[0], falling.of(1, Head.MFE)[0]) == (0.0, 0.0)
    assert rising.of(1, Head.MFE)[0] == pytest.approx(np.log(1.03))
    assert falling.of(1, Head.MAE)[0] == pytest.approx(np.log(0.97))


def test_targets_realised_variance_is_the_sum_over_the_bars_ahead():
    targets = forecast_targets(make_bars(ROWS), "MNQ", (1,))
    square, body = np.log(103 / 95) ** 2, np.log(96 / 103) ** 2
    parkinson = square / 2.772589
    garman_klass = 0.5 * square - 0.386294 * body
    assert targets.realised[1, 0] == pytest.approx(0.5 * (parkinson + garman_klass), rel=1e-6)
    both = forecast_targets(make_bars(ROWS), "MNQ", (2,)).realised[0, 0]
    assert both == pytest.approx(targets.realised[0, 0] + targets.realised[1, 0])
    assert np.isnan(targets.realised[3, 0])


def test_targets_that_would_cross_the_night_are_not_known():
    targets = forecast_targets(_night(ROWS), "MNQ", (1, 2))
    np.testing.assert_array_equal(np.isnan(targets.of(1, Head.RETURN)), [False, True, False, True])
    assert np.isnan(targets.of(2, Head.MAE)).all()
    # trade dates 2024-01-02 and 2024-01-03
    np.testing.assert_array_equal(targets.sessions, [19_724, 19_724, 19_725, 19_725])


def test_targets_leave_the_gap_of_a_roll_out():
    rows = [tuple(price + (50.0 if t >= 2 else 0.0) for price in row) for t, row in enumerate(ROWS)]
    rolled = make_bars(rows).assign(roll_gap=[0.0, 0.0, 50.0, 0.0])
    plain = forecast_targets(make_bars(ROWS), "MNQ", (2,))
    found = forecast_targets(rolled, "MNQ", (2,))
    np.testing.assert_allclose(found.y[:2], plain.y[:2], rtol=1e-12)


def test_targets_of_prices_that_are_not_positive_are_not_known():
    rows = [tuple(price - 100.0 for price in row) for row in ROWS]
    targets = forecast_targets(make_bars(rows), "MCL", (1,))
    assert np.isnan(targets.y).all()
    assert np.isnan(targets.realised).all()


def test_targets_of_fewer_bars_than_the_horizon_are_not_known():
    targets = forecast_targets(make_bars(ROWS), "MNQ", (4, 9))
    assert targets.y.shape == (4, 2, len(HEADS))
    assert np.isnan(targets.y).all()


def test_targets_unknown_symbol_is_refused():
    with pytest.raises(ConfigError, match="unknown symbol"):
        forecast_targets(make_bars(ROWS), "MNX", (1,))


@pytest.mark.parametrize("last", [700, 1_003])
def test_targets_see_the_bars_of_their_horizon_and_none_beyond(last):
    bars, horizons = synthetic_bars(1_400, seed=3), (3, 12)
    whole = forecast_targets(bars, "MNQ", horizons)
    cut = forecast_targets(bars.iloc[:last], "MNQ", horizons)
    later = forecast_targets(poisoned(bars, last), "MNQ", horizons)
    for place, horizon in enumerate(horizons):
        known = last - horizon
        for other in (cut, later):
            assert_same_bits(other.y[:known, place], whole.y[:known, place])
            assert_same_bits(other.realised[:known, place], whole.realised[:known, place])
        assert np.isnan(cut.y[known:, place]).all()
        # a poison that reached nothing would prove nothing
        assert not np.array_equal(later.y[known:last, place], whole.y[known:last, place])
