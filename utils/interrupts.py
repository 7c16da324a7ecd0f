"""Ctrl-C that is not lost where Python can only print it.

Where C calls back into Python, as numba's compiler does when it loads compiled code, an exception
has nowhere to go: Python prints it and goes on, and a Ctrl-C that came just then would stop
nothing.
"""

import _thread
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

AGAIN_AFTER_SECONDS = 0.05
"""So late that the callback is over; where it is not, the interrupt is caught here once more."""


def repeat_lost_interrupts() -> threading.Event:
    """From now on, have an interrupt that could not be raised come again a moment later.

    Other exceptions that cannot be raised go to whoever was told of them before.

    Returns:
        Set once an interrupt was lost: what called back may fail of it before it comes again.
    """
    was_lost = threading.Event()
    sys.unraisablehook = _repeating(sys.unraisablehook, was_lost)
    return was_lost


def _repeating(others: Callable[[Any], Any], was_lost: threading.Event) -> Callable[[Any], None]:
    def hook(lost: Any) -> None:
        if lost.exc_type is None or not issubclass(lost.exc_type, KeyboardInterrupt):
            others(lost)
            return
        was_lost.set()
        again = threading.Timer(AGAIN_AFTER_SECONDS, _interrupt_main_thread)
        again.daemon = True  # a process that ends by itself does not wait for it
        again.start()

    return hook


def _interrupt_main_thread() -> None:
    """Interrupt it as Ctrl-C does: out of a wait too, where the system can."""
    if sys.platform == "win32":
        _thread.interrupt_main()
        return
    number = threading.main_thread().ident
    assert number is not None
    signal.pthread_kill(number, signal.SIGINT)
