"""The network of the comparison, as a user of Stable-Baselines3 would write it: nothing of ours."""

from typing import Any, cast

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn


class WindowLstm(BaseFeaturesExtractor):
    """An LSTM over the window, the account beside its last hidden state."""

    def __init__(self, observation_space: spaces.Dict, hidden_size: int):
        n_account = cast(spaces.Box, observation_space["position_info"]).shape[0]
        n_features = cast(spaces.Box, observation_space["market_features"]).shape[1]
        super().__init__(observation_space, hidden_size + n_account)
        self.lstm = nn.LSTM(n_features, hidden_size, batch_first=True)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Return (n, hidden_size + 4)."""
        _, (hidden, _) = self.lstm(observations["market_features"])
        return torch.cat((hidden[-1], observations["position_info"]), dim=1)


def stock_arguments(hidden_size: int) -> dict[str, Any]:
    """Return the `policy_kwargs`: two heads of two layers, behind one LSTM."""
    return {
        "features_extractor_class": WindowLstm,
        "features_extractor_kwargs": {"hidden_size": hidden_size},
        "net_arch": {"pi": [64, 64], "vf": [64, 64]},
    }
