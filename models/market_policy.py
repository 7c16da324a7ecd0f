"""Actor-critics whose feature extractor reads observations itself, windows or row numbers alike."""

from typing import cast

from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy, MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.type_aliases import PyTorchObs
from torch import Tensor

from models.market_extractor import MarketExtractor


class MarketInput(BasePolicy):
    """Hand observations to the feature extractor as they are.

    Stable-Baselines3 looks each entry up in the observation space that a policy was made with, so
    that one made for indices would refuse windows. Name this class last among the bases: that puts
    it where every policy asks for features.
    """

    features_extractor: MarketExtractor

    @property
    def window_space(self) -> spaces.Dict:
        """The space of observations of windows, whatever is trained on."""
        return self.features_extractor.window_space

    def extract_features(
        self, obs: PyTorchObs, features_extractor: BaseFeaturesExtractor
    ) -> Tensor:
        """Return the extractor's output, (n, features_dim)."""
        return cast(Tensor, features_extractor(obs))


class MarketPolicy(MultiInputActorCriticPolicy, MarketInput):  # type: ignore[misc]  # by design
    """Stable-Baselines3's actor-critic over windows, or over indices of a market attached."""
