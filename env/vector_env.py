"""Many environments over one market that step together: Gymnasium's VectorEnv, compiled.

Each is, to the last bit, what a TradingEnv of the same settings and seed would be. How accounts
move is left to env.batch, how actions are read to env.batch_actions, what is seen to
env.batch_observation, and what is told of a finished episode to env.batch_info.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from config.settings import EnvSettings
from data.preprocessor import Scaler
from env.account_bars import account_bars
from env.account_setup import chosen_settings, codes_of, terms_on
from env.action_masks import masks_of
from env.action_modes import ACTION_MODES, n_actions
from env.batch import (
    BatchBooks,
    Integers,
    Outcome,
    observe_accounts,
    restart_accounts,
    step_accounts,
)
from env.batch_actions import choices_of
from env.batch_info import ending_infos
from env.batch_observation import WINDOWS, BatchObservation, BatchObserver
from env.episodes import Episodes
from env.generators import Seeds
from env.kernel.types import ACCOUNT, FILL, TRADE, Records, max_fills_per_bar
from env.market import Market, build_market
from env.market_paths import MarketPaths
from env.observation import N_POSITION_INFO
from env.terms import open_account
from utils.errors import ArtifactError, ConfigError

MAX_ENVS = 1_048_576

Step = tuple[BatchObservation, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Any]
"""Observations, rewards, terminations, truncations, infos."""


class TradingVectorEnv(VectorEnv[BatchObservation, Any, NDArray[Any]]):
    """Trade one futures contract on historical bars in many accounts at once.

    An environment whose episode has ended begins the next one in the same step: the observation is
    the new episode's first, the old one's last is in `infos["final_obs"]`. Infos hold nothing else
    than what `env.batch_info` says of finished episodes; `accounts` knows the rest. Neighbours may
    share paths through the market, see `env.market_paths`.

    Attributes:
        market: Bars and features, shared by all.
        settings: As they were given.
        terms: What every account may do and pays.
        episodes: Where episodes may begin and end.
        num_envs: How many environments there are.
    """

    metadata = {  # noqa: RUF012 - Gymnasium's own declaration
        "render_modes": [],
        "autoreset_mode": AutoresetMode.SAME_STEP,
    }

    def __init__(  # noqa: PLR0913, PLR0917 - the interface of TradingEnv, for many
        self,
        num_envs: int,
        df: pd.DataFrame,
        feature_columns: Sequence[str],
        settings: EnvSettings | None = None,
        scaler: Scaler | None = None,
        observations: str = WINDOWS,
        forecast_columns: Sequence[str] = (),
        **overrides: Any,
    ) -> None:
        """Build the market and the accounts on it.

        Args:
            num_envs: How many environments.
            df: Bars, as for `data.bars.check_bars`; further columns may serve as features.
            feature_columns: Features by name, in order.
            settings: The terms of every account; None takes the defaults.
            scaler: Fitted on training rows; None scales by fixed constants.
            observations: "windows" of features, or the "indices" of the bars they end with.
            forecast_columns: As in TradingEnv; windows have the key `forecast` with any.
            **overrides: Single fields of EnvSettings; None is a value.

        Raises:
            ConfigError: As TradingEnv does, and for a number of environments out of bounds.
            DataError: For bars that break an invariant.
        """
        chosen = chosen_settings(settings, overrides, "TradingVectorEnv")
        market = build_market(
            df,
            feature_columns,
            symbol=chosen.symbol,
            scaler=scaler,
            forecast_columns=forecast_columns,
        )
        self._set_up(num_envs, market, chosen, observations, shared_paths=1)

    @classmethod
    def over(
        cls,
        market: Market,
        settings: EnvSettings,
        num_envs: int,
        observations: str = WINDOWS,
        shared_paths: int = 1,
    ) -> Self:
        """Return environments over a market that is there already, features and all.

        Args:
            market: Bars and features.
            settings: The terms of every account.
            num_envs: How many environments.
            observations: As in the constructor.
            shared_paths: How many neighbouring environments walk one path; divides `num_envs`.

        Raises:
            ConfigError: As the constructor does, and if `shared_paths` does not divide.
        """
        envs = cls.__new__(cls)
        envs._set_up(num_envs, market, settings, observations, shared_paths)
        return envs

    def _set_up(
        self,
        num_envs: int,
        market: Market,
        settings: EnvSettings,
        observations: str,
        shared_paths: int,
    ) -> None:
        self.num_envs = _checked_count(num_envs)
        self.market = market
        self.settings = settings
        self.terms = terms_on(market, settings)
        self._codes = codes_of(settings)
        self.episodes = Episodes(market, settings)
        self._paths = MarketPaths(self.episodes, num_envs, shared_paths)
        self._observer = BatchObserver(
            market=market, lookback=settings.lookback_window, kind=observations
        )
        self._everyone: Integers = np.arange(num_envs)
        self._make_spaces()
        self._make_accounts()

    def _make_spaces(self) -> None:
        mode = ACTION_MODES[self.settings.action_mode]
        self.single_observation_space = self._observer.space
        self.single_action_space = mode.space(self.terms.max_position)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    def _make_accounts(self) -> None:
        """Make the memory; the short fills and trades are written over and over, and never read."""
        self._template: Records = np.zeros(1, ACCOUNT)
        open_account(self._template.view(np.recarray)[0], self.terms, 0, 0)
        self._accounts: Records = np.zeros(self.num_envs, ACCOUNT)
        self._has_begun = False
        n_scratch = max_fills_per_bar(ACCOUNT)
        self._books: BatchBooks = (
            self._accounts,
            account_bars(self.market, self.settings),
            np.zeros(n_scratch, FILL),
            np.zeros(n_scratch, TRADE),
        )

    @property
    def accounts(self) -> Records:
        """The kernel's own records, (num_envs,), live, e.g. `accounts["equity_usd"]`; read-only."""
        accounts = self._accounts.view()
        accounts.flags.writeable = False
        return accounts

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The generator of each environment."""
        return self._paths.generators.all()

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """What each generator was seeded with."""
        return self._paths.generators.seeds()

    def reset(
        self,
        *,
        seed: Seeds = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[BatchObservation, dict[str, Any]]:
        """Begin an episode in every environment and return the first observations.

        Args:
            seed: Seeds environment i with seed + i, or with its own of a sequence; None goes on
                with the generators as they are.
            options: As those of TradingEnv, the same for all.

        Raises:
            ConfigError: For an unknown option, a start that leaves no room, or another number of
                seeds than of environments; nothing has changed.
        """
        self._paths.begin(seed, self.episodes.asked(options or {}))
        self._has_begun = True
        outcome = self._new_outcome()
        self._restart(self._everyone, outcome)
        return self._observer.observe(*outcome[3:]), {}

    def step(self, actions: Any) -> Step:
        """Take an action in every environment at the close of its bar and live through the next.

        Args:
            actions: Of `action_space`.

        Returns:
            Observations, rewards, terminations, truncations, infos.

        Raises:
            ConfigError: If there is no such action, or no episode; nothing has changed.
        """
        choices = choices_of(
            actions, self.settings.action_mode, self.terms.max_position, self.num_envs
        )
        self._check_begun()
        outcome = self._new_outcome()
        n_ended = step_accounts(self._books, self._observer.lookback, self._codes, choices, outcome)
        infos = self._end_episodes(outcome) if n_ended > 0 else {}
        rewards, terminated, truncated, rows, position_info = outcome
        observations = self._observer.observe(rows, position_info)
        return observations, rewards, terminated, truncated, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions would not be wholly denied now, (num_envs, n_actions).

        Raises:
            ConfigError: If the action mode has no numbered actions, or no episode has begun.
        """
        self._check_begun()
        n_choices = n_actions(self.settings.action_mode, self.terms.max_position)
        return masks_of(self._accounts, self._books[1], self._codes, n_choices)

    def set_cost_scale(self, scale: float) -> None:
        """Let the coming fills of all cost `scale` in [0, 1] of the full commission and slippage.

        Raises:
            ConfigError: If `scale` is out of bounds.
        """
        if not 0.0 <= scale <= 1.0:
            raise ConfigError(f"`scale` of the costs must be in [0, 1], was {scale}")
        self._template["costs"]["scale"] = scale
        self._accounts["costs"]["scale"] = scale

    def snapshot(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the whole state: arrays by name, copied, and JSON values."""
        arrays, values = self._paths.snapshot()
        arrays["accounts"] = self._account_bytes().copy()
        values["cost_scale"] = float(self._template["costs"]["scale"][0])
        values["has_begun"] = self._has_begun
        return arrays, values

    def restore(self, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Go on where the environments were whose `snapshot` this is, to the last bit.

        Args:
            arrays: Of environments over the same market and settings, as many of them.
            values: Likewise.

        Raises:
            ArtifactError: If it is of another number of environments, or of longer bars; nothing
                has changed.
        """
        accounts, own = arrays["accounts"], self._account_bytes()
        if accounts.shape != own.shape or arrays["stops"].max() > self.market.n_bars:
            raise ArtifactError(
                f"the state must be of {own.shape[0]} accounts of {own.shape[1]} bytes on at most "
                f"{self.market.n_bars} bars, was of {accounts.shape[0]} of {accounts.shape[-1]} on "
                f"{arrays['stops'].max()}; give the environments that it was taken of"
            )
        own[:] = accounts
        self._paths.restore(arrays, values)
        self._template["costs"]["scale"] = values["cost_scale"]
        self._has_begun = bool(values["has_begun"])

    def _account_bytes(self) -> NDArray[np.uint8]:
        """Return the accounts as bytes, (num_envs, bytes of a record), live."""
        return self._accounts.view(np.uint8).reshape(self.num_envs, -1)

    @property
    def cost_scale(self) -> float:
        """Share of the full commission and slippage that the coming fills cost."""
        return float(self._template["costs"]["scale"][0])

    def _check_begun(self) -> None:
        if not self._has_begun:
            raise ConfigError("no episode has begun: call reset() first")

    def _end_episodes(self, outcome: Outcome) -> dict[str, Any]:
        """Begin the next episode wherever one has ended; return what is to be said of those."""
        _, terminated, truncated, rows, position_info = outcome
        ended = np.flatnonzero(terminated | truncated)
        last_seen = self._observer.observe(rows[ended], position_info[ended])
        infos = ending_infos(self._accounts, ended, self._paths.starts, last_seen)
        self._paths.go_on(ended, rows)
        self._restart(ended, outcome)
        return infos

    def _restart(self, chosen: Integers, outcome: Outcome) -> None:
        starts, stops = self._paths.starts, self._paths.stops
        restart_accounts(self._accounts, self._template, chosen, starts, stops)
        observe_accounts(self._accounts, chosen, self._observer.lookback, *outcome[3:])

    def _new_outcome(self) -> Outcome:
        n = self.num_envs
        return (
            np.empty(n, np.float64),
            np.empty(n, np.bool_),
            np.empty(n, np.bool_),
            np.empty(n, np.int64),
            np.empty((n, N_POSITION_INFO), np.float32),
        )


def _checked_count(num_envs: int) -> int:
    if isinstance(num_envs, int | np.integer) and 1 <= num_envs <= MAX_ENVS:
        return int(num_envs)
    raise ConfigError(f"`num_envs` must be a whole number in [1, {MAX_ENVS}], was {num_envs!r}")
