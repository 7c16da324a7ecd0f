"""What each algorithm does best with, where it differs from the defaults of AgentSettings.

How these were found is told in docs/training.md.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_PPO = {
    "learning_rate": 6e-4,
    "n_envs": 16,
    "batch_size": 512,
    "n_epochs": 2,
    "account_view": "position",
}

AGENT_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "PPO": _PPO,
        "MaskablePPO": _PPO,
        "RecurrentPPO": _PPO,
        "A2C": {"learning_rate": 6e-4, "account_view": "position"},
        "EPG": {
            "learning_rate": 1e-3,
            "n_envs": 16,
            "n_steps": 64,
            "dropout": 0.5,
            "weight_decay": 0.3,
            "account_view": "position",
        },
        "DP": {
            "learning_rate": 1e-3,
            "dropout": 0.5,
            "weight_decay": 0.3,
            "validation_fraction": 0.0,
        },
    }
)
"""By key of ALGORITHMS: fields of AgentSettings and their values."""
