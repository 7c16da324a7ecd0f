"""The whole way from signals under noise to trades: averages, a family, its store, a preset.

Market, options and presets are those of the commands in docs/signals.md. Slow, all of it: an edge
of medium strength takes months of bars to show.
"""

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from backtest.forecast_strategy import ForecastStrategy, signal_account
from config.forecast_settings import ForecastSettings
from config.signal_settings import SIGNALS
from data.forecast_store import with_forecasts
from data.planted_edge import EDGES
from data.synthetic import synthetic_bars
from scripts.forecast_commands.walking import fill_store

N_BARS, SEED = 40_000, 0
AVERAGES = (2, 4)
"""The optimal filter of the planted drift has a half-life of 3 bars."""

pytestmark = pytest.mark.slow


def forecast_frame(bars, features, folder):
    """Return the bars with the forecasts that `forecast.py train` makes of them."""
    settings = ForecastSettings(
        family="quantile_regression",
        horizons=(12,),
        features=features,
        averages=AVERAGES,
    )
    fill_store(bars, settings, folder, workers=None, has_tensorboard=False, is_quiet=True)
    return with_forecasts(bars, folder)


def trades_of(frame, preset):
    """Return the trades of a preset from the first forecast on."""
    start = frame["forecast_h12_q50"].first_valid_index()
    engine = BacktestEngine(frame, initial_capital=50_000.0, start=start)
    return engine.run_with_strategy(ForecastStrategy(preset), signal_account(preset)).trades


@pytest.fixture(scope="module", name="planted")
def _planted(tmp_path_factory):
    bars = synthetic_bars(N_BARS, "planted_edge", seed=SEED)
    folder = tmp_path_factory.mktemp("planted") / "store"
    return forecast_frame(bars, EDGES["medium"].signal_columns, folder)


@pytest.fixture(scope="module", name="martingale")
def _martingale(tmp_path_factory):
    """Return a market that nothing foretells, beside signals that foretell another one."""
    bars = synthetic_bars(N_BARS, "martingale", seed=SEED)
    other = synthetic_bars(N_BARS, "planted_edge", seed=SEED)
    signals = {name: other[name].to_numpy() for name in EDGES["medium"].signal_columns}
    folder = tmp_path_factory.mktemp("martingale") / "store"
    return forecast_frame(bars.assign(**signals), (*signals, "log_return"), folder)


@pytest.mark.parametrize("preset", sorted(SIGNALS))
def test_signals_of_a_family_that_sees_averages_earn_more_than_costs(planted, preset):
    trades = trades_of(planted, preset)
    assert len(trades) > 200
    assert np.isin([-1, 1], trades["direction"]).all()
    assert trades["net_usd"].mean() > 2 * trades["net_usd"].sem()


@pytest.mark.parametrize("preset", sorted(SIGNALS))
def test_signals_of_a_family_that_sees_averages_do_not_trade_a_martingale(martingale, preset):
    assert len(trades_of(martingale, preset)) == 0
