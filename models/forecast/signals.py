"""From one forecast to a trade, or to the reason why there is none.

A forecast made at the close of bar t is traded from the next open on. Its mean is shrunk to what
earlier forecasts were worth (location.py); the side is the one to which it then points. A preset's
thresholds are looked at in the order of `Refusal`; the first that fails is the reason. What
becomes of a signal in an account is left to backtest/forecast_strategy.py.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from config.signal_settings import SignalSettings
from data.forecast_names import HEADS, Head
from models.forecast.atoms import atoms_of, mean_of, recentred
from models.forecast.exits import exit_ticks
from models.forecast.family import Floats
from models.forecast.payoff import Payoff, net_usd, payoff_of
from models.forecast.sizing import ROUNDING, Standing, affordable_contracts, staked_contracts

RETURN = HEADS.index(Head.RETURN)


class Refusal(StrEnum):
    """Why a forecast is not traded, in the order in which it is found out."""

    NO_FORECAST = "no_forecast"
    NO_EVIDENCE = "no_evidence"
    IMPROBABLE = "improbable"
    UNREWARDED = "unrewarded"
    UNBALANCED = "unbalanced"
    TAIL = "tail"
    KELLY = "kelly"
    BUDGET = "budget"
    FALLBACK = "fallback"


REFUSALS = {
    Refusal.NO_FORECAST: "there is no forecast for this bar",
    Refusal.NO_EVIDENCE: "earlier forecasts do not show that moves follow their mean",
    Refusal.IMPROBABLE: "a profit after costs is not likely enough",
    Refusal.UNREWARDED: "the expected value is too small for the costs",
    Refusal.UNBALANCED: "expected gains are too small for the expected losses",
    Refusal.TAIL: "the worst 5 % of one contract cost too much of the equity",
    Refusal.KELLY: "the fraction of the Kelly stake is less than one contract",
    Refusal.BUDGET: "tail budget, volatility cap or position limit leave less than one contract",
    Refusal.FALLBACK: "the fallback's forecast stands, and its share is less than one contract",
}
"""What each refusal says to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTrade:
    """A forecast that is not traded.

    Attributes:
        code: Why.
    """

    code: Refusal

    @property
    def reason(self) -> str:
        """A sentence."""
        return REFUSALS[self.code]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A trade that a forecast is worth.

    Attributes:
        side: 1 long, -1 short.
        contracts: >= 1.
        stop_ticks: Distance of the stop from the fill, >= 1.
        target_ticks: Distance of the target, >= 1.
        is_cut: Whether it is smaller for being the fallback's.
        payoff: What one contract promises.
    """

    side: int
    contracts: int
    stop_ticks: int
    target_ticks: int
    is_cut: bool
    payoff: Payoff


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """One row of forecasts at one horizon.

    Attributes:
        quantiles: (n_heads, N_LEVELS), log returns, heads in the order of HEADS; NaN where there is
            none.
        is_fallback: Whether they are the fallback's.
        shrink: What the mean counts for, in [0, 1].
    """

    quantiles: Floats
    is_fallback: bool
    shrink: float


def decide(prospect: Prospect, standing: Standing, settings: SignalSettings) -> Signal | NoTrade:
    """Return the trade that a forecast is worth, or why it is worth none.

    Args:
        prospect: The forecast.
        standing: What it meets.
        settings: A preset; see SIGNALS.
    """
    if not np.isfinite(prospect.quantiles).all():
        return NoTrade(code=Refusal.NO_FORECAST)
    if prospect.shrink == 0.0:
        return NoTrade(code=Refusal.NO_EVIDENCE)
    atoms = recentred(atoms_of(prospect.quantiles[RETURN]), prospect.shrink)
    side = 1 if mean_of(atoms) >= 0.0 else -1
    payoff = payoff_of(atoms, standing.price, side, standing.costs)
    refusal = _refusal(payoff, standing, settings)
    if refusal is not None:
        return NoTrade(code=refusal)
    gains = net_usd(atoms, standing.price, side, standing.costs)
    contracts = _contracts(gains, payoff, prospect.is_fallback, standing, settings)
    if isinstance(contracts, Refusal):
        return NoTrade(code=contracts)
    stop, target = exit_ticks(
        prospect.quantiles, side, standing.price, standing.costs.instrument, settings
    )
    return Signal(
        side=side,
        contracts=contracts,
        stop_ticks=stop,
        target_ticks=target,
        is_cut=prospect.is_fallback and settings.fallback_share < 1.0,
        payoff=payoff,
    )


def _refusal(payoff: Payoff, standing: Standing, settings: SignalSettings) -> Refusal | None:
    """Return the first threshold that one contract does not meet; None if it meets all."""
    costs_usd, equity_usd = standing.costs.round_trip_usd, standing.equity_usd
    is_met = {
        Refusal.IMPROBABLE: payoff.probability >= settings.least_probability,
        Refusal.UNREWARDED: payoff.mean_usd >= settings.least_reward * costs_usd,
        Refusal.UNBALANCED: payoff.omega >= settings.least_omega,
        Refusal.TAIL: -payoff.worst_usd <= settings.tail_veto * equity_usd,
    }
    return next((refusal for refusal, is_passed in is_met.items() if not is_passed), None)


def _contracts(
    gains: Floats,
    payoff: Payoff,
    is_fallback: bool,
    standing: Standing,
    settings: SignalSettings,
) -> int | Refusal:
    """Return how many contracts are traded, >= 1, or what leaves none."""
    staked = staked_contracts(gains, standing.equity_usd, settings)
    if staked < 1:
        return Refusal.KELLY
    size = min(staked, affordable_contracts(payoff, standing, settings))
    if size < 1:
        return Refusal.BUDGET
    if is_fallback:
        size = math.floor(size * settings.fallback_share + ROUNDING)
    return size if size >= 1 else Refusal.FALLBACK
