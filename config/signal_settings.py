"""The signal presets: from when on a forecast is traded, and with how many contracts, as data."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from config.checking import FrozenSettings


class SignalSettings(FrozenSettings):
    """What a forecast must promise to be traded, and how much is staked on it.

    Sums are after the costs of a round trip. A share of equity is a fraction, not per cent.

    Attributes:
        least_probability: Of a profit.
        least_reward: Expected value in round-trip costs.
        least_omega: Expected gain over expected loss.
        tail_veto: Largest loss per contract, in the mean of the worst 5 %, as a share of equity.
        kelly_fraction: Share of the Kelly contracts that is traded.
        max_contracts: The most that are traded.
        tail_budget: As `tail_veto`, of the whole position.
        volatility_cap: Standard deviation of the whole position over the horizon, as a share of
            equity.
        stop_level: Share of the paths that are expected to reach the stop: quantile level of the
            worst point, a whole number of 200ths.
        target_level: Quantile level of the best point at which the target lies, likewise.
        fallback_share: Of the contracts, while the fallback's forecast stands; 0: no trade.
        evidence_risk: Probability of ever finding a location where there is none.
        location_caution: Standard errors that are taken off the slope of moves on forecasts.
        least_sessions: Finished sessions of forecasts before a location is believed.
    """

    least_probability: float = Field(gt=0, lt=1)
    least_reward: float = Field(ge=0, le=1_000)
    least_omega: float = Field(ge=0, le=1_000)
    tail_veto: float = Field(gt=0, le=1)
    kelly_fraction: float = Field(gt=0, le=1)
    max_contracts: int = Field(ge=1, le=1_000)
    tail_budget: float = Field(gt=0, le=1)
    volatility_cap: float = Field(gt=0, le=1)
    stop_level: float = Field(ge=0.01, le=0.5)
    target_level: float = Field(ge=0.05, le=0.99)
    fallback_share: float = Field(default=0.5, ge=0, le=1)
    evidence_risk: float = Field(default=0.01, gt=0, lt=1)
    location_caution: float = Field(default=1.0, ge=0, le=10)
    least_sessions: int = Field(default=20, ge=2, le=100_000)


SIGNALS: Mapping[str, SignalSettings] = MappingProxyType(
    {
        "conservative": SignalSettings(
            least_probability=0.58,
            least_reward=2.0,
            least_omega=1.30,
            tail_veto=0.004,
            kelly_fraction=0.10,
            max_contracts=1,
            tail_budget=0.004,
            volatility_cap=0.0025,
            stop_level=0.10,
            target_level=0.6,
            fallback_share=0.0,
            location_caution=1.64,
        ),
        "moderate": SignalSettings(
            least_probability=0.55,
            least_reward=1.0,
            least_omega=1.15,
            tail_veto=0.008,
            kelly_fraction=0.25,
            max_contracts=3,
            tail_budget=0.016,
            volatility_cap=0.01,
            stop_level=0.05,
            target_level=0.5,
        ),
        "aggressive": SignalSettings(
            least_probability=0.53,
            least_reward=0.5,
            least_omega=1.05,
            tail_veto=0.015,
            kelly_fraction=0.40,
            max_contracts=6,
            tail_budget=0.045,
            volatility_cap=0.025,
            stop_level=0.03,
            target_level=0.4,
            location_caution=0.5,
        ),
    }
)
"""By name."""
