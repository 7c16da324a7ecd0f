"""The Gymnasium environment: episodes over a market, one account, one action per bar.

What an account may do is left to the settings, how it fares to env.simulation, where its episodes
begin and end to env.episodes, what an action is to env.action_modes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.settings import EnvSettings
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from env.account_setup import chosen_settings
from env.action_masks import Mask
from env.action_modes import ACTION_MODES
from env.episodes import Episodes
from env.market import Market, build_market
from env.observation import Observation, observation_space
from env.render import picture, text_line
from env.simulation import Simulation
from env.step_info import (
    DENIAL_LABELS,
    INFO_BAR,
    INFO_DENIAL,
    INFO_EQUITY,
    INFO_FEES,
    INFO_N_TRADES,
    INFO_N_WINS,
    INFO_NET_PNL,
    INFO_POSITION,
    INFO_SESSION_TRADES,
    StepInfo,
)
from utils.errors import ConfigError
from utils.registry import unknown_name_message

RENDER_MODES = ("ansi", "rgb_array")
RENDER_FPS = 10


class TradingEnv(gymnasium.Env[Observation, Any]):
    """Trade one futures contract on historical bars.

    At step t the agent sees bars <= t and decides at the close of t; market orders fill at the open
    of t + 1. `terminated` means that the account was ruined, `truncated` that the bars, or the
    episode's, came to their end, where what is open is closed at the last close.

    Attributes:
        market: Bars and features, shared by clones.
        settings: The account's terms.
        episodes: Where episodes may begin and end.
        simulation: The account itself: fills, trades, equity, costs, also after the episode.
    """

    metadata = {  # noqa: RUF012 - Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "render_fps": RENDER_FPS,
    }

    def __init__(
        self,
        df: pd.DataFrame,
        feature_columns: Sequence[str],
        settings: EnvSettings | None = None,
        scaler: Scaler | None = None,
        render_mode: str | None = None,
        forecast_columns: Sequence[str] = (),
        **overrides: Any,
    ) -> None:
        """Build the market and an account on it.

        Args:
            df: Bars, as for `data.bars.check_bars`; further columns may serve as features.
            feature_columns: Features by name, in order.
            settings: The account's terms; None takes the defaults.
            scaler: Fitted on training rows; None scales by fixed constants.
            render_mode: "ansi" for `render` to return a line of text, "rgb_array" for a picture,
                or None.
            forecast_columns: What of `with_forecasts` in `df` is seen beside the features, in
                order; with any, observations have the key `forecast`.
            **overrides: Single fields of EnvSettings, e.g. initial_balance=10000.0; None is
                a value: stop_loss_ticks=None trades without a stop.

        Raises:
            ConfigError: For a setting, feature or symbol that is unknown or out of bounds,
                settings that do not go together, or too few bars for one episode.
            DataError: For bars that break an invariant, or forecasts without the stamps that show
                that they are out of fold.
        """
        chosen = chosen_settings(settings, overrides, "TradingEnv")
        market = build_market(
            df,
            feature_columns,
            symbol=chosen.symbol,
            scaler=scaler,
            forecast_columns=forecast_columns,
        )
        self._set_up(market, chosen, render_mode)

    def _set_up(self, market: Market, settings: EnvSettings, render_mode: str | None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ConfigError(unknown_name_message(render_mode, "render_mode", RENDER_MODES))
        self.market = market
        self.settings = settings
        self._initial_balance = settings.initial_balance
        self.simulation = Simulation(market, settings)
        self.episodes = Episodes(market, settings)
        self.render_mode = render_mode
        shown = settings.lookback_window, market.n_features, market.n_forecasts
        # Gymnasium types spaces by plain dicts and numpy integers, not by what they hold.
        self.observation_space = observation_space(*shown)  # type: ignore[assignment]
        mode = ACTION_MODES[settings.action_mode]
        self.action_space = mode.space(self.simulation.terms.max_position)

    @property
    def scaler(self) -> Scaler:
        """How the features are scaled."""
        return self.market.scaler

    @property
    def feature_set(self) -> FeatureSet:
        """Which features the agent sees."""
        return self.market.feature_set

    def clone(self, **setting_changes: Any) -> "TradingEnv":
        """Return another environment over the same market, at full costs, with changed settings."""
        twin = TradingEnv.__new__(TradingEnv)
        twin._set_up(
            self.market,
            chosen_settings(self.settings, setting_changes, "TradingEnv"),
            self.render_mode,
        )
        return twin

    def set_cost_scale(self, scale: float) -> None:
        """Let the coming fills cost `scale` in [0, 1] of the full commission and slippage."""
        self.simulation.set_cost_scale(scale)

    # Gymnasium types info as an untyped dict; StepInfo says what is in it.
    def reset(  # type: ignore[override]
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, StepInfo]:
        """Begin an episode and return its first observation.

        It passes over all bars, over a random window of them, or over a random session, as
        `episode_mode` says.

        Args:
            seed: Seeds the random starts; None goes on with the generator as it is.
            options: {"start": row} sets the row of the first decision; {"session": trade date}, in
                that mode, which session it is.

        Raises:
            ConfigError: For an unknown option, or a start or session that leaves no room; nothing
                has changed.
        """
        span = self.episodes.asked(options or {})
        super().reset(seed=seed)
        if span is None:
            span = self.episodes.draw(self.np_random)
        self.simulation.reset(*span)
        return self.simulation.observation(), self._info()

    def step(  # type: ignore[override]
        self, action: Any
    ) -> tuple[Observation, float, bool, bool, StepInfo]:
        """Take an action at the close of the current bar and live through the next one.

        Returns:
            Observation, reward, terminated, truncated, info, all as of the close of the next bar.

        Raises:
            ConfigError: If there is no such action, or the episode is over; nothing has changed.
        """
        simulation = self.simulation
        reward = simulation.step(action)
        is_ruined = simulation.outcome[1]
        is_truncated = simulation.is_done and not is_ruined
        return simulation.observation(), reward, is_ruined, is_truncated, self._info()

    def action_masks(self) -> Mask:
        """Return which actions would not be wholly denied now, one bool each.

        Raises:
            ConfigError: If the action mode has no numbered actions, or no episode has begun.
        """
        return self.simulation.action_mask()

    def render(self) -> str | NDArray[np.uint8] | None:
        """Return the account as text in mode "ansi", as (H, W, 3) in "rgb_array", else None.

        Raises:
            ConfigError: If no episode has begun.
        """
        if self.render_mode is None:
            return None
        if not self.simulation.has_begun:
            raise ConfigError("no episode has begun: call reset() before render()")
        return (
            text_line(self.simulation) if self.render_mode == "ansi" else picture(self.simulation)
        )

    def _info(self) -> StepInfo:
        simulation = self.simulation
        _, _, position, equity, n_trades, n_wins, denial, fees, session_trades = simulation.outcome
        return {
            INFO_BAR: simulation.bar,
            INFO_POSITION: position,
            INFO_EQUITY: equity,
            INFO_NET_PNL: equity - self._initial_balance,
            INFO_FEES: fees,
            INFO_N_TRADES: n_trades,
            INFO_N_WINS: n_wins,
            INFO_SESSION_TRADES: session_trades,
            INFO_DENIAL: DENIAL_LABELS[denial],
        }
