"""What a walk-forward run has forecast so far, on disk: two files per family and block.

They are a store of work done, no record: what is missing, damaged, of other bars, of other settings
or of other code is forecast anew. The arrays are raw numbers; nothing is ever unpickled.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.numpy
from safetensors import SafetensorError

from config.forecast_settings import ForecastSettings
from data.bars import BAR_COLUMNS
from data.forecast_names import Head
from data.store import fingerprint
from models.forecast.family import Floats
from models.forecast.walk_plan import WalkBlock
from utils.files import canonical_json, sha256_of_bytes, write_bytes_atomically
from utils.paths import PROJECT_ROOT
from utils.provenance import versions
from utils.sealed_json import DIGEST, digest_of, parsed_strictly, sealed_text

CODE = ("config", "data", "models/compiled", "models/forecast", "utils")
"""Folders whose sources decide what is forecast: ticks and session hours are in config."""

CODE_FILES = ("models/determinism.py",)
"""Further sources that do."""

ELSEWHERE = frozenset({"train_sessions", "least_sessions", "refit_sessions"})
"""Settings that a block's rows say instead."""

AFTERWARDS = frozenset({"tracker_rate", "alarm"})
"""Settings of what is done to base forecasts later on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockForecasts:
    """What one family forecasts of one block, before anything is learnt from hits and misses.

    Attributes:
        quantiles: (n, n_horizons, n_heads, N_LEVELS) log returns; NaN where inputs warm up.
        scale: (n, n_horizons) what the seasonal volatility layer expects, log returns; NaN alike.
        fit_seconds: Spent on learning.
        row_microseconds: Spent on forecasting, per row.
    """

    quantiles: Floats
    scale: Floats
    fit_seconds: float
    row_microseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFiles:
    """The blocks of one family in one folder.

    Attributes:
        folder: Made with the first block.
    """

    folder: Path

    def read(self, block: WalkBlock, key: str) -> BlockForecasts | None:
        """Return a block that was forecast before; None where there is none that can be used.

        Args:
            block: Which one.
            key: What `block_key` makes of all that it depends on.
        """
        try:
            notes = parsed_strictly(self._path(block, "json").read_bytes())
            content = self._path(block, "safetensors").read_bytes()
            if notes[DIGEST] != digest_of(notes) or notes["key"] != key:
                return None
            if notes["sha256"] != sha256_of_bytes(content):
                return None
            arrays = safetensors.numpy.load(content)
            return BlockForecasts(**arrays, **notes["seconds"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError, SafetensorError):
            return None

    def write(self, block: WalkBlock, key: str, forecasts: BlockForecasts) -> None:
        """Keep a block; the notes come last, and without them there is none."""
        arrays = {"quantiles": forecasts.quantiles, "scale": forecasts.scale}
        content = safetensors.numpy.save(
            {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        )
        notes: dict[str, Any] = {
            "key": key,
            "sha256": sha256_of_bytes(content),
            "seconds": {
                "fit_seconds": forecasts.fit_seconds,
                "row_microseconds": forecasts.row_microseconds,
            },
        }
        write_bytes_atomically(self._path(block, "safetensors"), content)
        write_bytes_atomically(self._path(block, "json"), sealed_text(notes).encode())

    def _path(self, block: WalkBlock, suffix: str) -> Path:
        return self.folder / f"{block.name}.{suffix}"


def block_key(
    digest: str, block: WalkBlock, settings: ForecastSettings, heads: tuple[Head, ...]
) -> str:
    """Return a hash of all that decides what is forecast of a block: no later bar is in it.

    Args:
        digest: Of the bars up to the block's end, by `bars_digest`.
        block: Its rows.
        settings: Its family is the one that forecasts.
        heads: What is forecast.
    """
    content = {
        "settings": settings.model_dump(mode="json", exclude=set(ELSEWHERE | AFTERWARDS)),
        "heads": list(heads),
        "rows": [block.train.start, block.train.stop, block.test.start, block.test.stop],
        "bars": digest,
        "code": code_digest(),
    }
    return sha256_of_bytes(canonical_json(content).encode())


def bars_digest(bars: pd.DataFrame) -> str:
    """Return the SHA-256 of bars and of all that lies beside them, such as gaps at rolls."""
    digest = hashlib.sha256(fingerprint(bars).encode())
    for name in sorted(str(column) for column in bars.columns if column not in BAR_COLUMNS):
        digest.update(name.encode() + b"\0")
        digest.update(pd.util.hash_pandas_object(bars[name], index=False).to_numpy().tobytes())
    return digest.hexdigest()


@cache
def code_digest(root: Path = PROJECT_ROOT) -> str:
    """Return the SHA-256 of the sources and versions that decide what is forecast."""
    digest = hashlib.sha256(canonical_json(versions()).encode())
    paths = [path for folder in CODE for path in (root / folder).rglob("*.py")]
    for path in sorted([*paths, *(root / name for name in CODE_FILES)]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
