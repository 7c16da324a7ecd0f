"""What is searched unless the user says otherwise, per algorithm, and why within these bounds.

Bounds lie around the presets of config/agent_presets.py, about a factor of five either way where
little is known. What only trades time for accuracy (`device`, `n_evaluations`, `timesteps`) or says
what is asked for (`reward`, costs, `max_position`) is never searched.
"""

from collections.abc import Mapping

from backtest.search_space import FEATURE_GROUPS, FEATURES, Choices, Dimension, Range, SearchSpace
from utils.registry import lookup

_SEEN: Mapping[str, Dimension] = {
    # a window much longer than a session of the slowest feature only repeats what features tell
    "env.lookback_window": Choices(values=(8, 16, 32, 50)),
    # below 80 ticks (20 points of the Nasdaq) noise takes a stop out; above 400 it hardly matters
    "env.stop_loss_ticks": Choices(values=(80.0, 120.0, 200.0, 300.0, 400.0)),
    FEATURES: Choices(values=tuple(FEATURE_GROUPS)),
}
"""What the agent sees, and its stop: of every algorithm."""

_TOWER: Mapping[str, Dimension] = {
    "agent.hidden_size": Choices(values=(16, 32, 64, 128)),
    "agent.dropout": Choices(values=(0.0, 0.2, 0.5)),
}
"""How much a network can learn, and how hard noise is made for it."""

_RETURNS: Mapping[str, Dimension] = {
    # the bars that a decision pays within: 1 / (1 - gamma), from 5 to 100
    "agent.gamma": Choices(values=(0.8, 0.9, 0.95, 0.98, 0.99)),
    "agent.gae_lambda": Choices(values=(0.8, 0.9, 0.95)),
    "agent.ent_coef": Choices(values=(0.0, 0.001, 0.005, 0.02)),
}
"""How rewards are credited, where actions are sampled."""

_PPO: SearchSpace = {
    # Adam leaves what it has found above, and does not arrive in time below
    "agent.learning_rate": Range(low=1e-4, high=3e-3, log=True),
    "agent.n_steps": Choices(values=(64, 128, 256, 512)),
    # those that do not divide the rollout are refused by the algorithm, and cost no training
    "agent.batch_size": Choices(values=(128, 256, 512, 1_024)),
    # each pass over a rollout learns its noise too: PPO falls back after a minute
    "agent.n_epochs": Range(low=1, high=6, is_whole=True),
    "agent.clip_range": Choices(values=(0.1, 0.2, 0.3)),
    **_RETURNS,
    **_TOWER,
    **_SEEN,
}

_A2C: SearchSpace = {
    "agent.learning_rate": Range(low=1e-4, high=3e-3, log=True),
    "agent.batch_size": Choices(values=(64, 128, 256, 512)),
    **_RETURNS,
    **_TOWER,
    **_SEEN,
}

_EPG: SearchSpace = {
    "agent.learning_rate": Range(low=3e-4, high=5e-3, log=True),
    "agent.n_envs": Choices(values=(8, 16, 32)),
    "agent.n_steps": Choices(values=(32, 64, 128)),
    "agent.hidden_size": Choices(values=(16, 32, 64, 128)),
    # exact gradients fit noise sooner than sampled ones: more is offered against it
    "agent.dropout": Range(low=0.0, high=0.7),
    "agent.weight_decay": Range(low=0.03, high=3.0, log=True),
    "agent.objective": Choices(values=("mean", "mean_std", "sharpe", "cvar")),
    **_SEEN,
}

_DP: SearchSpace = {
    "agent.predictor": Choices(values=("ridge", "lightgbm")),
    **_SEEN,
}

SEARCH_SPACES: Mapping[str, SearchSpace] = {
    "PPO": _PPO,
    "MaskablePPO": _PPO,
    "RecurrentPPO": _PPO,
    "A2C": _A2C,
    "EPG": _EPG,
    "DP": _DP,
}
"""By key of ALGORITHMS."""


def default_space(algorithm: str) -> SearchSpace:
    """Return what is searched of an algorithm; a ConfigError where there is none of that name."""
    return lookup(SEARCH_SPACES, algorithm, "algorithm")
