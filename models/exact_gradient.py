"""EPG, exact policy gradients: where the market does not depend on us, only the market is sampled.

Which positions a policy takes on a known path, and with which chances, can be computed; so can what
each of its actions is worth. The gradient of the expected PnL of a stretch of bars is therefore
exact: no action is ever drawn, and no critic is needed. What decisions lead to says env.exogenous;
the recursion is models.exact_visit's; the idea and its forerunners are told in docs/training.md.

The network is the ordinary actor-critic, whose critic stays as it began. What decides is the
running mean of its weights (Polyak and Juditsky 1992), which the last chunks' noise moves less.
"""

import copy
from collections.abc import Mapping
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.type_aliases import MaybeCallback
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from config.settings import AgentSettings
from env.exogenous import Exogenous
from models.actor_critic import load_weights, policy_arguments, weights_of
from models.exact_chunks import Chunks
from models.exact_states import entries_seen, positions_seen
from models.exact_visit import Visitor
from models.exact_warm_start import start_warm
from models.market_policy import MarketPolicy
from models.networks import RecurrentExtractor
from models.prefixed import part_of, with_prefix
from models.training_env import window_space
from utils.errors import ConfigError

MAX_GRADIENT_NORM = 0.5
AVERAGE = "average."

AVERAGING = 0.97
"""Share of the mean that each step keeps, once there were some tens of steps."""

STEPS_PER_LOG = 25
"""Gradient steps between two lines of the log: a step takes milliseconds."""


