"""On a market without an edge, whatever trades loses its costs; who profits has seen the future."""

import numpy as np

from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from env.actions import Action

N_BARS = 12_000
SEEDS = range(6)
COST_PER_SIDE_USD = 0.62 + 0.50  # commission and one tick of slippage


class FadeTheLastBar:
    """Trade against the last bar's move; with `peek` 1, against a move that is yet to come."""

    def __init__(self, peek: int):
        self.name = f"fade, peeking {peek} bars"
        self._peek = peek

    def reset(self, market, settings):
        self._closes = market.bars.close

    def decide(self, bar, observation):
        last = min(bar + self._peek, len(self._closes) - 1)
        move = self._closes[last] - self._closes[last - 1]
        if self._peek:
            move = -move
        return Action.SELL if move > 0 else Action.BUY


def gross_usd_per_seed(peek: int) -> np.ndarray:
    """Return what is left when all costs are added back, USD per seed."""
    gross = []
    for seed in SEEDS:
        bars = synthetic_bars(N_BARS, "martingale", seed=seed)
        engine = BacktestEngine(bars, initial_capital=1_000_000.0)
        result = engine.run_with_policy(FadeTheLastBar(peek))
        sides = result.fills["quantity"].abs().sum()
        assert sides > 1_000
        gross.append(result.metrics["net_profit_usd"] + COST_PER_SIDE_USD * sides)
    return np.array(gross)


def test_trading_a_martingale_loses_its_costs_on_average():
    gross = gross_usd_per_seed(peek=0)
    standard_error = gross.std(ddof=1) / np.sqrt(len(gross))
    assert abs(gross.mean()) < 3.0 * standard_error


def test_trading_a_martingale_with_one_bar_of_the_future_is_found_out():
    gross = gross_usd_per_seed(peek=1)
    standard_error = gross.std(ddof=1) / np.sqrt(len(gross))
    assert gross.mean() > 10.0 * standard_error
