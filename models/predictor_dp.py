"""The standing baseline of every report: forecast by ridge regression, then dynamic programming.

It is shown the features of the result that it stands beside, and learns from the bars before that
result's first decision, and from no others: features, scaling, forecast and plan.
"""

import pandas as pd

from config.settings import AgentSettings, EnvSettings
from data.feature_set import FeatureSet
from data.forecast_frame import split_forecasts
from data.preprocessor import Scaler
from env.action_modes import Decision
from env.market import Market, build_market
from env.observation import Observation
from models.determinism import torch_threads
from models.signal_learner import fresh_signal_decider, learn_signal
from utils.errors import DataError

PREDICTOR_DP = "predictor_dp"

MIN_PAST_BARS = 2_000
"""Bars to learn from, below which there is no such baseline."""


class PredictorDp:
    """The policy "predictor_dp"; see `models.policy`.

    Attributes:
        market: All bars, with the features that it looks at.
    """

    name = PREDICTOR_DP

    def __init__(
        self,
        bars: pd.DataFrame,
        feature_columns: tuple[str, ...],
        start: int,
        settings: EnvSettings,
    ):
        """Learn from the bars before row `start`.

        Args:
            bars: Checked bars, oldest first.
            feature_columns: Features by name: ours, or columns of `bars`; forecasts among them.
            start: Row of the first decision.
            settings: The account, costs and all.

        Raises:
            ConfigError: If a feature is unknown here.
            DataError: If there are too few bars before `start`.
        """
        if start < MIN_PAST_BARS:
            raise DataError(
                f"it needs at least {MIN_PAST_BARS:,} bars before the first decision to learn "
                f"from, had {start:,}; give more earlier bars"
            )
        names, forecasts = split_forecasts(feature_columns)
        features = FeatureSet(names, tuple(bars.columns), forecasts=forecasts)
        self.market = build_market(
            bars,
            names,
            symbol=settings.symbol,
            scaler=Scaler.fit(features.compute(bars.iloc[:start]), features.columns),
            forecast_columns=forecasts,
        )
        ridge = AgentSettings(algorithm="DP", predictor="ridge")
        columns = self.market.n_features, self.market.n_forecasts
        self._decider = fresh_signal_decider(ridge, settings, *columns)
        with torch_threads(ridge.threads):
            learn_signal(self._decider, self.market, start, settings, ridge)

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Forecast every row and plan for the costs of the account."""
        with torch_threads(1):
            self._decider.begin(market, settings)

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return the best action at the close of row `bar`."""
        return self._decider.decide(bar, observation)
