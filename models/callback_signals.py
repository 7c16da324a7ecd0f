"""End a training in good order when the user, or the system, asks for it.

A Stable-Baselines3 callback. From the training's first step to the end of a `with` block around it,
Ctrl-C and the system's request to terminate end the training after the current step; the agent
keeps what validation would keep by then, or the last weights where nothing validates. What learns
without steps is ended at once, as ever.
"""

import signal
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal(BaseCallback):
    """Stop after the current step once a signal has come; a second one ends at once.

    Outside the main thread, where no signal can be received, it does nothing.

    Attributes:
        received: The signal that ended the training, or None.
    """

    def __init__(self) -> None:
        super().__init__()
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "StopOnSignal":
        """Promise that the signals will be left as they were."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the signals to whom they were left before."""
        self._restore()

    def _on_training_start(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._note) for each in SIGNALS}

    def _on_step(self) -> bool:
        return self.received is None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)
        self._restore()

    def _restore(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())


def was_stopped(callbacks: Sequence[BaseCallback]) -> bool:
    """Return whether a signal ended the training that had these callbacks."""
    return any(
        isinstance(callback, StopOnSignal) and callback.received is not None
        for callback in callbacks
    )
