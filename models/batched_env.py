"""The batch of environments as Stable-Baselines3 wants them: TradingVectorEnv behind a VecEnv.

To an algorithm it is what `DummyVecEnv` over as many clones would be, to the last bit of every
observation, reward and flag; infos are told of episodes that have just ended alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from env.batch_info import FINAL_INFO, FINAL_OBS
from env.batch_observation import BAR_INDEX
from env.vector_env import TradingVectorEnv
from utils.errors import ConfigError
from utils.registry import unknown_name_message

MAX_INDEX = 2**24
"""Stable-Baselines3 keeps observations as float32, which counts exactly up to here."""

METHODS = ("action_masks", "set_cost_scale")
"""What `env_method` can call."""

Indices = int | Iterable[int] | None


class BatchedEnv(VecEnv):
    """Environments that step together, each with random starts that no other seed shares.

    Attributes:
        envs: The environments themselves.
    """

    def __init__(self, envs: TradingVectorEnv):
        """Wrap the environments.

        Raises:
            ConfigError: If they are something else, or there are more bars than an index
                observation can tell apart.
        """
        if not isinstance(envs, TradingVectorEnv):
            raise ConfigError(
                f"`envs` must be a TradingVectorEnv, was a {type(envs).__name__}; "
                "`gymnasium.make_vec` makes one, `num_envs=1` too"
            )
        n_bars = envs.market.n_bars
        if BAR_INDEX in envs.single_observation_space.spaces and n_bars > MAX_INDEX:
            raise ConfigError(
                f"index observations must be of at most {MAX_INDEX:,} bars, which "
                f"Stable-Baselines3 counts in float32, had {n_bars:,}; give fewer bars, or observe "
                '"windows"'
            )
        self.envs = envs
        self._actions: Any = None
        self._returns: NDArray[np.float64] = np.zeros(envs.num_envs)
        super().__init__(envs.num_envs, envs.single_observation_space, envs.single_action_space)

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Draw one seed per environment from `seed`, for the next reset.

        Stable-Baselines3 itself counts on from it, so that the neighbouring seeds of two agents
        would share all their streams but one.
        """
        drawn = np.random.SeedSequence(seed).generate_state(self.num_envs)
        self._seeds = [int(each) for each in drawn]
        return self._seeds

    def reset(self) -> VecEnvObs:
        """Begin an episode everywhere and return the first observations.

        Raises:
            ConfigError: For options that are not the same for all, or that TradingEnv refuses.
        """
        if any(options != self._options[0] for options in self._options):
            raise ConfigError("the options of reset must be the same for all of a batch")
        observations, _ = self.envs.reset(seed=self._seeds, options=self._options[0])
        self._returns[:] = 0.0
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions; `step_wait` does the step."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Return observations, rewards (float32), dones and one info each.

        The info of an environment whose episode has ended holds its last observation under
        "terminal_observation", "TimeLimit.truncated", the StepInfo at its end, and "episode": the
        sum of rewards "r" and the decisions "l". Those of the others are empty.
        """
        observations, rewards, terminated, truncated, said = self.envs.step(self._actions)
        self._returns += rewards
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if said:
            for i in np.flatnonzero(terminated | truncated).tolist():
                infos[i] = self._ending(said, i)
                infos[i]["TimeLimit.truncated"] = bool(truncated[i])
        return observations, rewards.astype(np.float32), terminated | truncated, infos

    def _ending(self, said: dict[str, Any], i: int) -> dict[str, Any]:
        """Return what is to be said of the episode that has ended in environment `i`."""
        final = said[FINAL_INFO]
        info = {name: _plain(final[name][i]) for name in final if not name.startswith("_")}
        info["terminal_observation"] = said[FINAL_OBS][i]
        info["episode"] = {"r": float(self._returns[i]), "l": info["length"]}
        self._returns[i] = 0.0
        return info

    def snapshot(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the whole state: arrays by name, copied, and JSON values."""
        arrays, values = self.envs.snapshot()
        return {**arrays, "returns": self._returns.copy()}, values

    def restore(self, arrays: Mapping[str, NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Go on where the environments were whose `snapshot` this is, to the last bit.

        Raises:
            ArtifactError: If it is of other environments; nothing has changed.
        """
        self.envs.restore(arrays, values)
        self._returns[:] = arrays["returns"]

    def close(self) -> None:
        """Close the environments."""
        self.envs.close()

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """Return an attribute of the batch, once for each environment asked for."""
        value = getattr(self.envs, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:
        """Refuse: the environments of a batch differ in nothing but their accounts.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(
            f"`{attr_name}` cannot be set in the environments of a batch, which have no attributes "
            "of their own; build another batch"
        )

    def env_method(
        self, method_name: str, *method_args: Any, indices: Indices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call one of METHODS and return its results, one for each environment asked for.

        Raises:
            ConfigError: For another method, or costs that are to differ between environments.
        """
        chosen = list(self._get_indices(indices))
        if method_name == "action_masks":
            masks = self.envs.action_masks(*method_args, **method_kwargs)
            return [masks[i] for i in chosen]
        if method_name != "set_cost_scale":
            raise ConfigError(unknown_name_message(method_name, "method of a batch", METHODS))
        if set(chosen) != set(range(self.num_envs)):
            raise ConfigError("the scale of the costs must be the same for all of a batch")
        self.envs.set_cost_scale(*method_args, **method_kwargs)
        return [None] * len(chosen)

    def env_is_wrapped(
        self, wrapper_class: type[gymnasium.Wrapper[Any, Any, Any, Any]], indices: Indices = None
    ) -> list[bool]:
        """Return that no environment is wrapped in anything."""
        return [False for _ in self._get_indices(indices)]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
