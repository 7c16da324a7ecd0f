"""From a closed bar and the account to the position that is wanted: the model's part of the trader.

What the policy is shown has, to the bit, the numbers that it was shown in training, and what it
wants goes through the kernel's own limits. Whatever stands in the way of asking it, the answer is
to hold what there is, with the reason; nothing is raised at a bar. No broker is known here.
"""

import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from config.decision_settings import DecisionSettings
from config.settings import EnvSettings
from env.observation import Observation
from env.terms import terms_of
from models.ensemble import Ensemble
from trading.asked_policy import AskedPolicy
from trading.bar_verdicts import LiveBar
from trading.decisions import SIGNAL, Choices, LiveDecision, Order
from trading.live_account import LiveAccount
from trading.model_loading import LoadedModel, load_model
from trading.sealed_arrays import Array, sealed, unsealed
from trading.seen_bars import SeenBars
from utils.errors import DataError

_SEEN, _MEMORY = "seen/", "memory/"


class DecisionStream:
    """The decisions of one model, bar by bar.

    Attributes:
        model: What decides.
    """

    def __init__(
        self,
        model: LoadedModel,
        settings: DecisionSettings,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Start before the first bar.

        Args:
            model: What decides.
            settings: How long it may take.
            timer: Seconds that never run backwards.

        Raises:
            ConfigError: If a feature cannot be computed live.
        """
        self.model = model
        self._timer = timer
        self._seen = SeenBars(model)
        self._policy = AskedPolicy(model.policy, settings.policy_seconds, timer)
        own = model.policy.env_settings
        self._choices = Choices(own.action_mode, terms_of(own))
        self._problem: str | None = None

    @classmethod
    def open(
        cls,
        models: Sequence[Path],
        settings: DecisionSettings,
        forecaster: Path | None = None,
    ) -> Self:
        """Load and verify models, and return their decisions before the first bar.

        Errors as for `trading.model_loading.load_model`.
        """
        return cls(load_model(models, settings, forecaster), settings)

    @property
    def env_settings(self) -> EnvSettings:
        """The account that the model is made for."""
        return self.model.policy.env_settings

    @property
    def memory(self) -> Any:
        """What the policy remembers from bar to bar; None of one that remembers nothing."""
        return self._policy.memory

    def warm_up(self, bars: Sequence[LiveBar]) -> None:
        """Take in history, oldest bar first, without deciding.

        Raises:
            DataError: If a bar does not follow on the one before, or cannot be used.
        """
        for bar in bars:
            self._seen.update(bar)
        self._problem = None

    def update(self, bar: LiveBar, account: LiveAccount) -> LiveDecision:
        """Take in one closed bar and decide; raises nothing, whatever bar and policy are.

        Args:
            bar: That was accepted.
            account: Which has lived through it.
        """
        begun = self._timer()
        self._see(bar)
        problem = self._problem or self._seen.problem() or _behind(bar, account)
        observation, choice = None, None
        if problem is None:
            observation = self._seen.observation(account.position_info())
            choice, problem = self._asked(observation)
        if choice is None:
            choice = self._choices.nothing_new(account.position)
        order = account.decide(choice)
        return LiveDecision(
            at=bar.closed,
            opened=bar.opened,
            action=self._choices.label(choice),
            choice=choice,
            is_policy=problem is None,
            quantity=order.quantity,
            target=order.target,
            denial=order.denial.label,
            reason=_reason(order, problem),
            observation_hash="" if observation is None else observation_hash(observation),
            features_hash=self._seen.features_hash,
            agreement=self._agreement() if problem is None else None,
            seconds=self._timer() - begun,
        )

    def skip(self, bar: LiveBar) -> None:
        """Take in one closed bar on which nothing is decided: filled in from history.

        A bar that cannot be used makes every later decision one to hold, until a new warm-up.
        """
        self._see(bar)

    def revise(self, n_back: int, bars: Sequence[LiveBar]) -> None:
        """Take the last bars back, and these in instead; see `LiveBars.take`.

        Decisions that were made stay made, and what a recurrent policy remembers of them too.

        Raises:
            DataError: If they lie too far back, or the model sees forecasts: warm up anew.
        """
        self._seen.revise(n_back, bars)

    def snapshot(self) -> bytes:
        """Return the state after the last bar; `restore` in another process goes on from there."""
        arrays: dict[str, Array] = {_SEEN + name: x for name, x in self._seen.arrays().items()}
        for member, memory in enumerate(self._memories()):
            for part, tensor in enumerate(memory or ()):
                arrays[f"{_MEMORY}{member}/{part}"] = tensor.numpy()
        return sealed(self.model.identity, arrays)

    def restore(self, snapshot: bytes) -> None:
        """Go on from the state of a snapshot.

        Raises:
            ArtifactError: If it is of another model, or damaged.
        """
        arrays = unsealed(snapshot, self.model.identity, "decisions")
        seen = {n.removeprefix(_SEEN): x for n, x in arrays.items() if n.startswith(_SEEN)}
        self._seen.load_arrays(seen)
        self._problem = None
        memories = tuple(_memory_of(arrays, member) for member in range(self._n_members))
        if isinstance(self.model.policy, Ensemble):
            self._policy.memory = memories
        else:
            self._policy.memory = memories[0]

    @property
    def _n_members(self) -> int:
        policy = self.model.policy
        return len(policy.members) if isinstance(policy, Ensemble) else 1

    def _memories(self) -> tuple[Any, ...]:
        """Return what each member remembers."""
        memory = self._policy.memory
        if isinstance(self.model.policy, Ensemble):
            return memory or (None,) * self._n_members
        return (memory,)

    def _agreement(self) -> float | None:
        policy = self.model.policy
        return policy.confidence if isinstance(policy, Ensemble) else None

    def _see(self, bar: LiveBar) -> None:
        """Take in a bar; what cannot be used stands in the way of all decisions to come."""
        if self._problem is not None:
            return
        try:
            self._seen.update(bar)
        except DataError as error:
            self._problem = f"{error} (bar of {bar.opened}); warm up anew from history"

    def _asked(self, observation: Observation) -> tuple[int | None, str | None]:
        """Return what the policy chooses, or why it does not."""
        answer = self._policy.ask(observation)
        if answer.problem is not None:
            return None, answer.problem
        try:
            return self._choices.of(answer.action), None
        except Exception as error:  # whatever a policy answers, a list of lists too
            return None, f"the policy's answer is none: {error}"


def observation_hash(observation: Observation) -> str:
    """Return the SHA-256 of an observation: its arrays, in the order of their names."""
    digest = sha256()
    for key in sorted(observation):
        digest.update(np.ascontiguousarray(observation[key]).tobytes())  # type: ignore[literal-required]
    return digest.hexdigest()


def _behind(bar: LiveBar, account: LiveAccount) -> str | None:
    """Return what is wrong where an account has not lived through a bar."""
    if account.bar.row == bar.row:
        return None
    return f"the account stands at bar {account.bar.row}, not at bar {bar.row}"


def _reason(order: Order, problem: str | None) -> str:
    if order.quantity and order.reason.label != SIGNAL:
        return order.reason.label
    return SIGNAL if problem is None else problem


def _memory_of(arrays: dict[str, Array], member: int) -> tuple[torch.Tensor, ...] | None:
    """Return what a member remembered; None where that is nothing."""
    parts = sorted(name for name in arrays if name.startswith(f"{_MEMORY}{member}/"))
    if not parts:
        return None
    return tuple(torch.from_numpy(arrays[name].copy()) for name in parts)
