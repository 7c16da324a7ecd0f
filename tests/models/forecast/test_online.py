"""Tests of the online layer: labels, tracker, alarm and fallback, in a loop and row by row."""

import math
from dataclasses import replace

import numpy as np
import pytest

from config.forecast_settings import ForecastSettings
from data.forecast_names import HEADS, Head
from models.forecast.online import BaseForecasts, OnlineBars, OnlineLayer, online_bars
from tests.helpers.bars import make_bars
from utils.errors import ArtifactError

SHAPE = np.array([-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0])
"""Quantiles of each base forecast, in scales."""

SCALE = 0.01
NS = 1_000_000_000


def settings(**changes: object) -> ForecastSettings:
    """Return settings of one horizon of two bars, with a quick tracker and no alarm."""
    return ForecastSettings(**{"horizons": (2,), "tracker_rate": 0.2, "alarm": False, **changes})


def bars_of(closes: list[float], sessions: list[int] | None = None) -> OnlineBars:
    """Return bars that close at these prices, a point high and low of them, second by second."""
    prices = np.array([(close + 1.0, close - 1.0, close, 0.0) for close in closes])
    numbers = np.array(sessions if sessions is not None else [1] * len(closes), dtype=np.int64)
    return OnlineBars(
        prices=prices, sessions=numbers, stamps=NS * np.arange(1, len(closes) + 1, dtype=np.int64)
    )


def base_of(n_rows: int, n_horizons: int = 1, n_heads: int = 1, widths=(1.0,)) -> BaseForecasts:
    """Return the same forecast in all rows; one source per width, so many times as wide."""
    one = np.stack([width * SCALE * SHAPE for width in widths])
    sources = np.tile(one[:, None, None, None, :], (1, n_rows, n_horizons, n_heads, 1))
    return BaseForecasts(sources=sources, scales=np.full((n_rows, n_horizons), SCALE))


def part(bars: OnlineBars, rows: slice) -> OnlineBars:
    """Return some of the bars."""
    return OnlineBars(
        prices=bars.prices[rows], sessions=bars.sessions[rows], stamps=bars.stamps[rows]
    )


def part_of_base(base: BaseForecasts, rows: slice) -> BaseForecasts:
    """Return the forecasts of some of the rows."""
    return BaseForecasts(sources=base.sources[:, rows], scales=base.scales[rows])


