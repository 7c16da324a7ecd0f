"""The synthetic market: on the calendar and the grid, seeded, and with the edge it says it has."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import INSTRUMENTS, get_instrument
from data.bars import check_bars
from data.calendar import is_rth, minutes_since_open, session_starts, trade_dates
from data.synthetic import PRESETS, synthetic_bars
from utils.errors import ConfigError

MNQ_POINT_USD = 2.0
MNQ_COST_PER_SIDE_USD = 0.62 + 0.50  # commission, and one tick of slippage


def bar_returns(bars):
    return (bars["close"] / bars["open"] - 1.0).to_numpy()


def net_pnl_usd(bars, targets):
    """Return what one MNQ contract earns per bar; targets[t] is decided at the close of t."""
    position = np.concatenate([[0.0], targets[:-1]])
    before = np.concatenate([[0.0], position[:-1]])
    gap = np.concatenate([[0.0], bars["open"].to_numpy()[1:] - bars["close"].to_numpy()[:-1]])
    body = (bars["close"] - bars["open"]).to_numpy()
    costs = MNQ_COST_PER_SIDE_USD * np.abs(position - before)
    return MNQ_POINT_USD * (before * gap + position * body) - costs


def fading_targets(bars):
    """Return -1 where the close is one deviation above its EMA(10), +1 below, else the last one."""
    distance = bars["close"] - bars["close"].ewm(span=10, adjust=False).mean()
    z = distance / distance.rolling(50).std()
    signal = np.where(z > 1.0, -1.0, np.where(z < -1.0, 1.0, np.nan))
    return pd.Series(signal).ffill().fillna(0.0).to_numpy()


def crossing_targets(bars):
    """Return the side of a 20/50 moving-average cross."""
    fast, slow = (bars["close"].rolling(n).mean() for n in (20, 50))
    return np.sign(fast - slow).fillna(0.0).to_numpy()


def daily_sharpe(bars, pnl):
    daily = pd.Series(pnl).groupby(trade_dates(bars.index)).sum()
    return float(daily.mean() / daily.std() * np.sqrt(252))


@pytest.mark.parametrize("preset", PRESETS)
def test_synthetic_bars_equal_seed_gives_identical_bars(preset):
    first, second = (synthetic_bars(1_000, preset, seed=7) for _ in range(2))

    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not first.equals(synthetic_bars(1_000, preset, seed=8))


@pytest.mark.parametrize("preset", PRESETS)
def test_synthetic_bars_longer_market_begins_with_the_shorter_one(preset):
    pd.testing.assert_frame_equal(
        synthetic_bars(1_000, preset), synthetic_bars(3_001, preset).iloc[:1_000], check_exact=True
    )


@pytest.mark.parametrize("symbol", INSTRUMENTS)
def test_synthetic_bars_any_instrument_lie_on_its_grid(symbol):
    instrument = get_instrument(symbol)
    bars = synthetic_bars(500, symbol=symbol)

    assert check_bars(bars, instrument).equals(bars)
    assert instrument.to_ticks(bars["open"])[0] == 80_000


@pytest.mark.parametrize("n_bars", [1, 2, 276, 277])
def test_synthetic_bars_small_counts_are_given(n_bars):
    assert len(synthetic_bars(n_bars)) == n_bars


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_bars": 0}, "`n_bars` must be >= 1, was 0"),
        (
            {"n_bars": 9, "preset": "planted"},
            "unknown preset `planted`: did you mean `planted_edge`",
        ),
        ({"n_bars": 9, "symbol": "MNX"}, "unknown symbol `MNX`: did you mean `MNQ`"),
        ({"n_bars": 9, "seed": -1}, "`seed` must be in"),
    ],
)
def test_synthetic_bars_bad_option_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        synthetic_bars(**options)


def test_synthetic_bars_lie_on_full_weekday_sessions():
    index = synthetic_bars(276 * 250).index
    dates, counts = np.unique(trade_dates(index), return_counts=True)

    assert str(index[0]) == "2024-01-01 23:00:00+00:00"
    assert np.is_busday(dates).all()
    assert set(counts) == {276}
    assert set(minutes_since_open(index)) == set(range(0, 1_380, 5))
    assert (minutes_since_open(index)[session_starts(index)] == 0).all()


def test_synthetic_bars_sessions_move_with_daylight_saving():
    index = synthetic_bars(276 * 250).index

    assert pd.Timestamp("2024-03-08 23:00", tz="UTC") not in index
    assert pd.Timestamp("2024-03-10 22:00", tz="UTC") in index
    assert pd.Timestamp("2024-11-03 22:00", tz="UTC") not in index
    assert pd.Timestamp("2024-11-03 23:00", tz="UTC") in index


def test_synthetic_bars_look_like_index_futures():
    bars = synthetic_bars(92_010, seed=1)
    returns = bar_returns(bars)
    size = np.abs(returns)
    range_share = (bars["high"] - bars["low"]) / bars["open"]
    rth = is_rth(bars.index)

    assert 0.15 < np.sqrt(np.mean(returns**2) * 252 * 276) < 0.33
    assert 2.5 < np.mean(range_share**2) / np.mean(returns**2) < 2.9
    assert pd.Series(returns).kurt() > 5.0
    assert np.corrcoef(size[:-1], size[1:])[0, 1] > 0.2
    assert np.corrcoef(size[:-276], size[276:])[0, 1] > 0.15
    assert 0.5 < np.sum(returns[rth] ** 2) / np.sum(returns**2) < 0.75
    assert 0.5 < bars["volume"][rth].sum() / bars["volume"].sum() < 0.85
    assert np.corrcoef(size, bars["volume"])[0, 1] > 0.4
    assert bars["low"].min() > 0.0
    assert bars["volume"].min() >= 1.0


def test_synthetic_bars_open_near_the_last_close_except_after_a_break():
    bars = synthetic_bars(27_600)
    steps = np.abs(bars["open"].to_numpy()[1:] - bars["close"].to_numpy()[:-1])
    is_gap = session_starts(bars.index)[1:]

    assert np.median(steps[~is_gap]) <= 0.5
    assert np.median(steps[is_gap]) > 20.0


def test_martingale_returns_have_no_drift_and_no_memory():
    returns = bar_returns(synthetic_bars(276 * 700, "martingale", seed=11))
    scaled = returns / np.sqrt(pd.Series(returns**2).ewm(span=100).mean().shift(1).bfill())
    scaled = scaled.to_numpy()

    def t_statistic(values):
        return values.mean() / values.std() * np.sqrt(len(values))

    assert abs(t_statistic(scaled)) < 3.0
    for lag in (1, 2, 3, 5, 8, 13, 50):
        assert abs(t_statistic(scaled[lag:] * scaled[:-lag])) < 3.0


@pytest.mark.parametrize("targets", [fading_targets, crossing_targets])
def test_martingale_rule_loses_its_costs_and_nothing_else(targets):
    gross, costs, noise = 0.0, 0.0, 0.0
    for seed in range(300, 306):
        bars = synthetic_bars(27_600, "martingale", seed)
        positions = targets(bars)
        pnl = net_pnl_usd(bars, positions)
        paid = MNQ_COST_PER_SIDE_USD * np.abs(np.diff(positions[:-1], prepend=0.0)).sum()
        gross += pnl.sum() + paid
        costs += paid
        noise += np.sum(pnl**2)

    assert costs > 5_000.0
    assert abs(gross) < 2.5 * np.sqrt(noise)


@pytest.mark.parametrize("seed", [400, 401, 402])
def test_planted_edge_fading_earns_and_following_loses(seed):
    bars = synthetic_bars(27_600, "planted_edge", seed)

    assert daily_sharpe(bars, net_pnl_usd(bars, fading_targets(bars))) > 8.0
    assert daily_sharpe(bars, net_pnl_usd(bars, crossing_targets(bars))) < -6.0


def test_planted_edge_mispricing_can_be_read_from_the_closes():
    """The docstring's recursion on moves predicts the next one with slope -(1 - phi) = -.083."""
    bars = synthetic_bars(92_010, "planted_edge", seed=5)
    moves = bar_returns(bars)
    mispricing = np.zeros(len(moves) + 1)
    for bar, move in enumerate(moves):
        mispricing[bar + 1] = 0.96680 * mispricing[bar] + 0.6 * move

    slope = np.sum(moves * mispricing[:-1]) / np.sum(mispricing[:-1] ** 2)

    assert slope == pytest.approx(-0.0830, abs=0.008)
