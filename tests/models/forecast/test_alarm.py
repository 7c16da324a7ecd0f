"""Tests of the alarm's bounds, and of how often it is false."""

import numpy as np

from models.forecast.alarm import WINDOW, alarm_bounds


def test_alarm_bounds_are_the_binomial_tail_and_half_a_standard_error():
    """P(Bin(200, .1) >= 38) = .8e-4 and P(>= 37) = 1.7e-4; 20 + .5 sqrt(18) = 22.1."""
    assert alarm_bounds() == (38, 22)


def test_alarm_of_right_forecasts_is_false_less_than_once_in_250_sessions():
    """92, 23 and 7 outcomes a session that do not overlap: 3, 12 and 36 of 276 bars ahead."""
    on, off = alarm_bounds()
    draw = np.random.default_rng(11)
    n_sessions = 5_000
    alarms = 0
    for per_session in (92, 23, 7):
        missed = np.cumsum(draw.random(n_sessions * per_session) < 0.1)
        windows = missed[WINDOW:] - missed[:-WINDOW]
        is_on = False
        for misses in windows[(windows >= on) | (windows <= off)]:
            alarms += not is_on and misses >= on
            is_on = misses > off if is_on else misses >= on
    assert 250 * alarms / n_sessions < 0.5
