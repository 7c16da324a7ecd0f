"""Ask a policy for one action, and wait no longer than it is given.

It thinks in a thread of its own: one that hangs holds up neither the loop nor the end of the
process. What it remembers from bar to bar is kept here; an answer that comes too late is thrown
away, but it remembers that bar all the same if it is done before the next one.
"""

import threading
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

from env.action_modes import Decision
from env.observation import Observation
from models.agent import TradingAgent
from models.ensemble import Ensemble


class Answer(NamedTuple):
    """What a policy said; `action` is None where it did not, and `problem` says why."""

    action: Decision | None
    problem: str | None


class PolicyWorker:
    """One policy and its memory.

    Attributes:
        memory: What it remembers; None before its first bar, and of who remembers nothing.
    """

    def __init__(self, policy: TradingAgent | Ensemble, seconds: float) -> None:
        """Start to wait for questions.

        Args:
            policy: What decides.
            seconds: How long an answer is waited for.
        """
        self.memory: Any = None
        self._policy, self._seconds = policy, seconds
        self._is_busy = False
        self._questions: SimpleQueue[tuple[Observation, Any] | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[Any, Any, BaseException | None]] = SimpleQueue()
        threading.Thread(target=self._think, name="policy", daemon=True).start()

    def ask(self, observation: Observation) -> Answer:
        """Return the best action for an observation, or why there is none; raises nothing."""
        if self._is_busy and not self._collect_late():
            return Answer(None, f"the policy still thinks about a bar before, {self._limit}")
        self._questions.put((observation, self.memory))
        self._is_busy = True
        try:
            action, memory, error = self._answers.get(timeout=self._seconds)
        except Empty:
            return Answer(None, f"the policy was too slow, {self._limit}")
        self._is_busy = False
        if error is not None:
            return Answer(None, f"the policy failed: {error}")
        self.memory = memory
        return Answer(action, None)

    def close(self) -> None:
        """Let the thread end, once it has answered."""
        self._questions.put(None)

    @property
    def _limit(self) -> str:
        return f"its answer must come within {self._seconds:g} s"

    def _collect_late(self) -> bool:
        """Take what is remembered of an answer that came too late; return whether it has come."""
        try:
            _, memory, error = self._answers.get_nowait()
        except Empty:
            return False
        self._is_busy = False
        if error is None:
            self.memory = memory
        return True

    def _think(self) -> None:
        while (question := self._questions.get()) is not None:
            observation, memory = question
            try:
                action, after = self._policy.predict(observation, state=memory)
                self._answers.put((action, after, None))
            except Exception as error:  # the loop goes on and holds, whatever a policy does
                self._answers.put((None, None, error))
