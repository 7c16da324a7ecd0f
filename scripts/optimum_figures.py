"""What scripts/optimum.py says, as plain numbers: the optimum, simple rules, and a kernel run."""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.optimum import Optimum
from backtest.optimum_share import foreseen_usd, run_optimum
from backtest.result import BacktestResult
from backtest.simple_rules import RuleValue, best_rule_value, rule_value, views_of
from config.instruments import get_instrument
from data.drift_filter import steady_filter
from data.synthetic import synthetic_bars
from data.synthetic_parameters import BARS_PER_SESSION, SESSIONS_PER_YEAR
from data.synthetic_presets import PLANTED_PRESETS
from models.side_cost import cost_per_side_usd
from utils.errors import ConfigError

NEVER_RUINED_USD = 1_000_000_000.0
"""Starting cash with which no run of bad luck ends early."""

HOUR_BARS = 12
"""Bars whose mean squared move tells how volatile they were."""

Figures = dict[str, Any]


def optimum_figures(optimum: Optimum) -> Figures:
    """Return the edge, the account, thresholds and value of an optimum."""
    edge, settings = optimum.edge, optimum.settings
    cost_usd = cost_per_side_usd(settings)
    per_session = BARS_PER_SESSION * optimum.value_per_bar_usd
    return {
        "sd_ticks": edge.sd_ticks,
        "half_life_bars": edge.half_life_bars,
        "n_signals": edge.n_signals,
        "signal_noise": edge.signal_noise,
        "filtered_sd_ticks": steady_filter(edge).sd_ticks,
        "symbol": settings.symbol,
        "max_position": settings.max_position,
        "cost_per_side_usd": cost_usd,
        "cost_per_side_ticks": cost_usd / get_instrument(settings.symbol).tick_value_usd,
        "buy_at_ticks": _finite(optimum.buy_at_ticks),
        "sell_at_ticks": _finite(optimum.sell_at_ticks),
        "value_per_bar_usd": optimum.value_per_bar_usd,
        "value_per_session_usd": per_session,
        "value_per_year_usd": SESSIONS_PER_YEAR * per_session,
    }


def rule_figures(optimum: Optimum) -> list[Figures]:
    """Return what each rule without memory expects per bar, beside the optimum."""
    constant = RuleValue(name="constant position", threshold=math.inf, gross_usd=0.0, cost_usd=0.0)
    lines = [_rule_line("long, short or flat for ever", constant, optimum)]
    for view in views_of(optimum.edge):
        sign = rule_value(view, 0.0, optimum)
        lines.append(_rule_line(f"every change of sign: {view.name}", sign, optimum))
    for view in views_of(optimum.edge):
        best = best_rule_value(view, optimum)
        lines.append(_rule_line(f"best threshold: {view.name}", best, optimum))
    return lines


def kernel_figures(optimum: Optimum, strength: str, n_bars: int, seed: int) -> Figures:
    """Run the optimal policy through the kernel on its synthetic market; compare with the theory.

    Standard errors come from the sums of the sessions.

    Raises:
        ConfigError: If there is not one session of bars.
    """
    if n_bars < BARS_PER_SESSION:
        raise ConfigError(f"`--bars` must be 0 or >= {BARS_PER_SESSION} (a session), was {n_bars}")
    preset = PLANTED_PRESETS[strength]
    bars = synthetic_bars(n_bars, preset, seed=seed, symbol=optimum.settings.symbol)
    result = run_optimum(bars, optimum)
    realised = np.diff(result.equity, prepend=result.equity[0])
    foreseen = foreseen_usd(result, bars, optimum.edge)
    expected = optimum.expected_usd(len(realised) - 1)
    shock_sd = _shock_sd_ticks(bars["close"] - bars["open"], result)
    return {
        "preset": preset,
        "seed": seed,
        "n_bars": len(realised) - 1,
        "expected_usd": expected,
        "realised": _beside(realised, expected, result),
        "foreseen": _beside(foreseen, expected, result),
        "n_trades": result.metrics["n_trades"],
        "shock_sd_ticks": shock_sd,
        "information_in_moves": _finite(optimum.information_in_moves(shock_sd)),
    }


def _shock_sd_ticks(moves: pd.Series, result: BacktestResult) -> float:
    """Return the one size of shocks that hides as much of the drift as these moves, ticks.

    The harmonic mean of each hour's variance: a quiet hour tells more than a wild one hides.
    """
    ticks = moves.to_numpy() / result.instrument.tick_size
    hours = ticks[: len(ticks) // HOUR_BARS * HOUR_BARS].reshape(-1, HOUR_BARS)
    return float(1.0 / math.sqrt(np.mean(1.0 / np.mean(hours**2, axis=1))))


def _rule_line(name: str, rule: RuleValue, optimum: Optimum) -> Figures:
    value = optimum.value_per_bar_usd
    return {
        "rule": name,
        "threshold_sd": _finite(rule.threshold),
        "gross_usd": rule.gross_usd,
        "cost_usd": rule.cost_usd,
        "net_usd": rule.net_usd,
        "of_optimum": rule.net_usd / value if value > 0 else None,
    }


def _beside(per_bar_usd: NDArray[np.float64], expected: float, result: BacktestResult) -> Figures:
    """Return a sum, its standard error, and how many of these it lies from the expectation."""
    total = float(per_bar_usd.sum())
    _, session = np.unique(result.trade_dates, return_inverse=True)
    sums = np.bincount(session, weights=per_bar_usd)
    error = float(sums.std(ddof=1) * math.sqrt(len(sums))) if len(sums) > 1 else math.nan
    return {
        "net_usd": total,
        "standard_error_usd": _finite(error),
        "z": _finite((total - expected) / error) if error > 0 else None,
        "of_expected": total / expected if expected > 0 else None,
    }


def _finite(value: float) -> float | None:
    """Return what JSON can hold: infinity and NaN become null."""
    return value if math.isfinite(value) else None
