"""Several agents that decide together: by the mean of their opinions.

Where seeds or algorithms disagree, a single one's decision is partly chance; the share of them that
was for a decision says how much.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from config.settings import EnvSettings
from env.action_modes import Decision
from env.market import Market
from env.observation import Observation
from models.agent import TradingAgent
from models.decider import Opinion
from utils.errors import ConfigError
from utils.files import canonical_json, sha256_of_bytes

FITTING: dict[str, Callable[[TradingAgent], Any]] = {
    "features": lambda agent: list(agent.feature_set.names),
    "forecasts": lambda agent: list(agent.feature_set.forecasts),
    "feature versions": lambda agent: agent.feature_set.hash,
    "scaler": lambda agent: sha256_of_bytes(canonical_json(agent.scaler.to_dict()).encode())[:12],
    "bar seconds": lambda agent: agent.provenance["bar_seconds"],
    "symbol": lambda agent: agent.env_settings.symbol,
    "lookback_window": lambda agent: agent.env_settings.lookback_window,
    "action_mode": lambda agent: agent.env_settings.action_mode,
    "max_position": lambda agent: agent.env_settings.max_position,
    "stop_loss_ticks": lambda agent: agent.env_settings.stop_loss_ticks,
    "take_profit_ticks": lambda agent: agent.env_settings.take_profit_ticks,
    "trailing_stop_ticks": lambda agent: agent.env_settings.trailing_stop_ticks,
}
"""What must be the same for all members, or else they do not speak of the same thing."""

ALIKE = {
    "scaler": "train both on the same rows: all with the `validation_fraction` 0 where one is DP"
}
"""How members are made to agree on what no setting names."""


class Ensemble:
    """Agents that decide by their mean opinion; a policy as each of them is, see `models.policy`.

    Numbered actions: the one of the largest mean probability. Shares: the mean share.

    Attributes:
        name: What reports call it, e.g. "ensemble-of-3".
        members: The agents.
        env_settings: The account of the first member.
        feature_set: The features that all see.
        scaler: How they are scaled.
        provenance: What all members say alike, the span of all their trainings together, and each
            member's own.
        confidence: Share of the members that were for the last decision: whose own best action it
            is, or who want the same side; None before the first.
    """

    def __init__(self, members: Sequence[TradingAgent]):
        """Bring agents together; they stay as they are.

        Args:
            members: Two or more, in the order in which messages count them.

        Raises:
            ConfigError: If there are fewer, or one does not fit the first.
        """
        _check_members(members)
        self.members = tuple(members)
        first = members[0]
        self.name = f"ensemble-of-{len(members)}"
        self.env_settings = first.env_settings
        self.feature_set = first.feature_set
        self.scaler = first.scaler
        self.provenance = _common_provenance(members)
        self.confidence: float | None = None
        self._confidences: list[float] = []

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Prepare all members for one pass over a market; errors as those of an agent."""
        for member in self.members:
            member.reset(market, settings)
        self.confidence = None
        self._confidences = []

    def decide(self, bar: int, observation: Observation) -> Decision:
        """Return what is best at the close of row `bar`."""
        decision = self._decision_of([each.opinion_at(bar, observation) for each in self.members])
        assert self.confidence is not None
        self._confidences.append(self.confidence)
        return decision

    def predict(
        self, observation: Observation, state: Sequence[Any] | None = None
    ) -> tuple[Decision, tuple[Any, ...]]:
        """Return what is best, and the members' memories to hand in with the next observation.

        Args:
            observation: As for `TradingAgent.predict`; errors as there.
            state: What the call before returned; None begins an episode.
        """
        before = (None,) * len(self.members) if state is None else state
        heard = [
            each.opinion(observation, memory)
            for each, memory in zip(self.members, before, strict=True)
        ]
        return self._decision_of([opinion for opinion, _ in heard]), tuple(own for _, own in heard)

    @property
    def agreement(self) -> float | None:
        """Mean confidence of `decide` since `reset`; None before the first decision."""
        return float(np.mean(self._confidences)) if self._confidences else None

    def _decision_of(self, opinions: Sequence[Opinion]) -> Decision:
        """Return the decision, and note who was for it."""
        mean = np.mean(opinions, axis=0)
        if self.env_settings.action_mode == "continuous":
            self.confidence = float(np.mean(np.sign(opinions) == np.sign(mean)))
            return np.asarray(mean, dtype=np.float32)
        best = int(mean.argmax())
        self.confidence = float(np.mean([int(each.argmax()) == best for each in opinions]))
        return best


def _check_members(members: Sequence[TradingAgent]) -> None:
    if len(members) < 2:
        raise ConfigError(f"an ensemble must have 2 members or more, had {len(members)}")
    for count, member in enumerate(members[1:], start=2):
        for what, of in FITTING.items():
            expected, found = of(members[0]), of(member)
            if expected != found:
                remedy = ALIKE.get(what, "train it alike")
                raise ConfigError(
                    f"member {count} of the ensemble, {member.name}, does not fit: its {what} must "
                    f"be {expected}, like member 1's, was {found}; leave it out, or {remedy}"
                )


def _common_provenance(members: Sequence[TradingAgent]) -> dict[str, Any]:
    """Return the values on which all agree, the span of their trainings, and each one's own."""
    origins = [member.provenance for member in members]
    common = {
        name: value
        for name, value in origins[0].items()
        if all(name in origin and origin[name] == value for origin in origins)
    }
    return {
        **common,
        "training_first": min((origin["training_first"] for origin in origins), key=pd.Timestamp),
        "training_last": max((origin["training_last"] for origin in origins), key=pd.Timestamp),
        **{
            f"member_{count}": {"name": member.name, **member.provenance}
            for count, member in enumerate(members, start=1)
        },
    }
