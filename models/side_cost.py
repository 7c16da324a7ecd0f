"""What an account pays to trade one contract, on average: the cost that a plan reckons with."""

import math

from config.settings import EnvSettings
from env.terms import terms_of


def cost_per_side_usd(settings: EnvSettings) -> float:
    """Return what one contract pays per fill: commission, slippage and half the spread, USD.

    Slippage that depends on volatility or on the hour is not in it.
    """
    terms = terms_of(settings)
    ticks = settings.slippage_ticks + math.ceil(settings.spread_ticks / 2)
    return terms.commission_usd + ticks * terms.instrument.tick_value_usd
