"""The synthetic path and its volatility: ranges of theory, exact drifts, limits, means of one."""

import numpy as np
import pytest

from data.synthetic_parameters import (
    BARS_PER_SESSION,
    MarketParameters,
    VolatilityFactor,
    jump_chances,
    persistence,
    usual_volatility,
)
from data.synthetic_path import MICRO_STEPS, autoregression, price_path


def path(n_bars, sigma=0.0, *, gap=0.0, drift=0.0, drift_price=0.0, market=(1_000.0, 0.0, 0.5)):
    """Return bars (n, 4) of constant parameters, from seed 1."""
    rng = np.random.default_rng(1)
    shape = (n_bars, MICRO_STEPS)
    draws = (
        rng.standard_normal(shape),
        rng.standard_exponential(shape),
        rng.standard_exponential(shape),
    )
    columns = (np.full(n_bars, value) for value in (gap, sigma, drift, drift_price))
    gaps, sigmas, drifts, drift_prices = columns
    return price_path(gaps, sigmas, drifts, drift_prices, draws, market)


def test_path_ranges_are_those_of_brownian_motion():
    open_, high, low, close = path(200_000, sigma=0.0001).T
    squares = np.mean((close / open_ - 1.0) ** 2)
    high_low = (high - low) / open_

    assert squares == pytest.approx(1e-8, rel=0.01)
    # E[range^2] = 4 ln 2, E[range] = 2 sqrt(2 / pi), each in units of sigma
    assert np.mean(high_low**2) / squares == pytest.approx(2.7726, rel=0.01)
    assert np.mean(high_low) == pytest.approx(0.0001 * 1.5958, rel=0.01)
    # Rogers and Satchell's estimate of the variance, free of drift
    up, down = np.log(high / open_), np.log(low / open_)
    body = np.log(close / open_)
    assert np.mean(up * (up - body) + down * (down - body)) == pytest.approx(1e-8, rel=0.01)


def test_path_extremes_contain_open_and_close():
    open_, high, low, close = path(5_000, sigma=0.01, drift=0.001, gap=0.001).T

    assert (low <= np.minimum(open_, close)).all()
    assert (high >= np.maximum(open_, close)).all()
    assert (low > 0.0).all()


def test_path_without_shocks_moves_by_its_drifts_alone():
    relative = path(3, drift=0.01)
    absolute = path(3, drift_price=2.5)
    gaps = path(3, gap=0.1)

    assert relative[:, 3] == pytest.approx([1_010.0, 1_020.1, 1_030.301])
    assert absolute[:, 0] == pytest.approx([1_000.0, 1_002.5, 1_005.0])
    assert absolute[:, 3] == pytest.approx([1_002.5, 1_005.0, 1_007.5])
    assert gaps[:, 0] == pytest.approx([1_100.0, 1_210.0, 1_331.0])
    assert gaps[:, 3] == pytest.approx([1_100.0, 1_210.0, 1_331.0])


def test_path_moves_no_further_than_the_daily_limit():
    assert path(1, drift=0.9)[0] == pytest.approx([1_000.0, 1_200.0, 1_000.0, 1_200.0])
    assert path(1, gap=-0.9)[0] == pytest.approx([800.0] * 4)


def test_path_overreaction_takes_back_what_it_added():
    """After one shock s a share of s is left to fade: half of it, bar by bar, with phi 1/2."""
    normals = np.zeros((4, MICRO_STEPS))
    normals[0] = np.sqrt(5.0) / 5.0  # five steps of sigma / sqrt(5) make one sigma
    nothing = np.zeros(4)
    far = np.zeros((4, MICRO_STEPS))
    sigma = np.array([0.01, 0.0, 0.0, 0.0])

    ohlc = price_path(nothing, sigma, nothing, nothing, (normals, far, far), (1_000.0, 0.4, 0.5))

    assert ohlc[:, 3] / ohlc[:, 0] - 1.0 == pytest.approx([0.01, -0.002, -0.001, -0.0005])


def test_autoregression_has_unit_variance_and_its_half_life():
    shocks = np.random.default_rng(2).standard_normal(400_000)
    values = autoregression(shocks, persistence(10.0))

    assert values[0] == shocks[0]
    assert values.std() == pytest.approx(1.0, abs=0.02)
    assert np.corrcoef(values[10:], values[:-10])[0, 1] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("factor", MarketParameters().volatility_factors)
def test_volatility_factor_leaves_the_mean_square_alone(factor):
    normal = np.random.default_rng(3).standard_normal(2_000_000)

    assert np.mean(np.exp(2.0 * factor.log_volatility(normal))) == pytest.approx(1.0, rel=0.03)


def test_volatility_factor_without_skew_is_the_lognormal_one():
    factor = VolatilityFactor(half_life_sessions=1.0, sd=0.5)

    # the mean of exp(2 x 0.5 p) is exp(0.5), less what is cut off beyond 2.8
    assert factor.log_volatility(np.zeros(1))[0] == pytest.approx(-0.25, abs=0.01)
    cut = factor.log_volatility(np.array([2.8, 50.0, -2.8, -50.0]))
    assert cut[0] == cut[1] == pytest.approx(cut[3] + 2.8)


def test_volatility_of_the_day_peaks_at_the_opening_of_rth():
    usual = usual_volatility(MarketParameters())

    assert len(usual) == BARS_PER_SESSION
    assert np.mean(usual**2) == pytest.approx(1.0)
    assert usual.argmax() == 930 // 5


def test_jumps_come_with_releases():
    chances = jump_chances(MarketParameters(jumps_per_session=2.0))

    assert chances.sum() == pytest.approx(2.0)
    # 07:30, 09:00, 13:00: each 15 % of all, besides an even share of the other 55 %
    assert chances[[174, 192, 240]] == pytest.approx(2.0 * (0.15 + 0.55 / 276))
    assert chances[0] == pytest.approx(2.0 * 0.55 / 276)
