"""How many whole contracts a forecast is worth: Kelly's fraction, within budgets and limits."""

import math
from dataclasses import dataclass

from config.signal_settings import SignalSettings
from models.forecast.family import Floats
from models.forecast.kelly import kelly_contracts
from models.forecast.payoff import Costs, Payoff

ROUNDING = 1e-9
"""Float noise that must not cost a whole contract: 0.1 x 10 may fall short of 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The account and the price that a forecast meets.

    Attributes:
        price: Last close, points.
        equity_usd: Of the account.
        costs: Of a round trip.
        max_position: Contracts that the account may hold.
    """

    price: float
    equity_usd: float
    costs: Costs
    max_position: int


def staked_contracts(net_usd: Floats, equity_usd: float, settings: SignalSettings) -> int:
    """Return the preset's fraction of the Kelly contracts, rounded down, at most its most.

    Args:
        net_usd: (199,) gain per contract in each atom, after costs.
        equity_usd: Of the account.
        settings: A preset.
    """
    fraction = settings.kelly_fraction
    tried = math.ceil(settings.max_contracts / fraction - ROUNDING)
    staked = fraction * kelly_contracts(net_usd, equity_usd, tried)
    return min(math.floor(staked + ROUNDING), settings.max_contracts)


def affordable_contracts(payoff: Payoff, standing: Standing, settings: SignalSettings) -> int:
    """Return how many contracts tail budget, volatility cap and position limit allow, >= 0.

    Args:
        payoff: What one contract promises.
        standing: Of the account.
        settings: A preset.
    """
    equity_usd = standing.equity_usd
    worst = _within(settings.tail_budget * equity_usd, -float(payoff.worst_usd))
    moved = _within(settings.volatility_cap * equity_usd, float(payoff.sd_usd))
    return max(min(worst, moved, standing.max_position), 0)


def _within(budget_usd: float, each_usd: float) -> int:
    """Return how many contracts a budget covers; the most there can be where they need none."""
    if not each_usd > 0.0:
        return 2**31 - 1
    return math.floor(min(budget_usd / each_usd + ROUNDING, 2.0**31 - 1.0))
