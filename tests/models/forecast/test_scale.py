"""The volatility layer: its averages by hand, what it learns from, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from config.forecast_settings import ForecastSettings
from data.feature_frames import walking_frame
from data.indicators.bar import feature_bars
from data.resample import resample_bars
from data.synthetic import synthetic_bars
from models.compiled.seasonal_volatility import BARS, LAST_CLOSE, N_FIRST
from models.forecast.clock import SessionClock
from models.forecast.scale import VolatilityLayer, half_lives
from models.forecast.scale_fit import fit_layer
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import assert_same_bits
from tests.helpers.forecast_bars import poisoned
from utils.errors import DataError

CLOCK = SessionClock.of("MNQ", 300)
SETTINGS = ForecastSettings(horizons=(3, 12))
N_TRAIN = 276 * 12


def _layer(**changes):
    """Return a layer whose usual variance is 1e-6 in each slot."""
    values = {
        "clock": CLOCK,
        "tick": 0.25,
        "horizons": (3,),
        "seasonal": np.full(288, 1e-6),
        "choices": np.array([2]),
        "garch": np.zeros(4),
    }
    return VolatilityLayer(**{**values, **changes})


def _fitted(bars, first=0):
    return fit_layer(bars, SETTINGS, first, CLOCK, False)


def _run(layer, bars):
    state = layer.birth()
    slots = layer.clock.places(pd.DatetimeIndex(bars.index)).slots
    return layer.run(feature_bars(bars), slots, state), state


def test_averages_of_two_bars_are_as_counted_by_hand():
    rows = [(1_000.0, 1_002.0, 999.0, 1_001.0), (1_001.0, 1_001.0, 998.0, 998.0)]
    _, state = _run(_layer(), make_bars(rows))
    shares = []
    for top, bottom, body in ((1_002, 999, 1_001 / 1_000), (1_001, 998, 998 / 1_001)):
        square = np.log(top / bottom) ** 2
        variance = 0.5 * (square / 2.7725887222 + 0.5 * square - 0.3862943611 * np.log(body) ** 2)
        shares.append(variance / 1e-6)
    # the average of half-life one bar begins with 1 and takes half of each bar
    assert state[N_FIRST] == pytest.approx(0.25 + 0.25 * shares[0] + 0.5 * shares[1], rel=1e-8)
    assert (state[BARS], state[LAST_CLOSE]) == (2.0, 998.0)


def test_bar_that_does_not_move_has_the_variance_of_a_tick():
    _, state = _run(_layer(), make_bars([(1_000.0,) * 4]))
    assert state[N_FIRST] == pytest.approx(0.5 + 0.5 * (0.25 / 1_000) ** 2 / 12 / 1e-6)


def test_return_of_a_sessions_first_bar_leaves_the_night_out():
    first = make_bars([(1_000.0, 1_000.0, 1_000.0, 1_000.0)], start="2024-01-02T21:55:00Z")
    second = make_bars([(1_100.0, 1_101.0, 1_100.0, 1_101.0)], start="2024-01-02T23:00:00Z")
    layer = _layer()
    _, state = _run(layer, pd.concat([first, second]))
    sign = state[N_FIRST + len(layer.half_lives)]
    # one tenth of a percent, in units of a thousandth; half-life 3, standardised by an average
    assert sign == pytest.approx((1 - 0.5 ** (1 / 3)) * np.log(1_101 / 1_100) / 1e-3, rel=0.02)


def test_return_at_a_roll_leaves_the_gap_out():
    rows = [(1_000.0,) * 4, (1_050.0, 1_050.0, 1_050.0, 1_050.0)]
    rolled = make_bars(rows).assign(roll_gap=[0.0, 50.0])
    _, state = _run(_layer(), rolled)
    assert (state[N_FIRST + len(_layer().half_lives) :] == 0.0).all()


def test_scales_are_the_root_of_average_times_usual_variance_ahead():
    layer = _layer()
    out = np.full((1, layer.n_outputs), 4.0)
    np.testing.assert_allclose(layer.scales(out, np.array([[3e-6]])), np.sqrt(12e-6))


def test_scale_is_known_after_a_session():
    bars = synthetic_bars(300, seed=1)
    out, _ = _run(_layer(), bars)
    assert np.isnan(out[:276]).all()
    assert np.isfinite(out[276:]).all()


def test_half_lives_are_of_bars_and_sessions_without_repetition():
    assert half_lives(276) == (1, 3, 6, 12, 24, 48, 96, 276, 1_380)
    assert half_lives(48) == (1, 3, 6, 12, 24, 48, 96, 240)


def test_fit_layer_finds_the_time_of_day():
    layer = _fitted(synthetic_bars(N_TRAIN, seed=1))
    # 08:30 Chicago against the middle of the night
    assert layer.seasonal[186] / layer.seasonal[36] > 5.0
    assert (layer.choices >= 2).all()


def test_fit_layer_does_not_change_when_later_rows_do():
    bars = synthetic_bars(N_TRAIN + 600, seed=1)
    known = _fitted(bars.iloc[:N_TRAIN])
    later = _fitted(poisoned(bars, N_TRAIN).iloc[:N_TRAIN])
    assert_same_bits(later.seasonal, known.seasonal)
    np.testing.assert_array_equal(later.choices, known.choices)
    changed = _fitted(poisoned(bars, N_TRAIN - 300).iloc[:N_TRAIN])
    assert not np.array_equal(changed.seasonal, known.seasonal)


def test_fit_layer_bars_before_training_do_not_count():
    bars = synthetic_bars(N_TRAIN, seed=1)
    wild = bars.copy()
    wild.iloc[:276, 1] += 500.0
    assert_same_bits(_fitted(wild, first=276).seasonal, _fitted(bars, first=276).seasonal)


def test_fit_layer_takes_a_slow_average_where_volatility_is_the_same_ever():
    restless = walking_frame(N_TRAIN)
    # calm and wild by turns, four hours each
    reach = np.where(np.arange(N_TRAIN) // 48 % 2 == 0, 400.0, 0.0)
    restless["high"] += reach
    restless["low"] -= reach
    assert (_fitted(walking_frame(N_TRAIN)).choices >= 6).all()
    assert _fitted(restless).choices[0] < 4


def test_fit_layer_of_half_hours_works_too():
    bars = resample_bars(synthetic_bars(N_TRAIN, seed=1), 30, CLOCK.calendar)
    clock = SessionClock.of("MNQ", 1_800)
    layer = fit_layer(bars, SETTINGS, 0, clock, False)
    assert layer.warm_up == 46
    out, _ = _run(layer, bars)
    assert np.isfinite(out[46:]).all()


def test_fit_layer_too_few_sessions_says_how_many_are_missing():
    with pytest.raises(DataError, match="at least 5 sessions, .* have 3: 2 sessions missing"):
        _fitted(synthetic_bars(276 * 3, seed=1))


def test_fit_layer_prices_that_stand_still_are_refused():
    bars = synthetic_bars(N_TRAIN, seed=1)
    bars[["open", "high", "low", "close"]] = 18_000.0
    with pytest.raises(DataError, match="all prices of the 3,312 training bars are 18000"):
        _fitted(bars)


def test_fit_layer_without_a_label_is_refused():
    bars = synthetic_bars(276 * 5, seed=1)
    thin = bars.groupby(CLOCK.sessions(pd.DatetimeIndex(bars.index))).head(3)
    with pytest.raises(DataError, match="no training bar has both"):
        _fitted(thin)
