"""The network of RecurrentPPO: the tower reads the window, an LSTM behind it what came before."""

from collections.abc import Mapping
from typing import Any

from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.buffers import RecurrentDictRolloutBuffer
from sb3_contrib.common.recurrent.type_aliases import RecurrentDictRolloutBufferSamples
from sb3_contrib.ppo_recurrent.policies import MultiInputLstmPolicy

from env.batch_observation import BAR_INDEX
from models.market_policy import MarketInput


class RecurrentMarketPolicy(MultiInputLstmPolicy, MarketInput):  # type: ignore[misc]  # by design
    """sb3_contrib's recurrent actor-critic over windows, or over indices of a market attached.

    Tower and account go through an LSTM as wide as the tower; the critic has one of its own.
    """

    def __init__(self, *args: Any, features_extractor_kwargs: Mapping[str, Any], **kwargs: Any):
        """Create the network; arguments as sb3_contrib's, but for the width of the LSTM."""
        super().__init__(
            *args,
            features_extractor_kwargs=dict(features_extractor_kwargs),
            lstm_hidden_size=features_extractor_kwargs["hidden_size"],
            **kwargs,
        )


class IndexSequences(RecurrentDictRolloutBuffer):
    """sb3_contrib's buffer of sequences, each filled up to the longest with a row that there is.

    What is filled up counts for nothing, but goes through the network: as row 0, which sb3_contrib
    takes, it would have no window.
    """

    def _get_samples(self, *args: Any, **kwargs: Any) -> RecurrentDictRolloutBufferSamples:
        samples = super()._get_samples(*args, **kwargs)
        rows = samples.observations[BAR_INDEX]
        rows[samples.mask == 0.0] = rows.max()
        return samples


def index_sequences(algorithm: RecurrentPPO) -> IndexSequences:
    """Return an empty buffer in place of the one that the algorithm has made itself."""
    lstm = algorithm.policy.lstm_actor
    return IndexSequences(
        algorithm.n_steps,
        algorithm.observation_space,
        algorithm.action_space,
        (algorithm.n_steps, lstm.num_layers, algorithm.n_envs, lstm.hidden_size),
        algorithm.device,
        gae_lambda=algorithm.gae_lambda,
        gamma=algorithm.gamma,
        n_envs=algorithm.n_envs,
    )