class ExactPolicyGradient(OnPolicyAlgorithm):
    """Gradient ascent on the expected PnL; one step for every `n_envs` chunks of `n_steps` bars.

    To Stable-Baselines3 it is an on-policy algorithm whose rollouts end no episodes.
    `num_timesteps` counts bars visited. Rewards are not discounted.

    Attributes:
        problem: The market that is learnt from, described.
        chunks: What is visited.
        average: A network of the running mean of the weights of `policy`, which learns.
    """

    def __init__(
        self,
        venv: VecEnv,
        problem: Exogenous,
        settings: AgentSettings,
        unit_usd: float,
        device: torch.device,
    ):
        """Prepare to learn.

        Args:
            venv: Environments over indices of the market described; their spaces and the scale of
                their costs are looked at, they are not stepped.
            problem: With runs where a stop, target or trail, or the policy, asks for entries.
            settings: How to learn.
            unit_usd: Typical PnL of a bar, which rewards are divided by.
            device: Where the network is.
        """
        super().__init__(
            MarketPolicy,
            venv,
            learning_rate=settings.learning_rate,
            n_steps=settings.n_steps,
            gamma=1.0,
            gae_lambda=1.0,
            ent_coef=settings.ent_coef,
            vf_coef=0.0,
            max_grad_norm=MAX_GRADIENT_NORM,
            use_sde=False,
            sde_sample_freq=-1,
            policy_kwargs=policy_arguments(settings, window_space(venv)),
            seed=settings.seed,
            device=device,
        )
        self.problem = problem
        self._settings = settings
        self._sees_entries = settings.account_view != "position"
        self.chunks = Chunks(
            _first_rows(problem, settings), settings.n_steps, len(problem.positions), settings.seed
        )
        self._visitor = Visitor(problem, self.chunks, settings, unit_usd)
        self._n_chunks = settings.n_envs
        self._starts: NDArray[np.int64] = np.empty(0, np.int64)
        self._positions_seen = positions_seen(problem).to(device)
        network = cast(MarketPolicy, self.policy)
        self.average: MarketPolicy = copy.deepcopy(network)
        network.features_extractor.attach(problem.market.features)
        self._sequences: Tensor | None = None
        if settings.tower_mode == "sequence":
            _check_recurrent(network, settings)
            self._sequences = torch.from_numpy(problem.market.features.copy()).to(device)

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
    ) -> bool:
        """Choose the next chunks; False if a callback wants no more."""
        callback.on_rollout_start()
        self._starts = self.chunks.draw(self._n_chunks)
        self.num_timesteps += self._n_chunks * self.chunks.n_steps
        no_episodes: dict[str, Any] = {"dones": [], "infos": [], "actions": np.empty(0, np.int64)}
        callback.update_locals({**locals(), **no_episodes})
        if not callback.on_step():
            return False
        callback.on_rollout_end()
        return True

    def train(self) -> None:
        """Take one step along the exact gradient of the chunks chosen."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        scores = torch.log_softmax(self._logits(self._starts), dim=-1)
        chances = scores.exp()
        exact = chances.detach().double().cpu().numpy()
        visit = self._visitor.visit(self._starts, exact, self._cost_scale())
        weights = torch.as_tensor(visit.weights, dtype=torch.float32, device=self.device)
        likely = torch.as_tensor(visit.likely, dtype=torch.float32, device=self.device)
        n_bars = visit.expected.size
        entropy = -(likely * (chances * scores).sum(dim=-1)).sum() / n_bars
        loss = -(chances * weights).sum() / n_bars - self.ent_coef * entropy
        self.policy.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
        self.policy.optimizer.step()
        self.policy.set_training_mode(False)
        self._n_updates += 1
        self._move_average()
        self.logger.record("train/expected_reward", float(visit.expected.mean()))
        self.logger.record("train/entropy", float(entropy.detach()))

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = STEPS_PER_LOG,
        tb_log_name: str = "EPG",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """Learn; arguments as Stable-Baselines3's, but for logs at most every STEPS_PER_LOG."""
        network = cast(MarketPolicy, self.policy)
        if self._settings.warm_start and self._n_updates == 0:
            start_warm(network, self.problem, self._settings)
            self.average.load_state_dict(network.state_dict())
        return super().learn(
            total_timesteps,
            callback,
            max(log_interval, STEPS_PER_LOG),
            tb_log_name,
            reset_num_timesteps,
            progress_bar,
        )

    def own_arrays(self) -> dict[str, Tensor]:
        """Return what a checkpoint must keep beside network, optimiser and environments."""
        return self.chunks.arrays() | with_prefix(weights_of(self.average), AVERAGE)

    def set_own_arrays(self, arrays: Mapping[str, Tensor]) -> None:
        """Take over what `own_arrays` returned."""
        self.chunks.set_arrays(arrays)
        load_weights(self.average, part_of(arrays, AVERAGE), "the checkpoint")

    def _move_average(self) -> None:
        """Let the mean follow the weights."""
        kept = min(AVERAGING, self._n_updates / (self._n_updates + 9))
        means, weights = (list(each.parameters()) for each in (self.average, self.policy))
        with torch.no_grad():
            torch._foreach_lerp_(means, weights, 1.0 - kept)

    def _cost_scale(self) -> float:
        assert self.env is not None
        return float(self.env.get_attr("cost_scale")[0])

    def _logits(self, starts: NDArray[np.int64]) -> Tensor:
        """Return the policy's scores of each action in each state, (c, T, s, a)."""
        encoded = self._encoded(starts)
        if self._sees_entries:
            seen = entries_seen(self.problem, starts, self.chunks.n_steps).to(self.device)
        else:
            seen = self._positions_seen.expand(*encoded.shape[:2], *self._positions_seen.shape)
        network = cast(MarketPolicy, self.policy)
        market = encoded[:, :, None].expand(-1, -1, seen.shape[2], -1)
        joined = network.features_extractor.join(market, seen)
        return cast(Tensor, network.action_net(network.mlp_extractor.forward_actor(joined)))

    def _encoded(self, starts: NDArray[np.int64]) -> Tensor:
        """Return the tower's output at each close of the chunks, (c, T, encoding_size)."""
        extractor = cast(MarketPolicy, self.policy).features_extractor
        if self._sequences is None:
            rows = torch.from_numpy(starts[:, None] + np.arange(self.chunks.n_steps))
            encoded = extractor.encode_rows(rows.flatten().to(self.device))
            return encoded.reshape(*rows.shape, -1)
        burn_in = extractor.lookback - 1
        rows = torch.from_numpy(starts[:, None] + np.arange(-burn_in, self.chunks.n_steps))
        recurrent = cast(RecurrentExtractor, extractor)
        return recurrent.encode_sequence(self._sequences[rows.to(self.device)])[:, burn_in:]


def _first_rows(problem: Exogenous, settings: AgentSettings) -> range:
    """Return the rows at whose close a chunk may begin.

    The decision before is looked at where positions have entries; the bar after the last is there.
    """
    first = problem.market.first_decision(problem.settings.lookback_window)
    before = 0 if problem.runs is None else 1
    return range(first + before, problem.market.n_bars - settings.n_steps)


def _check_recurrent(network: MarketPolicy, settings: AgentSettings) -> None:
    if not isinstance(network.features_extractor, RecurrentExtractor):
        raise ConfigError(
            '`tower_mode` "sequence" needs a tower that goes from bar to bar, lstm or gru, was '
            f'{settings.feature_extractor}; choose one of these, or "window"'
        )
