"""The Gymnasium environment: episodes over a market, one account, four actions.

What an account may do is left to the settings, how it fares to env.simulation.
"""

from collections.abc import Mapping, Sequence
from typing import Any, SupportsIndex, TypedDict

import gymnasium
import numpy as np
import pandas as pd

from config.settings import EnvSettings, checked
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from env.actions import action_space
from env.market import Market, build_market
from env.observation import Observation, observation_space
from env.simulation import Simulation
from utils.errors import ConfigError
from utils.registry import unknown_name_message

RENDER_MODES = ("ansi",)
RESET_OPTIONS = ("start",)


class StepInfo(TypedDict):
    """The account at the close of row `bar`.

    Attributes:
        bar: Row of the market.
        position: Signed contracts.
        equity_usd: Marked to the close.
        n_trades: Round trips completed in this episode.
        n_wins: Those of net PnL above zero.
        net_pnl_usd: Equity less initial balance.
    """

    bar: int
    position: int
    equity_usd: float
    n_trades: int
    n_wins: int
    net_pnl_usd: float


class TradingEnv(gymnasium.Env[Observation, int]):
    """Trade one futures contract on historical bars.

    At step t the agent sees bars <= t and decides at the close of t; market orders fill at the open
    of t + 1. `terminated` means that the account was ruined, `truncated` that the bars, or the
    episode's, came to their end, where what is open is closed at the last close.

    Attributes:
        market: Bars and features, shared by clones.
        settings: The account's terms.
        simulation: The account itself: fills, trades, equity.
    """

    metadata = {"render_modes": list(RENDER_MODES)}  # noqa: RUF012 - Gymnasium's own declaration

    def __init__(
        self,
        df: pd.DataFrame,
        feature_columns: Sequence[str],
        settings: EnvSettings | None = None,
        scaler: Scaler | None = None,
        render_mode: str | None = None,
        **overrides: Any,
    ) -> None:
        """Build the market and an account on it.

        Args:
            df: Bars, as for `data.bars.check_bars`; further columns may serve as features.
            feature_columns: Features by name, in order.
            settings: The account's terms; None takes the defaults.
            scaler: Fitted on training rows; None scales by fixed constants.
            render_mode: "ansi" for `render` to return a line of text, or None.
            **overrides: Single fields of EnvSettings, e.g. initial_balance=10000.0; None is
                a value: stop_loss_ticks=None trades without a stop.

        Raises:
            ConfigError: For a setting, feature or symbol that is unknown or out of bounds, or too
                few bars for one decision.
            DataError: For bars that break an invariant.
        """
        chosen = _changed(settings or EnvSettings(), overrides)
        market = build_market(df, feature_columns, symbol=chosen.symbol, scaler=scaler)
        self._set_up(market, chosen, render_mode)

    def _set_up(self, market: Market, settings: EnvSettings, render_mode: str | None) -> None:
        if render_mode is not None and render_mode not in RENDER_MODES:
            raise ConfigError(unknown_name_message(render_mode, "render_mode", RENDER_MODES))
        self.market = market
        self.settings = settings
        self._initial_balance = settings.initial_balance
        self.simulation = Simulation(market, settings)
        self.render_mode = render_mode
        n_features = market.features.shape[1]
        # Gymnasium types spaces by plain dicts and numpy integers, not by what they hold.
        self.observation_space = observation_space(settings.lookback_window, n_features)  # type: ignore[assignment]
        self.action_space = action_space()  # type: ignore[assignment]
        self._check_length()

    @property
    def scaler(self) -> Scaler:
        """How the features are scaled."""
        return self.market.scaler

    @property
    def feature_set(self) -> FeatureSet:
        """Which features the agent sees."""
        return self.market.feature_set

    @property
    def last_start(self) -> int:
        """Last row at which an episode may begin."""
        return self.market.n_bars - 1 - (self.settings.episode_bars or 1)

    def clone(self, **setting_changes: Any) -> "TradingEnv":
        """Return another environment over the same market, at full costs, with changed settings."""
        twin = TradingEnv.__new__(TradingEnv)
        twin._set_up(self.market, _changed(self.settings, setting_changes), self.render_mode)
        return twin

    def set_cost_scale(self, scale: float) -> None:
        """Let the coming fills cost `scale` in [0, 1] of the full commission and slippage."""
        self.simulation.set_cost_scale(scale)

    # Gymnasium types info as an untyped dict; StepInfo says what is in it.
    def reset(  # type: ignore[override]
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, StepInfo]:
        """Begin an episode and return its first observation.

        Without `episode_bars` it passes over all bars; with it, over a window that begins at
        random.

        Args:
            seed: Seeds the random starts; None goes on with the generator as it is.
            options: {"start": row} sets the row of the first decision.

        Raises:
            ConfigError: For an unknown option, or a start that leaves no room.
        """
        start = self._asked_start(options or {})
        super().reset(seed=seed)
        if start is None:
            start = self._default_start()
        length = self.settings.episode_bars
        stop = self.market.n_bars if length is None else start + 1 + length
        self.simulation.reset(start, stop)
        return self.simulation.observation(), self._info()

    def step(  # type: ignore[override]
        self, action: SupportsIndex
    ) -> tuple[Observation, float, bool, bool, StepInfo]:
        """Take an action at the close of the current bar and live through the next one.

        Returns:
            Observation, reward, terminated, truncated, info, all as of the close of the next bar.

        Raises:
            ConfigError: If there is no such action, or the episode is over; nothing has changed.
        """
        simulation = self.simulation
        reward = simulation.step(action)
        is_ruined = simulation.is_ruined
        is_truncated = simulation.is_done and not is_ruined
        return simulation.observation(), reward, is_ruined, is_truncated, self._info()

    def render(self) -> str | None:
        """Return the account as one line of text in mode "ansi", else None.

        Raises:
            ConfigError: If no episode has begun.
        """
        if self.render_mode is None:
            return None
        simulation = self.simulation
        if not simulation.has_begun:
            raise ConfigError("no episode has begun: call reset() before render()")
        stamp = self.market.timestamps[simulation.bar]
        return (
            f"{stamp:%Y-%m-%d %H:%M} UTC | position {simulation.position:+d} | "
            f"equity {simulation.equity_usd:,.2f} USD | trades {simulation.n_trades}"
        )

    def _info(self) -> StepInfo:
        simulation = self.simulation
        equity_usd = simulation.equity_usd
        return {
            "bar": simulation.bar,
            "position": simulation.position,
            "equity_usd": equity_usd,
            "n_trades": simulation.n_trades,
            "n_wins": simulation.n_wins,
            "net_pnl_usd": equity_usd - self._initial_balance,
        }

    def _asked_start(self, options: Mapping[str, Any]) -> int | None:
        """Return the start in `options`, checked, or None."""
        for name in options:
            if name not in RESET_OPTIONS:
                raise ConfigError(unknown_name_message(name, "reset option", RESET_OPTIONS))
        if "start" not in options:
            return None
        start, first = options["start"], self.simulation.first_decision
        if not isinstance(start, int | np.integer) or not first <= start <= self.last_start:
            raise ConfigError(
                f"`start` in the options of reset must be a row in [{first}, {self.last_start}], "
                f"was {start!r}"
            )
        return int(start)

    def _default_start(self) -> int:
        first = self.simulation.first_decision
        if self.settings.episode_bars is None:
            return first
        return int(self.np_random.integers(first, self.last_start, endpoint=True))

    def _check_length(self) -> None:
        """Refuse a market too short for one episode."""
        first = self.simulation.first_decision
        if first > self.last_start:
            needed = first + 1 + (self.settings.episode_bars or 1)
            raise ConfigError(
                f"an episode needs at least {needed} bars (warm-up {self.market.first_valid}, "
                f"`lookback_window` {self.settings.lookback_window}, `episode_bars` "
                f"{self.settings.episode_bars}), had {self.market.n_bars}; give more bars or a "
                "shorter lookback or episode"
            )


def _changed(settings: EnvSettings, changes: Mapping[str, Any]) -> EnvSettings:
    """Return checked settings with changes; None is a value here."""
    return checked(EnvSettings, {**settings.model_dump(), **changes}, "TradingEnv")
