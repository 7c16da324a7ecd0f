"""A request to terminate leaves a block as an exception does, so that what it holds is freed."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

EXIT_TERMINATED = 128 + signal.SIGTERM
"""What shells know a process by that was asked to terminate."""


@contextmanager
def terminated_in_order() -> Iterator[None]:
    """Let a request to terminate (SIGTERM) leave the block by SystemExit, so that it cleans up.

    Where the caller listens to the signal already, or outside the main thread, nothing changes.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    except SystemExit as error:  # Ray makes one of its own of ours, with another code
        raise SystemExit(EXIT_TERMINATED) from error
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(EXIT_TERMINATED)
