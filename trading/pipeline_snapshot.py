"""What a pipeline knows, as one file: a restarted trader goes on from it, bit for bit.

It is written after each bar. Where it is missing, damaged or of another model, a trader begins anew
from history: its account then starts from the initial balance again, its features are those of a
shorter past.
"""

import asyncio
from pathlib import Path

import numpy as np
import pandas as pd

from data.indicators.bar import FEATURE_BAR
from env.kernel.types import BAR_TICKS
from trading.account_snapshot import resumed
from trading.account_snapshot import snapshot_of as account_snapshot
from trading.bar_pipeline import BarPipeline
from trading.bar_verdicts import LiveBar
from trading.live_bars_snapshot import go_on
from trading.live_bars_snapshot import snapshot_of as bars_snapshot
from trading.sealed_arrays import as_bytes, sealed, unsealed
from utils.errors import ArtifactError, ConfigError, DataError
from utils.files import write_bytes_atomically
from utils.logger import get_logger
from utils.private_files import why_not_private

_LOG = get_logger("pipeline")

SNAPSHOT = "pipeline.bin"
"""What the file is called."""


def snapshot_of(pipeline: BarPipeline) -> bytes:
    """Return the state after the last bar."""
    bar = pipeline.last_bar
    assert bar is not None, "a pipeline has bars before it has a state"
    arrays = {
        "bars": as_bytes(bars_snapshot(pipeline.bars)),
        "stream": as_bytes(pipeline.stream.snapshot()),
        "row": np.array([bar.row]),
        "times": np.array([bar.opened.as_unit("ns").value, bar.closed.as_unit("ns").value]),
        "contract": as_bytes(bar.contract.encode()),
        "features": as_bytes(bar.features.tobytes()),
        "ticks": as_bytes(bar.ticks.tobytes()),
    }
    if pipeline.account is not None:
        arrays["account"] = as_bytes(account_snapshot(pipeline.account))
    return sealed(pipeline.stream.model.identity, arrays)


def restore(pipeline: BarPipeline, snapshot: bytes) -> None:
    """Let a new pipeline go on from a state.

    Raises:
        ArtifactError: If it is of another model, or damaged.
        DataError: If its parts are not of one bar.
    """
    arrays = unsealed(snapshot, pipeline.stream.model.identity, "trader")
    go_on(pipeline.bars, arrays["bars"].tobytes())
    pipeline.stream.restore(arrays["stream"].tobytes())
    opened, closed = (pd.Timestamp(int(time), tz="UTC") for time in arrays["times"])
    bar = LiveBar(
        row=int(arrays["row"][0]),
        opened=opened,
        closed=closed,
        contract=arrays["contract"].tobytes().decode(),
        features=_record(arrays["features"].tobytes(), FEATURE_BAR),
        ticks=_record(arrays["ticks"].tobytes(), BAR_TICKS),
    )
    pipeline.last_bar = bar
    if "account" in arrays:
        settings = pipeline.stream.env_settings
        pipeline.account = resumed(settings, arrays["account"].tobytes(), bar)


def was_restored(pipeline: BarPipeline, path: Path) -> bool:
    """Let a new pipeline go on from a file, and return whether it did; if not, make another one.

    A file that others could have written is not used: it says what the next decision is made on.
    """
    try:
        why = why_not_private(path)
        if why is not None:
            raise ArtifactError(why)
        restore(pipeline, path.read_bytes())
    except FileNotFoundError:
        return False
    except (OSError, ArtifactError, DataError) as error:
        _LOG.warning("the state in `%s` is not used: %s", path, error)
        return False
    return True


def _record(content: bytes, dtype: np.dtype[np.void]) -> np.record:
    record: np.record = np.frombuffer(content, dtype).copy().view(np.recarray)[0]
    return record


class SnapshotKeeper:
    """Writes the newest state to a file, in a thread: the loop never waits for the disk.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next: bytes | None = None
        self._writing: asyncio.Task[None] | None = None
        self._has_failed = False

    def save(self, pipeline: BarPipeline) -> None:
        """Have the state as it is now written soon; a newer one takes its place."""
        if pipeline.last_bar is None or pipeline.problem is not None:
            return
        self._next = snapshot_of(pipeline)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.ensure_future(self._write())

    async def close(self) -> None:
        """Return when the newest state is on the disk, or could not be written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        while self._next is not None:
            content, self._next = self._next, None
            try:
                await asyncio.to_thread(write_bytes_atomically, self._path, content)
            except ConfigError as error:
                if not self._has_failed:
                    _LOG.error("the model's state is not kept: %s", error)
                self._has_failed = True
            else:
                self._has_failed = False
