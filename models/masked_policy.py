"""The network of MaskablePPO, and what decides by it; its weights are named as PPO's are."""

from sb3_contrib.ppo_mask.policies import MultiInputPolicy
from stable_baselines3.common.policies import ActorCriticPolicy

from config.settings import EnvSettings
from env.terms import terms_of
from models.market_policy import MarketInput
from models.masked_actions import allowed_actions
from models.network_decider import NetworkDecider


class MaskedMarketPolicy(MultiInputPolicy, MarketInput):  # type: ignore[misc]  # by design
    """sb3_contrib's maskable actor-critic over windows, or over indices of a market attached."""


def masked_decider(network: ActorCriticPolicy, settings: EnvSettings) -> NetworkDecider:
    """Return what decides by a MaskedMarketPolicy; see models/masked_actions.py.

    Raises:
        ConfigError: If the actions of the account are not numbered.
    """
    allowed = allowed_actions(settings.action_mode, terms_of(settings).max_position)
    return NetworkDecider(network, allowed)