def random_market(n_rows: int, n_horizons: int, widths=(1.0,)) -> tuple[OnlineBars, BaseForecasts]:
    """Return bars of sessions of 40 with roll gaps, and forecasts that vary; NaN at first."""
    draw = np.random.default_rng(3)
    closes = list(1_000.0 * np.exp(np.cumsum(draw.normal(0.0, 0.01, n_rows))))
    bars = bars_of(closes, [row // 40 for row in range(n_rows)])
    bars.prices[::17, 3] = 1.5
    base = base_of(n_rows, n_horizons, len(HEADS), widths)
    sizes = draw.uniform(0.5, 2.0, (n_rows, n_horizons))
    sources = base.sources * sizes[None, :, :, None, None]
    sources[:, :5] = np.nan
    scales = base.scales * sizes
    scales[:5] = np.nan
    return bars, BaseForecasts(sources=sources, scales=scales)


def test_layer_before_an_outcome_leaves_forecasts_as_they_are():
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    quantiles, is_fallback = layer.run(bars_of([100.0, 100.0]), base_of(2), 0)
    np.testing.assert_array_equal(quantiles[:, 0, 0], np.tile(SCALE * SHAPE, (2, 1)))
    assert not is_fallback.any()


def test_tracker_after_two_bars_moves_the_outer_levels_by_its_rate():
    """Rate .2 / 2 = .1; the return of 2 bars is log(1.05), above every quantile."""
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    quantiles, _ = layer.run(bars_of([100.0, 100.0, 105.0]), base_of(3), 0)
    np.testing.assert_allclose(layer.offsets[0, 0], [0.001, 0.005, 0.095, 0.099], atol=1e-12)
    expected = SCALE * np.array([-2.999, -1.995, -1.0, -0.5, 0.0, 0.5, 1.0, 2.095, 3.099])
    np.testing.assert_allclose(quantiles[2, 0, 0], expected, atol=1e-12)


def test_tracker_of_a_fall_below_every_quantile_widens_the_lower_side():
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    layer.run(bars_of([100.0, 100.0, 95.0]), base_of(3), 0)
    np.testing.assert_allclose(layer.offsets[0, 0], [-0.099, -0.095, -0.005, -0.001], atol=1e-12)


def test_tracker_looks_at_the_forecast_that_was_issued_not_at_the_base():
    """The .95 quantile is at 2.095 scales by row 2: 2.05 scales, at row 4, are no miss of it."""
    closes = [100.0, 100.0, 105.0, 105.0, 105.0 * math.exp(2.05 * SCALE)]
    sessions = [1] * 5
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    layer.run(bars_of(closes[:4], sessions[:4]), base_of(4), 0)
    before = layer.offsets[0, 0, 2]
    layer.run(part(bars_of(closes, sessions), slice(4, 5)), base_of(1), 4 * NS)
    assert layer.offsets[0, 0, 2] == pytest.approx(before + 0.1 * (0.95 - 1.0), abs=1e-12)


def test_tracker_that_narrows_stops_at_the_inner_quantiles():
    layer = OnlineLayer(settings(tracker_rate=1.0), 0, (Head.RETURN,))
    n_rows = 1_000
    quantiles, _ = layer.run(bars_of([100.0] * n_rows), base_of(n_rows), 0)
    assert layer.offsets[0, 0, 2] < -1.5
    assert quantiles[-1, 0, 0, 7] == SCALE * 1.0
    assert (np.diff(quantiles, axis=-1) >= 0.0).all()
    np.testing.assert_array_equal(quantiles[:, 0, 0, 2:7], np.tile(SCALE * SHAPE[2:7], (n_rows, 1)))


def test_label_across_a_session_break_teaches_nothing():
    """Rows 1 and 2 lie in one session, 3 and 4 in the next: no two bars ahead are of one."""
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    layer.run(bars_of([100.0, 100.0, 120.0, 120.0], [1, 1, 2, 2]), base_of(4), 0)
    np.testing.assert_array_equal(layer.offsets, 0.0)


def test_label_leaves_a_roll_gap_out():
    """The new contract trades 20 higher, and falls by 1: the return is below the .05 quantile."""
    bars = bars_of([100.0, 120.0, 116.0])
    bars.prices[1, 3] = 20.0
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    layer.run(bars, base_of(3), 0)
    np.testing.assert_allclose(layer.offsets[0, 0], [-0.099, -0.095, -0.005, -0.001], atol=1e-12)


def test_label_of_prices_that_are_not_positive_teaches_nothing():
    layer = OnlineLayer(settings(), 0)
    layer.run(bars_of([-5.0, 2.0, 3.0, 0.5]), base_of(4, n_heads=3), 0)
    np.testing.assert_array_equal(layer.offsets, 0.0)


def test_heads_of_the_extremes_are_settled_by_lows_and_highs_of_the_bars_ahead():
    """Low 94 is log(.94) = -6.2 scales and high 106 is 5.8: all mae, no mfe level lies above."""
    bars = bars_of([100.0, 100.0, 100.0])
    bars.prices[1, 1], bars.prices[2, 0] = 94.0, 106.0
    bars.prices[0, :2] = 150.0, 50.0
    layer = OnlineLayer(settings(), 0)
    layer.run(bars, base_of(3, n_heads=3), 0)
    np.testing.assert_allclose(layer.offsets[0, 1], [-0.099, -0.095, -0.005, -0.001], atol=1e-12)
    np.testing.assert_allclose(layer.offsets[0, 2], [0.001, 0.005, 0.095, 0.099], atol=1e-12)


def test_quantiles_of_the_extremes_keep_their_sign_and_their_gaps():
    layer = OnlineLayer(settings(), 0)
    base = base_of(2, n_heads=3)
    base.sources[:, 0] = np.nan
    quantiles, _ = layer.run(bars_of([100.0] * 2), base, 0)
    assert np.isnan(quantiles[0]).all()
    np.testing.assert_array_equal(quantiles[1, 0, 1], SCALE * np.minimum(SHAPE, 0.0))
    np.testing.assert_array_equal(quantiles[1, 0, 2], SCALE * np.maximum(SHAPE, 0.0))


def test_alarm_after_38_misses_of_200_gives_the_fallback_until_22_are_left():
    """One bar ahead, so that every row settles one: 162 flat, 38 jumps up, then flat for good."""
    closes = [100.0] * 163 + [100.0 * 1.1**k for k in range(1, 39)] + [100.0 * 1.1**38] * 400
    layer = OnlineLayer(settings(horizons=(1,), tracker_rate=0.0, alarm=True), 0, (Head.RETURN,))
    n_rows = len(closes)
    quantiles, is_fallback = layer.run(bars_of(closes), base_of(n_rows, widths=(1.0, 3.0)), 0)
    on = np.flatnonzero(is_fallback[:, 0])
    assert on[0] == 200
    # the 16th miss leaves the window 200 outcomes after it came in, at row 162 + 16
    assert on[-1] == 162 + 16 + 200 - 1
    assert on[-1] - on[0] == len(on) - 1
    np.testing.assert_array_equal(quantiles[200, 0, 0], 3.0 * SCALE * SHAPE)
    np.testing.assert_array_equal(quantiles[199, 0, 0], SCALE * SHAPE)
    np.testing.assert_array_equal(quantiles[-1, 0, 0], SCALE * SHAPE)


def test_alarm_with_one_miss_less_stays_off():
    closes = [100.0] * 164 + [100.0 * 1.1**k for k in range(1, 38)] + [100.0 * 1.1**37] * 200
    layer = OnlineLayer(settings(horizons=(1,), tracker_rate=0.0, alarm=True), 0, (Head.RETURN,))
    _, is_fallback = layer.run(bars_of(closes), base_of(len(closes), widths=(1.0, 3.0)), 0)
    assert not is_fallback.any()


def test_alarm_counts_outcomes_that_do_not_overlap():
    """5 bars ahead in a session of 1,206 bars: outcomes are known from row 5 on, every fifth."""
    layer = OnlineLayer(settings(horizons=(5,), alarm=True), 0, (Head.RETURN,))
    closes = [100.0 * 1.1**k for k in range(1_206)]
    _, is_fallback = layer.run(bars_of(closes), base_of(1_206, widths=(1.0, 1.0)), 0)
    assert np.flatnonzero(is_fallback[:, 0])[0] == 5 + 5 * 199


def test_alarm_switched_off_has_one_source_and_never_falls_back():
    layer = OnlineLayer(settings(horizons=(1,)), 0, (Head.RETURN,))
    closes = [100.0 * 1.1**k for k in range(400)]
    _, is_fallback = layer.run(bars_of(closes), base_of(400), 0)
    assert not is_fallback.any()


@pytest.mark.parametrize("cut", [1, 37, 40, 41, 300])
def test_layer_in_two_runs_gives_the_bits_of_one(cut):
    chosen = settings(horizons=(1, 3, 12), tracker_rate=0.02, alarm=True)
    bars, base = random_market(600, 3, widths=(0.5, 1.0))
    whole, is_fallback = OnlineLayer(chosen, 0).run(bars, base, 0)
    layer = OnlineLayer(chosen, 0)
    first = layer.run(part(bars, slice(cut)), part_of_base(base, slice(cut)), 0)
    other = OnlineLayer(chosen, 0)
    other.load_arrays(layer.arrays(), "here")
    rest = slice(cut, None)
    second = other.run(part(bars, rest), part_of_base(base, rest), layer.until)
    np.testing.assert_array_equal(np.concatenate([first[0], second[0]]), whole)
    np.testing.assert_array_equal(np.concatenate([first[1], second[1]]), is_fallback)
    assert is_fallback.any()
    assert not is_fallback.all()


def test_layer_row_by_row_gives_the_bits_of_the_loop():
    chosen = settings(horizons=(1, 3, 12), tracker_rate=0.02, alarm=True)
    bars, base = random_market(400, 3, widths=(0.5, 1.0))
    whole, _ = OnlineLayer(chosen, 0).run(bars, base, 0)
    layer = OnlineLayer(chosen, 0)
    rows = [slice(row, row + 1) for row in range(400)]
    parts = [layer.run(part(bars, r), part_of_base(base, r), layer.until)[0] for r in rows]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("row", [50, 130, 399])
def test_layer_at_a_row_does_not_see_later_ones(row):
    chosen = settings(horizons=(1, 3, 12), tracker_rate=0.02, alarm=True)
    bars, base = random_market(400, 3, widths=(0.5, 1.0))
    before, _ = OnlineLayer(chosen, 0).run(bars, base, 0)
    bars.prices[row:, :3] *= 2.0
    base.sources[:, row:] *= 3.0
    after, _ = OnlineLayer(chosen, 0).run(bars, base, 0)
    np.testing.assert_array_equal(after[:row], before[:row])
    assert not np.array_equal(after[row:], before[row:])


def test_layer_after_a_hole_in_the_bars_forgets_what_was_open_and_keeps_its_offsets():
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    layer.run(bars_of([100.0, 100.0, 105.0]), base_of(3), 0)
    known = layer.offsets
    later = bars_of([130.0, 130.0])
    later = replace(later, stamps=later.stamps + 60 * NS)
    layer.run(later, base_of(2), 59 * NS)
    np.testing.assert_array_equal(layer.offsets, known)


def test_layer_of_a_copy_leaves_the_first_as_it_was():
    layer = OnlineLayer(settings(), 0, (Head.RETURN,))
    twin = layer.copy()
    twin.run(bars_of([100.0, 100.0, 105.0]), base_of(3), 0)
    assert not layer.offsets.any()
    assert twin.offsets.any()
    assert (layer.until, twin.until) == (0, 3 * NS)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("offsets", np.full((2, 1, 3, 4), np.nan), "`offsets` holds NaN"),
        ("offsets", np.zeros((1, 1, 3, 4)), "`offsets` must be float64 of shape"),
        ("misses", np.full((1, 200), 2), "`misses` must hold 0 and 1"),
        ("clock", np.array([3, 0, 4]), "`clock` counts no rows"),
        ("alarms", np.array([[0, 1, 0, 0]]), "`alarms` does not go with"),
        ("alarms", np.array([[0, 0, 0, 7]]), "`alarms` does not go with"),
        ("until", np.zeros(1), "`until` must be int64"),
        ("strange", np.zeros(1), "`strange` is not known"),
    ],
)
def test_layer_of_damaged_arrays_is_refused_and_stays_as_it_was(name, value, message):
    layer = OnlineLayer(settings(alarm=True), 7)
    arrays = {**layer.arrays(), name: value}
    with pytest.raises(ArtifactError, match=message):
        layer.load_arrays(arrays, "a file")
    assert layer.until == 7


