"""Ask a policy for one action, and throw away what comes too late; nothing is raised.

It thinks in the thread that asks: handing a question to another one, and the answer back, waits for
the machine to let each run in turn, which on a busy one takes a hundred times longer than the
thought itself. So one that hangs holds up its process: the stop rests at the broker meanwhile, and
whoever watches the process starts it anew.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from env.observation import Observation
from models.agent import TradingAgent
from models.ensemble import Ensemble


class Answer(NamedTuple):
    """What a policy said; where it did not, `problem` says why."""

    action: Any
    problem: str | None


class AskedPolicy:
    """One policy, and what it remembers from bar to bar.

    Attributes:
        memory: Of a recurrent policy; None before its first bar, and of who remembers nothing. A
            bar whose answer came too late is remembered all the same.
    """

    def __init__(
        self, policy: TradingAgent | Ensemble, seconds: float, timer: Callable[[], float]
    ) -> None:
        """Remember nothing yet.

        Args:
            policy: What decides.
            seconds: How long an answer may take.
            timer: Seconds that never run backwards.
        """
        self.memory: Any = None
        self._policy, self._seconds, self._timer = policy, seconds, timer

    def ask(self, observation: Observation) -> Answer:
        """Return the best action for an observation, or why there is none."""
        begun = self._timer()
        try:
            action, memory = self._policy.predict(observation, state=self.memory)
        except Exception as error:  # the loop goes on and holds, whatever a policy does
            return Answer(None, f"the policy failed: {error}")
        self.memory = memory
        taken = self._timer() - begun
        if taken > self._seconds:
            return Answer(
                None,
                f"the policy took {taken:.3f} s, its answer must come within {self._seconds:g} s",
            )
        return Answer(action, None)
