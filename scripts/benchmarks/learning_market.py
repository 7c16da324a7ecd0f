"""The markets on which learning is measured: training, validation and unseen bars, and the optimum.

Each seed is a market of its own. The planted edge is that of docs/planted_edge.md, shown by four
noisy signals among forty columns; the other 36 are indicators of the recipe mnq_default.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from backtest.optimum import OptimalPolicy, cost_per_side_usd, optimum_of
from config.instruments import get_instrument
from config.settings import EnvSettings
from data.drift_filter import filtered_drift
from data.feature_set import FeatureSet
from data.planted_edge import EDGES
from data.preprocessor import Scaler
from data.recipes import RECIPES
from data.store import load_bars
from data.synthetic import synthetic_bars
from env.market import Market, build_market
from env.simulation import Simulation
from env.trading_env import TradingEnv
from models.evaluation import EvaluationSpan
from models.policy import Policy

EDGE = EDGES["medium"]
PLANTED, MARTINGALE = "planted_edge", "martingale"
DECOYS = RECIPES["mnq_default"][:35]
"""Names of 36 columns that tell nothing of the planted edge beyond what prices do."""

TRAINING, VALIDATION, UNSEEN = 50_000, 10_000, 30_000
QUICK_SHARE = 10

ACCOUNT = EnvSettings(reward="pnl", stop_loss_ticks=None, initial_balance=100_000.0, margin="none")
"""So large that its equity, which PPO sees, tells it little of the bars it was trained on."""

STOPPED = ACCOUNT.model_copy(update={"stop_loss_ticks": 40.0})
"""Under a stop that lies within the range of a few bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningMarket:
    """One market, split.

    Attributes:
        bars: All of them.
        market: Likewise, with features and forecasts, scaled on the training rows.
        settings: Of every account.
        n_training: Rows that are learnt from.
        n_chosen_by: Rows up to the end of the validation span.
    """

    bars: pd.DataFrame
    market: Market
    settings: EnvSettings
    n_training: int
    n_chosen_by: int

    @property
    def training_env(self) -> TradingEnv:
        """An environment over the training rows alone."""
        return TradingEnv(
            self.bars.iloc[: self.n_training],
            self.market.feature_set.names,
            settings=self.settings,
            scaler=self.market.scaler,
            forecast_columns=self.market.feature_set.forecasts,
        )

    @property
    def validation(self) -> EvaluationSpan:
        """The bars that choose the weights."""
        return EvaluationSpan(
            market=self.market.head(self.n_chosen_by),
            settings=self.settings,
            first_decision=self.n_training - 1,
        )

    @property
    def unseen(self) -> EvaluationSpan:
        """The bars that nothing has seen."""
        return EvaluationSpan(
            market=self.market, settings=self.settings, first_decision=self.n_chosen_by - 1
        )


def learning_market(
    preset: str, seed: int, share: int, settings: EnvSettings = ACCOUNT
) -> LearningMarket:
    """Return a synthetic market.

    Args:
        preset: PLANTED or MARTINGALE.
        seed: Of the market.
        share: 1, or QUICK_SHARE for a smoke test of a tenth of the bars.
        settings: Of every account.
    """
    n_training, n_chosen_by = TRAINING // share, (TRAINING + VALIDATION) // share
    n_bars = n_chosen_by + UNSEEN // share
    bars = synthetic_bars(n_bars, preset, seed=seed, symbol=settings.symbol)
    signals = EDGE.signal_columns if preset == PLANTED else ()
    return split_market(bars, (*signals, *DECOYS), settings, (n_training, n_chosen_by))


def file_market(file: Path, settings: EnvSettings = ACCOUNT) -> LearningMarket:
    """Return a file of bars: five ninths to learn from, one to choose by, the rest unseen.

    Raises:
        DataError: If the file cannot be read or has too few bars.
    """
    bars = load_bars(file, get_instrument(settings.symbol))
    return split_market(bars, DECOYS, settings, stops_of(len(bars)))


def stops_of(n_bars: int) -> tuple[int, int]:
    """Return the rows after the training's, and after the validation's, of so many in all."""
    share = n_bars / (TRAINING + VALIDATION + UNSEEN)
    return int(TRAINING * share), int((TRAINING + VALIDATION) * share)


def split_market(
    bars: pd.DataFrame,
    names: tuple[str, ...],
    settings: EnvSettings,
    stops: tuple[int, int],
    forecasts: tuple[str, ...] = (),
) -> LearningMarket:
    """Return bars as a market whose scaler is fitted on the training rows.

    Args:
        bars: Oldest first.
        names: Features.
        settings: Of every account.
        stops: Rows after the training's, and after the validation's.
        forecasts: Columns of forecasts, joined to the bars.
    """
    features = FeatureSet(names, tuple(bars.columns), forecasts=forecasts)
    scaler = Scaler.fit(features.compute(bars.iloc[: stops[0]]), features.columns)
    return LearningMarket(
        bars=bars,
        market=build_market(
            bars, names, symbol=settings.symbol, scaler=scaler, forecast_columns=forecasts
        ),
        settings=settings,
        n_training=stops[0],
        n_chosen_by=stops[1],
    )


def walk_policy(policy: Policy, span: EvaluationSpan) -> Simulation:
    """Return the account after one pass of a rule over the span."""
    simulation = Simulation(span.market, span.settings)
    simulation.reset(span.first_decision, span.market.n_bars)
    policy.reset(span.market, span.settings)
    while not simulation.is_done:
        simulation.step(policy.decide(simulation.bar, simulation.observation()))
    return simulation


class Yardstick:
    """What the planted edge's optimum is worth on the unseen bars, and what share of it others are.

    Without the luck of the price shocks: each bar held counts the drift that the signals foresaw,
    less the costs that were paid, as backtest.optimum_share has it.
    """

    def __init__(self, split: LearningMarket):
        """Let the optimal policy walk the unseen bars."""
        self._span = split.unseen
        signals = split.bars[list(EDGE.signal_columns)].to_numpy(dtype=np.float64)
        self._drift = filtered_drift(signals, EDGE)
        best = OptimalPolicy(optimum_of(EDGE, split.settings))
        self._optimum_usd = self._foreseen_usd(walk_policy(best, self._span))

    def share_of(self, simulation: Simulation) -> float:
        """Return the share of the optimum that a pass over the unseen bars was worth."""
        return self._foreseen_usd(simulation) / self._optimum_usd

    def _foreseen_usd(self, simulation: Simulation) -> float:
        positions = simulation.positions
        first = self._span.first_decision
        drift = self._drift[first : first + len(positions) - 1]
        held = positions[1:].copy()
        held[-1] = positions[-2]  # what the end of the bars closed was held until then
        tick_value_usd = self._span.market.instrument.tick_value_usd
        earned = float((held * drift).sum()) * tick_value_usd
        traded = int(np.abs(simulation.fills.quantity).sum())
        return earned - cost_per_side_usd(self._span.settings) * traded
