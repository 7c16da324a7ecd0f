"""What went wrong in a task, in a form that travels from the process where it did."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import pandas as pd

from backtest.executor import JobT, OutcomeT
from utils.errors import FuturesGymError


class TaskFailedError(Exception):
    """A task raised what no user can act on: a bug; the text ends with the worker's traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exception, as text: those of libraries cannot always be pickled.

    Attributes:
        kind: Its class where a user can act on it, else None.
        message: One line.
        trace: The traceback of the process that raised it.
    """

    kind: type[FuturesGymError] | None
    message: str
    trace: str


def attempt(
    task: Callable[[pd.DataFrame, JobT], OutcomeT], bars: pd.DataFrame, job: JobT
) -> OutcomeT | Failure:
    """Return the outcome of a job, or why there is none."""
    try:
        return task(bars, job)
    except FuturesGymError as error:
        return Failure(kind=type(error), message=str(error), trace=traceback.format_exc())
    except Exception as error:  # whatever it is, the driver is to hear of it
        return failure_of(error)


def failure_of(error: Exception) -> Failure:
    """Return what to tell the driver of an unexpected exception."""
    message = f"{type(error).__name__}: {error}"
    return Failure(kind=None, message=message, trace=traceback.format_exc())


def raise_failure(name: str, failure: Failure) -> NoReturn:
    """Raise what the task of the job called `name` raised, the job named.

    Raises:
        FuturesGymError: Of the same class, where the task raised one.
        TaskFailedError: For anything else.
    """
    if failure.kind is not None:
        raise failure.kind(f"{name}: {failure.message}")
    raise TaskFailedError(f"{name}: {failure.message}\n\n{failure.trace}")
