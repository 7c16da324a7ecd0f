"""What came from Interactive Brokers, as it came: a file per contract and chunk, a manifest.

The manifest says which chunks are done, so that a killed download goes on where it was. A chunk's
file is written first and entered after: a file that is not in the manifest, or is not the one that
the manifest means, counts as not there, and is asked for again.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from data.bars import BAR_COLUMNS
from data.contract_bars import CONTRACT_COLUMN
from data.contracts import Contract
from data.ib_history_plan import Chunk
from data.store import locked_for_writing, read_unchecked, save_contracts
from utils.errors import DataError
from utils.files import sha256_of_file, write_json_atomically

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the manifest says of one chunk.

    Attributes:
        until: The time up to which it was asked for, UTC; bars that open before it are there.
        n_bars: How many came; 0 has no file.
        sha256: Of its file; "" where there is none.
        n_missing: Bars of the chunk that the calendar expects before `until` and that did not
            come.
        is_holiday: Whether nothing came and the calendar expects nothing.
    """

    until: pd.Timestamp
    n_bars: int
    sha256: str
    n_missing: int
    is_holiday: bool

    @property
    def is_gap(self) -> bool:
        """Whether nothing came although the market was open."""
        return self.n_bars == 0 and not self.is_holiday


class RawHistory:
    """The raw bars of one product and bar size in a folder; one process at a time writes there.

    Args:
        folder: Made when it is first written to.
        notes: What to note in each file, e.g. the symbol; text.
    """

    def __init__(self, folder: Path, notes: dict[str, str]) -> None:
        """Read the manifest.

        Raises:
            DataError: If it is damaged.
        """
        self.folder = folder
        self._notes = notes
        self._entries = _read_manifest(folder / MANIFEST)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing here, and see what they have written before.

        Raises:
            DataError: If another one is at it, or the manifest is damaged.
            ConfigError: If the folder cannot be written.
        """
        with locked_for_writing(self.folder / MANIFEST):
            self._entries = _read_manifest(self.folder / MANIFEST)
            yield

    def entry(self, chunk: Chunk) -> Stored | None:
        """Return what is there of a chunk; None where nothing is, or its file is not as written."""
        row = self._entries.get(chunk.contract.code, {}).get(chunk.name)
        stored = None if row is None else _as_stored(row)
        if stored is None or not stored.n_bars:
            return stored
        path = self._path(chunk)
        is_as_written = path.is_file() and sha256_of_file(path) == stored.sha256
        return stored if is_as_written else None

    def is_done(self, chunk: Chunk) -> bool:
        """Return whether a chunk was asked for after its end."""
        stored = self.entry(chunk)
        return stored is not None and stored.until >= chunk.end

    def read(self, chunk: Chunk) -> pd.DataFrame:
        """Return the bars of a chunk as they came; none where there are none.

        Raises:
            DataError: If its file is damaged.
        """
        if not self._entries.get(chunk.contract.code, {}).get(chunk.name, {}).get("n_bars"):
            return no_bars()
        frame, _, _ = read_unchecked(self._path(chunk))
        return frame.set_index("timestamp")[list(BAR_COLUMNS)]

    def write(self, chunk: Chunk, bars: pd.DataFrame, stored: Stored) -> None:
        """Store the bars of a chunk, then enter it; `sha256` of the entry is filled in here.

        Raises:
            ConfigError: If the folder cannot be written, or the disk is full.
        """
        path = self._path(chunk)
        if len(bars):
            named = bars.assign(**{CONTRACT_COLUMN: chunk.contract.code})
            save_contracts(named.rename_axis("timestamp"), path, self._notes)
        else:
            path.unlink(missing_ok=True)
        row = {
            "until": stored.until.isoformat(),
            "n_bars": stored.n_bars,
            "sha256": sha256_of_file(path) if len(bars) else "",
            "n_missing": stored.n_missing,
            "is_holiday": stored.is_holiday,
        }
        self._entries.setdefault(chunk.contract.code, {})[chunk.name] = row
        content = {"version": MANIFEST_VERSION, "contracts": self._entries}
        write_json_atomically(self.folder / MANIFEST, content)

    def has_bars(self, contract: Contract) -> bool:
        """Return whether anything of a contract is there."""
        return any(row.get("n_bars") for row in self._entries.get(contract.code, {}).values())

    def _path(self, chunk: Chunk) -> Path:
        return self.folder / chunk.contract.code / f"{chunk.name}.parquet"


def no_bars() -> pd.DataFrame:
    """Return a frame of bars without any."""
    index = pd.DatetimeIndex([], tz="UTC", name="timestamp").as_unit("ns")
    return pd.DataFrame({name: [] for name in BAR_COLUMNS}, index=index, dtype="float64")


def _as_stored(row: dict[str, Any]) -> Stored | None:
    """Return an entry of the manifest; None for one that somebody has changed."""
    try:
        return Stored(
            until=pd.Timestamp(row["until"]),
            n_bars=int(row["n_bars"]),
            sha256=str(row["sha256"]),
            n_missing=int(row["n_missing"]),
            is_holiday=bool(row["is_holiday"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _read_manifest(path: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the entries by contract and chunk; none where there is no file."""
    advice = "remove it to have everything asked for again"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DataError(f"`{path}` cannot be read ({error}); {advice}") from error
    if not isinstance(content, dict) or content.get("version") != MANIFEST_VERSION:
        raise DataError(f"`{path}` is no manifest of version {MANIFEST_VERSION}; {advice}")
    contracts: dict[str, dict[str, dict[str, Any]]] = content["contracts"]
    return contracts
