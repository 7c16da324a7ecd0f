"""What EPG needs to begin: the training market described, and an account that can be described."""

from typing import cast

import torch
from stable_baselines3.common.vec_env import VecEnv

from config.settings import AgentSettings
from env.exogenous import describe, is_protected
from models.exact_gradient import ExactPolicyGradient
from models.exact_objectives import OBJECTIVES
from models.training_env import RewardUnit
from utils.errors import ConfigError
from utils.registry import lookup


def make_epg(venv: VecEnv, settings: AgentSettings, device: torch.device) -> ExactPolicyGradient:
    """Return EPG on the environments of `make_vec_env`.

    Raises:
        ConfigError: If what happens cannot be enumerated, saying on what it depends; if there are
            too few bars for a chunk; or if there is no such objective.
    """
    lookup(OBJECTIVES, settings.objective, "objective")
    _check_view(settings)
    market, account = venv.get_attr("market")[0], venv.get_attr("settings")[0]
    sees_entries = settings.account_view == "trade"
    has_entries = sees_entries or is_protected(account)
    # an entry from before the chunk is one bar older at its end than the chunk is long
    max_age = settings.n_steps + 1 if has_entries else 0
    problem = describe(market, account, max_age, has_open_pnl=sees_entries)
    unit_usd = cast(RewardUnit, venv).unit * account.initial_balance
    return ExactPolicyGradient(venv, problem, settings, unit_usd, device)


def _check_view(settings: AgentSettings) -> None:
    if settings.account_view == "account":
        raise ConfigError(
            'exact gradients cannot be had with `account_view` "account", because the equity '
            'depends on all that was done before; choose "position" or "trade"'
        )
