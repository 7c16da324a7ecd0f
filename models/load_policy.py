"""Whatever decides, from the directories that it was saved in: an agent, or an ensemble of them."""

from collections.abc import Sequence
from pathlib import Path

from models.agent import TradingAgent
from models.ensemble import Ensemble
from utils.errors import ConfigError


def load_policy(models: Sequence[Path]) -> TradingAgent | Ensemble:
    """Return the agent saved in a directory, or the ensemble of those saved in several.

    Raises:
        ArtifactError: If one cannot be loaded.
        ConfigError: If one does not fit the others, or is named twice.
    """
    places = [model.resolve() for model in models]
    for count, place in enumerate(places):
        if place in places[:count]:
            raise ConfigError(f"`--model {models[count]}` is named twice; name each model once")
    agents = [TradingAgent.load(model) for model in models]
    return agents[0] if len(agents) == 1 else Ensemble(agents)
