"""Pictures and settings for TensorBoard: what each evaluation did, and what it was trained with.

A Stable-Baselines3 callback that changes nothing of what is learnt; without TensorBoard it does
nothing at all.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Figure, HParam, TensorBoardOutputFormat

from config.settings import AgentSettings
from env.simulation import Simulation
from models.callback_validation import Validation
from utils.still_pictures import equity_picture, trades_picture
from utils.wording import counted

ELSEWHERE = ("stdout", "log", "json", "csv")
"""Outputs of Stable-Baselines3 that take no pictures."""

TRIP = np.dtype(
    [("entry_row", "i8"), ("exit_row", "i8"), ("entry", "f8"), ("exit", "f8"), ("net_usd", "f8")]
)


class TrainingFigures(BaseCallback):
    """Log hparams once, and `eval/equity_curve` and `eval/trades` after each evaluation."""

    def __init__(self, settings: AgentSettings, validation: Validation | None):
        """Create the callback.

        Args:
            settings: What is logged as hparams.
            validation: Comes before this callback; None draws nothing.
        """
        super().__init__()
        self._settings = settings
        self._validation = validation
        self._drawn: Simulation | None = None

    def _on_training_start(self) -> None:
        if not self._is_logged():
            return
        metric = "rollout/ep_rew_mean" if self._validation is None else "eval/net_pnl_usd"
        values = self._settings.model_dump(mode="json").items()
        texts = {name: "none" if value is None else value for name, value in values}
        self.logger.record("hparams", HParam(texts, {metric: 0.0}), exclude=ELSEWHERE)
        self.logger.dump(self.num_timesteps)

    def _on_rollout_start(self) -> None:
        self._draw()

    def _on_training_end(self) -> None:
        self._draw()

    def _on_step(self) -> bool:
        return True

    def _draw(self) -> None:
        """Draw the last evaluation, if that has not been done."""
        validation = self._validation
        if validation is None or validation.last_pass is self._drawn or not self._is_logged():
            return
        assert validation.last_pass is not None
        self._drawn = validation.last_pass
        last = validation.evaluations[-1]
        traded = counted(last.n_trades, "trade")
        title = f"timestep {last.timestep:,}: {last.net_pnl_usd:+,.2f} USD, {traded}"
        pictures = {
            "eval/equity_curve": equity_picture(self._drawn.equity, title),
            "eval/trades": trades_picture(*_closes_and_trips(self._drawn), title),
        }
        for name, picture in pictures.items():
            self.logger.record(name, Figure(picture, close=True), exclude=ELSEWHERE)
        self.logger.dump(self.num_timesteps)

    def _is_logged(self) -> bool:
        formats = self.logger.output_formats
        return any(isinstance(each, TensorBoardOutputFormat) for each in formats)


def _closes_and_trips(simulation: Simulation) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return the closes of a pass, in points, and its trades as TRIP records."""
    market, trades = simulation.market, simulation.trades
    first, tick = simulation.bar + 1 - len(simulation.equity), market.instrument.tick_size
    trips = np.zeros(len(trades), TRIP)
    trips["entry_row"], trips["exit_row"] = trades.entry_bar - first, trades.exit_bar - first
    trips["entry"], trips["exit"] = trades.entry_ticks * tick, trades.exit_ticks * tick
    trips["net_usd"] = trades.net_usd
    return market.bars.close[first : simulation.bar + 1] * tick, trips
