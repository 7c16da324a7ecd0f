"""A process that does jobs for another one on this machine, and how that one speaks to it.

The worker reads shared bars, has one thread, and ends when the other process does, however that
ends.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

from backtest.executor import Job
from backtest.shared_bars import OpenedBars, SharedTicket
from backtest.task_failure import attempt, failure_of
from utils.threads import one_thread_in_new_processes

ENDING_SECONDS = 5.0
"""What a worker has to end in, before it is killed."""


class Worker:
    """A process of its own that does one job at a time.

    It is started afresh rather than forked: a fork of a process with threads, as torch and numba
    have, may wait for ever for a lock that nobody holds.

    Attributes:
        connection: Ready to be read when there is an answer, or the worker has died.
    """

    def __init__(self, task: Any, ticket: SharedTicket):
        """Start a worker for `task` over shared bars."""
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, task, ticket), daemon=True)
        with one_thread_in_new_processes(), _interrupts_held_back():
            self._process.start()
        theirs.close()

    def give(self, job: Job) -> None:
        """Let it do `job`; to be called when it does none. A dead worker shows in `answer`."""
        try:
            self.connection.send(job)
        except ConnectionError:
            return

    def answer(self) -> Any:
        """Return the outcome of its job, or its Failure; waits for it.

        Raises:
            EOFError: If the worker has died.
        """
        try:
            return self.connection.recv()
        except OSError as error:  # in the midst of an answer, too
            raise EOFError("the worker died") from error

    def dismiss(self) -> None:
        """End it in order: it does nothing, and has nothing to say."""
        self.give(None)  # type: ignore[arg-type]
        self._process.join(ENDING_SECONDS)
        self.stop()

    def stop(self) -> str:
        """End it at once, whatever it does, and return how it ended."""
        self._process.terminate()
        self._process.join(ENDING_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        ending = _ending(self._process.exitcode)
        self.connection.close()
        self._process.close()
        return ending


def _ending(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"ended with exit code {exit_code}"


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Keep Ctrl-C from a process that is started in the block: its parent will stop it.

    What comes in the meantime reaches the parent afterwards.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, task: Any, ticket: SharedTicket) -> None:
    """Do jobs until None comes or the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    bars = OpenedBars(ticket)
    while (job := connection.recv()) is not None:
        outcome = attempt(task, bars.frame, job)
        try:
            connection.send(outcome)
        except (TypeError, AttributeError, ValueError) as error:  # it cannot be pickled
            connection.send(failure_of(error))
    _leave(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        _leave(1)


def _leave(code: int) -> None:
    """End without taking anything apart: what a task made may still look at the shared memory."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
