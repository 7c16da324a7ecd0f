"""Forecasts of one row, written by hand or drawn, and the account that they meet."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np

from config.settings import EnvSettings
from data.forecast_names import LEVELS
from models.forecast.payoff import costs_of
from models.forecast.signals import Prospect
from models.forecast.sizing import Standing

SCORES = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
PRICE = 20_000.0
COSTS = costs_of(EnvSettings())
"""MNQ: 40,000 USD a contract at that price, 2.24 USD a round trip."""


def normal_quantiles(mean, sd):
    """Return the log quantiles of a normal distribution of simple returns, (9,)."""
    return np.log1p(mean + sd * SCORES)


def prospect(mean, sd=0.001, shrink=1.0, is_fallback=False):
    """Return a forecast whose extremes lie half a deviation around -1 and 1 of them."""
    heads = [normal_quantiles(mean, sd), *(normal_quantiles(x * sd, sd / 4) for x in (-1, 1))]
    return Prospect(quantiles=np.stack(heads), is_fallback=is_fallback, shrink=shrink)


def standing(equity_usd=100_000.0, max_position=10, costs_usd=2.24, price=PRICE):
    """Return an account in which little but the forecast matters."""
    return Standing(
        price=price,
        equity_usd=equity_usd,
        costs=replace(COSTS, round_trip_usd=costs_usd),
        max_position=max_position,
    )


def drawn_prospect(rng):
    """Return a forecast of any shape."""
    sd = 10.0 ** rng.uniform(-4, -2.3)
    heads = [np.sort(rng.standard_t(3, 9)) * sd + rng.normal(0, sd)]
    heads += [-np.sort(rng.exponential(sd, 9))[::-1], np.sort(rng.exponential(sd, 9))]
    return Prospect(
        quantiles=np.log1p(np.stack(heads)),
        is_fallback=bool(rng.random() < 0.2),
        shrink=rng.uniform(0.1, 1.0),
    )


def mirrored(given):
    """Return the forecast of the same market with up and down exchanged."""
    turned = np.log1p(-np.expm1(given.quantiles[:, ::-1]))
    return replace(given, quantiles=turned[[0, 2, 1]])
