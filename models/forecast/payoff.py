"""What one contract may gain or lose under a forecast, after the costs of a round trip, in USD.

All are row means over atoms, for one side, +1 long or -1 short.
"""

from dataclasses import dataclass

import numpy as np

from config.instruments import Instrument
from config.settings import EnvSettings
from env.terms import terms_of
from models.forecast.atoms import mean_of, share_above, worst_mean
from models.forecast.family import Floats
from models.side_cost import cost_per_side_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a round trip of one contract costs, and what a point of it is worth.

    Attributes:
        instrument: What is traded.
        round_trip_usd: Commission, slippage and half the spread, of both sides.
    """

    instrument: Instrument
    round_trip_usd: float

    @property
    def round_trip_points(self) -> float:
        """The price has to move as far for nothing to be lost."""
        return self.round_trip_usd / self.instrument.multiplier


def costs_of(settings: EnvSettings) -> Costs:
    """Return what an account pays; slippage by volatility or by the hour is not in it."""
    return Costs(
        instrument=terms_of(settings).instrument,
        round_trip_usd=2.0 * cost_per_side_usd(settings),
    )


def net_usd(atoms: Floats, price: float, side: int, costs: Costs) -> Floats:
    """Return what a contract gains in each atom, (..., 199), USD.

    Args:
        atoms: (..., 199) simple returns, rising.
        price: Points that they are returns of.
        side: 1 or -1.
        costs: Of the round trip.
    """
    notional_usd = price * costs.instrument.multiplier
    return np.asarray(side * notional_usd * atoms - costs.round_trip_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payoff:
    """What a forecast promises one contract of one side; shapes are those of the rows.

    Attributes:
        probability: Of a profit after costs.
        mean_usd: Expected value after costs.
        omega: Expected gain over expected loss, after costs; infinite without a loss.
        worst_usd: Mean of the worst 5 % after costs (CVaR), negative is a loss.
        sd_usd: Standard deviation.
    """

    probability: Floats
    mean_usd: Floats
    omega: Floats
    worst_usd: Floats
    sd_usd: Floats


def payoff_of(atoms: Floats, price: float, side: int, costs: Costs) -> Payoff:
    """Return what rows of atoms promise; arguments as for `net_usd`."""
    own = atoms if side > 0 else -atoms[..., ::-1]  # rising again: a short is a long of these
    gains = net_usd(own, price, 1, costs)
    won, lost = mean_of(np.maximum(gains, 0.0)), mean_of(np.maximum(-gains, 0.0))
    mean = mean_of(gains)
    return Payoff(
        probability=share_above(own, costs.round_trip_points / price),
        mean_usd=mean,
        omega=np.divide(won, lost, out=np.full_like(mean, np.inf), where=lost > 0.0),
        worst_usd=worst_mean(gains),
        sd_usd=np.sqrt(mean_of((gains - mean[..., None]) ** 2)),
    )
