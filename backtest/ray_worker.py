"""What a worker of a Ray cluster does: check that it may, do one job, and hand it back."""

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.code_mark import CodeMark, code_mark, difference
from backtest.executor import Job
from backtest.packed_bars import PackedBars, unpack
from backtest.task_failure import Failure, attempt, failure_of
from utils.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """What each machine gets once, beside the block of bars.

    Attributes:
        task: A function of a module, by its name.
        packed: How to make a frame of the block.
        code: The driver's.
    """

    task: Any
    packed: PackedBars
    code: CodeMark


def do_job(block: NDArray[np.uint8], shipment: Shipment, job: Job) -> bytes:
    """Return the pickled outcome of a job, or its Failure.

    As bytes it is a copy of the driver's own: an array would lie in the cluster's memory, which
    goes when the driver disconnects.

    Args:
        block: Packed bars, in memory that this machine's workers share; cannot be written to.
        shipment: What to do with it.
        job: Which one.
    """
    outcome = _outcome(block, shipment, job)
    try:
        return pickle.dumps(outcome, protocol=5)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        return pickle.dumps(failure_of(error), protocol=5)


def _outcome(block: NDArray[np.uint8], shipment: Shipment, job: Job) -> Any:
    problem = difference(shipment.code, code_mark())
    if problem is not None:
        return Failure(kind=ConfigError, message=problem, trace="")
    try:
        bars: pd.DataFrame = unpack(shipment.packed, block.data)
    except DataError as error:
        return Failure(kind=DataError, message=str(error), trace="")
    return attempt(shipment.task, bars, job)
