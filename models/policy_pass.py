"""A policy network's decisions over one market: its tower in blocks, the rest compiled, bar by bar.

What the network makes of the market alone is left to models/market_encodings.py, the last layers to
models/compiled/head.py.
"""

from typing import NamedTuple, cast

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor, nn

from env.action_modes import Decision
from env.market import Market
from models.compiled.head import Floats, Head, best_action, head_outputs
from models.decider import Opinion
from models.inference import decision_of, opinion_of_outputs
from models.market_encodings import MarketEncodings
from models.market_extractor import MarketExtractor

SIDES = 3
"""Short, flat, long."""


class HeadLayers(NamedTuple):
    """The linear layers of a policy head with tanh between them, in order."""

    first: nn.Linear
    second: nn.Linear
    output: nn.Linear


class PolicyPass:
    """One pass over a market by the weights as they are now; later ones need another pass."""

    def __init__(
        self,
        network: ActorCriticPolicy,
        layers: HeadLayers,
        market: Market,
        allowed: NDArray[np.bool_] | None = None,
    ):
        """Copy the head; the tower waits for the first decision.

        Args:
            network: Is not changed.
            layers: Its policy head, see `head_layers`.
            market: Of the features that the network was made for.
            allowed: (SIDES, n_actions) what may be chosen; None: anything.
        """
        extractor = cast(MarketExtractor, network.features_extractor)
        self._encodings = MarketEncodings(extractor, market, layers.first)
        self._head = compiled_head(extractor, layers)
        self._actions = network.action_space
        self._is_numbered = isinstance(network.action_space, spaces.Discrete)
        anything = np.ones((SIDES, len(self._head.output_bias)), np.bool_)
        self._allowed = anything if allowed is None else allowed

    def has(self, bar: int) -> bool:
        """Return whether row `bar` ends a complete window."""
        return self._encodings.has(bar)

    def decide(self, bar: int, position_info: Floats) -> Decision:
        """Return the best action at the close of row `bar`."""
        part = self._encodings.of(bar)
        if self._is_numbered:
            return best_action(part, position_info, self._head, self._allowed)
        return decision_of(head_outputs(part, position_info, self._head), self._actions)

    def opinion(self, bar: int, position_info: Floats) -> Opinion:
        """Return the probability of each action, or the mean share, at the close of row `bar`."""
        outputs = head_outputs(self._encodings.of(bar), position_info, self._head)
        if self._is_numbered:
            outputs[~self._allowed[1 + int(np.sign(position_info[0]))]] = -np.inf
        return opinion_of_outputs(outputs, self._actions)


def head_layers(network: ActorCriticPolicy) -> HeadLayers | None:
    """Return the layers of a network's policy head, or None where it is not of the usual kind."""
    layers = [*network.mlp_extractor.policy_net, network.action_net]
    kinds = [type(layer) for layer in layers]
    if kinds != [nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]:
        return None
    return HeadLayers(*cast(list[nn.Linear], layers[::2]))


def compiled_head(extractor: MarketExtractor, layers: HeadLayers) -> Head:
    """Return a copy of the layers as they are, but for the market's part of the first."""
    return Head(
        account=_account_weights(extractor, layers.first),
        hidden=_array(layers.second.weight.T),
        hidden_bias=_array(layers.second.bias),
        output=_array(layers.output.weight.T),
        output_bias=_array(layers.output.bias),
    )


def _account_weights(extractor: MarketExtractor, first: nn.Linear) -> Floats:
    """Return what one of each number on the account adds to the first layer, (n_account, width)."""
    n_account = extractor.features_dim - extractor.encoding_size
    one_of_each = torch.eye(n_account, device=first.weight.device)
    no_market = one_of_each.new_zeros(n_account, extractor.encoding_size)
    with torch.inference_mode():
        return _array(extractor.join(no_market, one_of_each) @ first.weight.T)


def _array(tensor: Tensor) -> Floats:
    """Return an own C-contiguous copy."""
    return np.array(tensor.detach().cpu().numpy(), dtype=np.float32, order="C")
