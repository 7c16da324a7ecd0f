"""From bars to a trained agent: features, scaler, environment, learning, all on the same rows.

The caller holds test rows back; nothing here ever sees them.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback

from config.settings import Settings
from data.calendar import is_rth
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from data.store import fingerprint
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.callback_checkpoint import CheckpointPlan
from models.validation_span import learnt_until
from utils.errors import DataError


def train_agent(
    bars: pd.DataFrame,
    settings: Settings,
    callbacks: Sequence[BaseCallback] = (),
    tensorboard: Path | None = None,
    checkpoints: CheckpointPlan | None = None,
) -> TradingAgent:
    """Train an agent on `bars`: its scaler is fitted on them and its episodes walk over them only.

    Args:
        bars: Checked bars, training rows only, oldest first.
        settings: What to learn from and how.
        callbacks: SB3 callbacks, e.g. a progress bar.
        tensorboard: Folder for TensorBoard; None logs nothing.
        checkpoints: Where to write some, and whether to go on from there; None writes none.

    Raises:
        ArtifactError: If a checkpoint to go on from is damaged, or of another training.
        ConfigError: If a setting does not fit the bars or the features.
        DataError: If there are too few bars.
    """
    env = make_training_env(bars, settings)
    agent = TradingAgent(env, settings=settings.agent)
    agent.provenance["data_fingerprint"] = fingerprint(bars)
    agent.provenance["train_settings"] = settings.train.model_dump(mode="json")
    agent.train(settings.train.timesteps, callbacks, tensorboard, checkpoints)
    return agent


def make_training_env(bars: pd.DataFrame, settings: Settings) -> TradingEnv:
    """Return the environment over the training rows, those that choose the weights included.

    The scaler is fitted on the rows before those.
    """
    forecasts = settings.train.forecast_columns
    features = FeatureSet(settings.train.features, tuple(bars.columns), forecasts=forecasts)
    _check_length(len(bars), features, settings.env.lookback_window)
    hours = is_rth(pd.DatetimeIndex(bars.index)) if settings.train.scale_by_session else None
    rows = features.compute(bars)
    stop = _last_learnt_from(rows, settings)
    scaler = Scaler.fit(
        rows[:stop],
        features.columns,
        kind=settings.train.scaler,
        is_rth=None if hours is None else hours[:stop],
    )
    return TradingEnv(
        bars,
        features.names,
        settings=settings.env,
        scaler=scaler,
        forecast_columns=features.forecasts,
    )


def _last_learnt_from(rows: NDArray[np.float64], settings: Settings) -> int:
    """Return the row after the last that is learnt from: those after it only choose weights.

    Args:
        rows: Unscaled features and forecasts, (n, n_columns), NaN while they warm up.
        settings: Of the training.
    """
    is_complete = np.isfinite(rows).all(axis=1)
    first_decision = int(is_complete.argmax()) + settings.env.lookback_window - 1
    return learnt_until(len(rows), first_decision, settings.agent)


def _check_length(n_bars: int, features: FeatureSet, lookback: int) -> None:
    """Refuse bars that hold no decision with a bar to trade on after it."""
    needed = features.warm_up + lookback + 1
    if n_bars < needed:
        raise DataError(
            f"training needs at least {needed} bars ({features.warm_up} warm the features up, "
            f"`lookback_window` {lookback}, 1 to trade on), had {n_bars} once the test bars are "
            f"held back; give more bars, a shorter lookback or shorter features"
        )
