"""The synthetic market: on the calendar and the grid, seeded, with no edge but the one it names."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from config.instruments import INSTRUMENTS, get_instrument
from data.bars import check_bars
from data.calendar import minutes_since_open, session_starts, trade_dates
from data.planted_edge import EDGES
from data.synthetic import PRESETS, market_bars, synthetic_bars
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
        ({"n_bars": 0}, "`n_bars` must be in .1, 5,000,000., was 0"),
        ({"n_bars": 10**9}, "`n_bars` must be in .1, 5,000,000., was 1,000,000,000"),
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


def test_synthetic_bars_lie_on_the_sessions_of_the_exchange():
    index = synthetic_bars(276 * 262).index
    dates, counts = np.unique(trade_dates(index), return_counts=True)
    lengths = dict(zip(dates.astype(str).tolist(), counts.tolist(), strict=True))

    assert str(index[0]) == "2024-01-01 23:00:00+00:00"
    assert np.is_busday(dates).all()
    assert {"2024-03-29", "2024-12-25", "2025-01-01"}.isdisjoint(lengths)  # Good Friday and so on
    # 12:00 Chicago on holidays with a morning, 12:15 on the eves
    assert (lengths["2024-07-04"], lengths["2024-11-28"]) == (228, 228)
    assert (lengths["2024-07-03"], lengths["2024-11-29"], lengths["2024-12-24"]) == (231, 231, 231)
    assert list(lengths.values()).count(276) == 253
    assert set(minutes_since_open(index)) == set(range(0, 1_380, 5))
    assert (minutes_since_open(index)[session_starts(index)] == 0).all()


def test_synthetic_bars_sessions_move_with_daylight_saving():
    index = synthetic_bars(276 * 250).index

    assert pd.Timestamp("2024-03-08 23:00", tz="UTC") not in index
    assert pd.Timestamp("2024-03-10 22:00", tz="UTC") in index
    assert pd.Timestamp("2024-11-03 22:00", tz="UTC") not in index
    assert pd.Timestamp("2024-11-03 23:00", tz="UTC") in index


def test_synthetic_bars_open_near_the_last_close_except_after_a_break():
    bars = synthetic_bars(27_600)
    steps = np.abs(bars["open"].to_numpy()[1:] - bars["close"].to_numpy()[:-1])
    is_gap = session_starts(bars.index)[1:]

    assert np.median(steps[~is_gap]) <= 0.5
    assert np.median(steps[is_gap]) > 10.0


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
def test_overreaction_fading_earns_and_following_loses(seed):
    bars = synthetic_bars(27_600, "overreaction", seed)

    assert daily_sharpe(bars, net_pnl_usd(bars, fading_targets(bars))) > 8.0
    assert daily_sharpe(bars, net_pnl_usd(bars, crossing_targets(bars))) < -6.0


def test_overreaction_mispricing_can_be_read_from_the_closes():
    """The docstring's recursion on moves predicts the next one with slope -(1 - phi) = -.083."""
    products, squares = 0.0, 0.0
    for seed in range(5, 9):
        moves = bar_returns(synthetic_bars(92_010, "overreaction", seed))
        mispricing = np.zeros(len(moves) + 1)
        for bar, move in enumerate(moves):
            mispricing[bar + 1] = 0.96680 * mispricing[bar] + 0.6 * move
        products += np.sum(moves * mispricing[:-1])
        squares += np.sum(mispricing[:-1] ** 2)

    assert products / squares == pytest.approx(-0.0830, abs=0.005)


