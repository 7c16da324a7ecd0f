"""What rules without memory expect to earn on a planted edge: the bar that the optimum stands over.

A rule looks at one view z of the drift, normal with variance one: long above +h, short below -h,
flat between. With b = E[drift z] and a the correlation of z with the next bar's z, it expects

    b * 2 pdf(h) - cost per contract * 4 (P(z > h) - P(z > h, z' > h))      per bar and contract

At h = 0 that is trading on every change of sign: b sqrt(2 / pi) less cost * 2 acos(a) / pi.
Constant rules (flat, always long, always short) trade at most once and earn a drift whose mean is
zero: they expect 0.
"""

import math
from dataclasses import dataclass

import numpy as np

from backtest.optimum import Optimum
from config.instruments import get_instrument
from data.drift_filter import steady_filter
from data.planted_edge import PlantedEdge
from models.side_cost import cost_per_side_usd

MAX_THRESHOLD = 4.0
THRESHOLD_STEP = 0.02
"""Thresholds that are tried, in standard deviations of the view."""

TAIL = 9.0
TAIL_POINTS = 2_001
"""Where the integral over the upper tail ends, in standard deviations, and its resolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One unit-variance view of the next bar's drift.

    Attributes:
        name: What tables call it.
        slope_ticks: E[drift z], ticks per bar.
        autocorrelation: Of z with the next bar's z.
    """

    name: str
    slope_ticks: float
    autocorrelation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleValue:
    """What one rule expects.

    Attributes:
        name: What tables call it.
        threshold: h, in standard deviations of the view; 0 trades every change of sign, infinity
            never trades.
        gross_usd: Expected per bar before costs.
        cost_usd: Expected cost per bar, >= 0.
    """

    name: str
    threshold: float
    gross_usd: float
    cost_usd: float

    @property
    def net_usd(self) -> float:
        """Expected per bar after costs."""
        return self.gross_usd - self.cost_usd


def views_of(edge: PlantedEdge) -> tuple[View, ...]:
    """Return one signal, the mean of the signals at the last close, and the filtered mean."""
    return (
        _noisy_view("one signal", edge, edge.signal_noise),
        _noisy_view("mean of the signals", edge, edge.signal_noise / math.sqrt(edge.n_signals)),
        View(
            name="filtered mean",
            slope_ticks=steady_filter(edge).sd_ticks,
            autocorrelation=edge.persistence,
        ),
    )


def rule_value(view: View, threshold: float, optimum: Optimum) -> RuleValue:
    """Return what trading a view at one threshold expects, with the optimum's costs and size.

    Args:
        view: What the rule looks at.
        threshold: h >= 0, in standard deviations of the view.
        optimum: Whose account is used.
    """
    settings = optimum.settings
    tick_value_usd = get_instrument(settings.symbol).tick_value_usd
    density = math.exp(-0.5 * threshold**2) / math.sqrt(2.0 * math.pi)
    gross = view.slope_ticks * tick_value_usd * 2.0 * density
    traded = contracts_per_bar(view.autocorrelation, threshold)
    return RuleValue(
        name=view.name,
        threshold=threshold,
        gross_usd=settings.max_position * gross,
        cost_usd=settings.max_position * cost_per_side_usd(settings) * traded,
    )


def best_rule_value(view: View, optimum: Optimum) -> RuleValue:
    """Return the rule of the best threshold; an infinite one, never to trade, where all lose."""
    thresholds = np.arange(0.0, MAX_THRESHOLD + THRESHOLD_STEP, THRESHOLD_STEP)
    rules = [rule_value(view, float(threshold), optimum) for threshold in thresholds]
    rules.append(RuleValue(name=view.name, threshold=math.inf, gross_usd=0.0, cost_usd=0.0))
    return max(rules, key=lambda rule: rule.net_usd)


def contracts_per_bar(autocorrelation: float, threshold: float) -> float:
    """Return the expected |change of position| per bar of a rule with one contract.

    Args:
        autocorrelation: Of the view with the next bar's, in (-1, 1).
        threshold: h >= 0.
    """
    tail = np.linspace(threshold, TAIL, TAIL_POINTS)
    density = np.exp(-0.5 * tail**2) / math.sqrt(2.0 * math.pi)
    spread = math.sqrt(2.0 * (1.0 - autocorrelation**2))
    leaves = [0.5 * math.erfc((autocorrelation * z - threshold) / spread) for z in tail]
    return float(4.0 * np.trapezoid(density * np.array(leaves), tail))


def _noisy_view(name: str, edge: PlantedEdge, noise: float) -> View:
    """Return the view of noise `noise`, in standard deviations of the drift."""
    return View(
        name=name,
        slope_ticks=edge.sd_ticks / math.sqrt(1.0 + noise**2),
        autocorrelation=edge.persistence / (1.0 + noise**2),
    )