def test_layer_of_missing_arrays_is_refused():
    layer = OnlineLayer(settings(), 7)
    arrays = {name: array for name, array in layer.arrays().items() if name != "issued"}
    with pytest.raises(ArtifactError, match="`a file`: online array `issued` is missing"):
        layer.load_arrays(arrays, "a file")


def test_online_bars_of_a_frame_take_sessions_from_the_calendar_and_gaps_from_the_column():
    """The 276th bar after 17:00 is the next session's first."""
    frame = make_bars([(10.0, 12.0, 9.0, 11.0)] * 290)
    is_open = np.r_[0:276, 288:290]
    bars = online_bars(frame.iloc[is_open].assign(roll_gap=2.0), "MNQ")
    np.testing.assert_array_equal(bars.prices[0], [12.0, 9.0, 11.0, 2.0])
    assert np.flatnonzero(np.diff(bars.sessions)).tolist() == [275]
    assert bars.stamps[1] - bars.stamps[0] == 300 * NS
    assert bars.prices.shape[1] == 4


def test_alarm_of_the_fallback_itself_has_nothing_to_fall_back_on():
    layer = OnlineLayer(
        settings(family="ewma_fhs", horizons=(1,), tracker_rate=0.0, alarm=True), 0, (Head.RETURN,)
    )
    closes = [100.0 * 1.1**k for k in range(400)]
    quantiles, is_fallback = layer.run(bars_of(closes), base_of(400, widths=(1.0,)), 0)
    assert layer.arrays()["alarms"][0, 3] == 1
    assert not is_fallback.any()
    assert np.isfinite(quantiles).all()


def test_alarm_that_is_on_marks_no_row_without_a_forecast():
    layer = OnlineLayer(settings(horizons=(1,), tracker_rate=0.0, alarm=True), 0, (Head.RETURN,))
    base = base_of(400, widths=(1.0, 3.0))
    base.sources[:, -5:], base.scales[-5:] = np.nan, np.nan
    closes = [100.0 * 1.1**k for k in range(400)]
    _, is_fallback = layer.run(bars_of(closes), base, 0)
    assert is_fallback[-6, 0]
    assert not is_fallback[-5:].any()