@pytest.mark.parametrize(
    ("preset", "sd_ticks"),
    [("planted_edge_weak", 1.0), ("planted_edge", 2.0), ("planted_edge_strong", 4.0)],
)
def test_planted_edge_signals_tell_the_next_bar_s_drift(preset, sd_ticks):
    """The best guess from four signals of noise 4 is sqrt(17) / 20 of their sum, in sd."""
    n_bars = 300_000
    bars = synthetic_bars(n_bars, preset, seed=2)
    plain = market_bars(n_bars, replace(PRESETS[preset], edge=None), seed=2, symbol="MNQ")
    columns = ["signal_1", "signal_2", "signal_3", "signal_4"]
    guess = sd_ticks * bars[columns].sum(axis=1).to_numpy() * np.sqrt(17.0) / 20.0
    body_ticks = ((bars["close"] - bars["open"]) / 0.25).to_numpy()
    shock_ticks = ((plain["close"] - plain["open"]) / 0.25).to_numpy()
    level = (bars["open"] / plain["open"]).to_numpy()
    drift_ticks = body_ticks - level * shock_ticks  # the martingale of the seed has the same shocks

    assert list(bars.columns) == ["open", "high", "low", "close", "volume", *columns]
    # from shares of the open to a sum of both: what is left over is rounding and a product
    assert drift_ticks.std() == pytest.approx(sd_ticks, rel=0.25 / sd_ticks)
    slope = np.sum(drift_ticks[1:] * guess[:-1]) / np.sum(guess[:-1] ** 2)
    assert slope == pytest.approx(1.0, abs=0.05)
    assert abs(np.corrcoef(drift_ticks[:-100], guess[100:])[0, 1]) < 0.02


def test_planted_edge_is_that_of_its_registry():
    assert PRESETS["planted_edge_weak"].edge == EDGES["weak"]
    assert PRESETS["planted_edge"].edge == EDGES["medium"]
    assert PRESETS["planted_edge_strong"].edge == EDGES["strong"]
    assert [name for name, market in PRESETS.items() if market.edge is not None] == [
        "planted_edge_weak",
        "planted_edge",
        "planted_edge_strong",
    ]


@pytest.mark.parametrize("preset", [name for name in PRESETS if "planted" in name] + ["martingale"])
def test_preset_without_prices_that_predict_has_no_other_edge(preset):
    market = PRESETS[preset]

    assert (market.annual_drift, market.drift_regime_sd, market.overshoot) == (0.0, 0.0, 0.0)
    martingale = PRESETS["martingale"]
    plain = replace(market, edge=None, annual_volatility=martingale.annual_volatility)
    assert plain == martingale


def volatility(returns):
    return float(np.sqrt(np.mean(returns**2)))


def median_size(returns):
    return float(np.median(np.abs(returns)))


def test_shift_raises_volatility_after_its_documented_session():
    dates = trade_dates(synthetic_bars(276 * 200).index)
    before = dates < np.unique(dates)[120]
    ratios = []
    for seed in range(3):
        shifted, usual = (
            bar_returns(synthetic_bars(276 * 200, preset, seed)) for preset in ("shift", "default")
        )
        np.testing.assert_array_equal(shifted[before], usual[before])
        ratios.append(median_size(shifted[~before]) / median_size(usual[~before]))

    # fatter tails at the same variance make a typical move smaller
    assert 1.4 < np.mean(ratios) < 1.9


def test_shift_can_be_put_elsewhere():
    early = replace(PRESETS["shift"].shift, after_sessions=1)
    bars = market_bars(552, replace(PRESETS["shift"], shift=early), seed=3)
    usual = synthetic_bars(552, seed=3)

    pd.testing.assert_frame_equal(bars.iloc[:276], usual.iloc[:276])
    assert volatility(bar_returns(bars)[276:]) > 1.3 * volatility(bar_returns(usual)[276:])


def test_crisis_is_wilder_and_falls():
    crisis, usual = (
        [synthetic_bars(276 * 250, preset, seed) for seed in range(4)]
        for preset in ("crisis", "default")
    )

    for wild, calm in zip(crisis, usual, strict=True):
        assert volatility(bar_returns(wild)) > 1.7 * volatility(bar_returns(calm))
    assert np.mean([np.log(bars["close"].iloc[-1] / 20_000.0) for bars in crisis]) < -0.2


def test_market_volume_of_nq_is_a_share_of_that_of_mnq():
    mnq, nq = (synthetic_bars(2_000, symbol=symbol)["volume"].sum() for symbol in ("MNQ", "NQ"))

    assert nq / mnq == pytest.approx(0.4, rel=0.01)
