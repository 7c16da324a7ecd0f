"""A forecast and a plan as a decider: the level of the forecast and the position held say it all.

The plan is solved anew for the costs of each pass, so that one forecast serves every account. It
reckons with the market's next moves and with fixed costs alone; a stop, a target, margin, a denied
order or the end of a session is no part of it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from config.settings import EnvSettings
from env.action_modes import Decision, n_actions
from env.actions import Action
from env.market import Market
from env.observation import N_POSITION_INFO, Observation
from env.terms import terms_of
from models.decider import Opinion
from models.inference import checked_array
from models.prefixed import part_of, with_prefix
from models.side_cost import cost_per_side_usd
from models.signal_chain import SignalChain, chain_of_weights, worthless_chain
from models.signal_predictor import Predictor
from utils.errors import ConfigError

PREDICTOR, CHAIN = "predictor.", "chain."
"""What the names of the weights begin with."""

SIDES = {-1: Action.SELL, 0: Action.CLOSE, 1: Action.BUY}


class SignalDecider:
    """Takes the position that is best for a forecast; see `models.decider`.

    What is held on the side that the plan wants is left at its size; otherwise the plan takes the
    largest position. It draws nothing: the best action is the only one.

    Attributes:
        predictor: Forecasts the next move.
        chain: What its forecasts are worth.
    """

    def __init__(
        self, predictor: Predictor, settings: EnvSettings, n_columns: int, n_forecasts: int = 0
    ):
        """Create a decider that stays flat until it is given a chain.

        Args:
            predictor: Forecasts the next move.
            settings: The account that it is made for.
            n_columns: Values per row of a window.
            n_forecasts: Forecasts beside it.
        """
        self.predictor = predictor
        self.chain = worthless_chain()
        self._own = settings
        self._window_shape = settings.lookback_window, n_columns
        self._n_forecasts = n_forecasts
        self._plan: NDArray[np.int8] | None = None
        self._begun: tuple[EnvSettings, NDArray[np.int8], int] | None = None

    def learn(self, predictor: Predictor, chain: SignalChain) -> None:
        """Decide by these from now on."""
        self.predictor, self.chain = predictor, chain
        self._plan = self._begun = None

    def predict(
        self, observation: Observation, state: Any = None, deterministic: bool = True
    ) -> tuple[Decision, None]:
        """Return the best action with the costs of the account that it was made for."""
        return self._best(observation), None

    def opinion(self, observation: Observation, state: Any = None) -> tuple[Opinion, None]:
        """Return the best action as the only one."""
        return opinion_of(self._best(observation), self._own), None

    def begin(self, market: Market, settings: EnvSettings) -> None:
        """Forecast every row of `market`, each from rows <= it, and plan for the pass's costs."""
        first = market.first_valid
        signals = self.predictor.signals(market.features[first:])
        targets = _targets(self.chain, settings)[self.chain.levels(signals)]
        self._begun = settings, targets, first + settings.lookback_window - 1

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return the best action with the costs of the pass that was begun."""
        assert self._begun is not None, "begin() comes before decide()"
        settings, targets, first = self._begun
        return decision_of(targets[bar - first], observation["position_info"], settings)

    def opinion_at(self, bar: int, observation: Observation) -> Opinion:
        """Return the best action as the only one."""
        assert self._begun is not None, "begin() comes before opinion_at()"
        return opinion_of(self.decide(bar, observation), self._begun[0])

    def weights(self) -> dict[str, Tensor]:
        """Return the weights of the predictor and of the chain."""
        own = with_prefix(self.predictor.weights(), PREDICTOR)
        return own | with_prefix(self.chain.weights(), CHAIN)

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Take over the weights of a predictor of this kind, and of a chain."""
        self.predictor.load_weights(part_of(weights, PREDICTOR), where)
        self.chain = chain_of_weights(part_of(weights, CHAIN), where)
        self._plan = self._begun = None

    def _best(self, observation: Observation) -> Decision:
        window = self._window(observation)
        position = _checked(observation, "position_info", (N_POSITION_INFO,))
        if self._plan is None:
            self._plan = _targets(self.chain, self._own)
        level = self.chain.levels(self.predictor.signals(window))[0]
        return decision_of(self._plan[level], position, self._own)

    def _window(self, observation: Observation) -> NDArray[np.float32]:
        """Return the rows as a market has them; of forecasts only the last row's are asked for."""
        window = _checked(observation, "market_features", self._window_shape)
        if self._n_forecasts == 0:
            return window
        forecasts = np.zeros((len(window), self._n_forecasts), np.float32)
        forecasts[-1] = _checked(observation, "forecast", (self._n_forecasts,))
        return np.hstack((window, forecasts))


def decision_of(
    targets: NDArray[np.int8], position_info: NDArray[np.float32], settings: EnvSettings
) -> Decision:
    """Return the action that leads from what is held to the side that is best for it.

    Args:
        targets: (3,) best side, -1, 0 or 1, where short, flat and long is held.
        position_info: Of the observation; its first number is the position over the largest.
        settings: The account, whose action mode is used.
    """
    share = float(position_info[0])
    held = int(np.sign(share))
    side = int(targets[1 + held])
    if settings.action_mode == "discrete":
        return Action.HOLD if side == held else SIDES[side]
    wanted = share if side == held else float(side)
    if settings.action_mode == "continuous":
        return np.array([wanted], dtype=np.float32)
    largest = terms_of(settings).max_position
    return largest + round(wanted * largest)


def opinion_of(decision: Decision, settings: EnvSettings) -> Opinion:
    """Return an action as the only one: all probability on it, or the share itself."""
    if isinstance(decision, np.ndarray):
        return decision.astype(np.float64)
    size = n_actions(settings.action_mode, terms_of(settings).max_position)
    return np.asarray(np.arange(size) == decision, dtype=np.float64)


def _targets(chain: SignalChain, settings: EnvSettings) -> NDArray[np.int8]:
    """Return the plan for an account's costs; see `SignalChain.targets`."""
    tick_value_usd = terms_of(settings).instrument.tick_value_usd
    return chain.targets(cost_per_side_usd(settings) / tick_value_usd)


def _checked(observation: Observation, key: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return one array of an observation.

    Raises:
        ConfigError: If it is missing, or has another shape.
        DataError: If it holds NaN or infinity.
    """
    if key not in observation:
        raise ConfigError(f"the observation must have `{key}`, had {sorted(observation)}")
    return checked_array(key, observation[key], shape)  # type: ignore[literal-required]
