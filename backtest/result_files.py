"""A back-test's result as files, and back: parquet frames, raw arrays, JSON; nothing is unpickled.

The same result gives the same bytes. Undefined numbers stay what they are.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from backtest.result import BacktestResult
from config.settings import EnvSettings, checked
from utils.errors import ArtifactError
from utils.files import canonical_json

ARRAYS = "arrays.npz"
VALUES = "values.json"
STAMPS = "timestamps"
"""UTC, without saying so in the file of arrays."""


def result_files(result: BacktestResult) -> dict[str, bytes]:
    """Return the files of a result by name: its arrays, its values, and one file per frame."""
    arrays: dict[str, NDArray[Any]] = {}
    values: dict[str, Any] = {}
    files: dict[str, bytes] = {}
    for name, value in _fields_of(result):
        if isinstance(value, pd.DataFrame):
            files[f"{name}.parquet"] = _parquet(value)
        elif isinstance(value, pd.DatetimeIndex):
            arrays[name] = value.tz_convert(None).to_numpy()
        elif isinstance(value, np.ndarray):
            arrays[name] = value
        else:
            values[name] = value.model_dump(mode="json") if name == "settings" else value
    files[ARRAYS] = _packed(arrays)
    files[VALUES] = (canonical_json(values) + "\n").encode()
    return files


def read_result(files: Mapping[str, bytes], where: str) -> BacktestResult:
    """Return the result that `result_files` made the files of.

    Args:
        files: By name.
        where: What an error calls the place.

    Raises:
        ArtifactError: If a file is missing or damaged.
    """
    try:
        values = json.loads(files[VALUES])
        values["settings"] = checked(EnvSettings, values["settings"], where)
        values |= {name: tuple(values[name]) for name in ("feature_columns", "remarks")}
        values |= _unpacked(files[ARRAYS])
        values |= {
            name.removesuffix(".parquet"): _frame(content)
            for name, content in files.items()
            if name.endswith(".parquet")
        }
        return BacktestResult(**values)
    except (KeyError, TypeError, ValueError, OSError, EOFError, pa.ArrowException) as error:
        text = " ".join(str(error).split())
        raise ArtifactError(f"`{where}` holds no whole result ({text}); remove it") from error


def _fields_of(result: BacktestResult) -> list[tuple[str, Any]]:
    return [(field.name, getattr(result, field.name)) for field in fields(result)]


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def _frame(content: bytes) -> pd.DataFrame:
    """Return a frame whose texts are objects, as those of a result are."""
    frame = pd.read_parquet(io.BytesIO(content))
    texts = frame.select_dtypes(include="str").columns
    return frame.astype(dict.fromkeys(texts, "object"))


def _packed(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _unpacked(content: bytes) -> dict[str, Any]:
    """Return the arrays, read-only as a result's are, and the stamps as an index."""
    with np.load(io.BytesIO(content), allow_pickle=False) as packed:
        arrays: dict[str, Any] = {name: packed[name] for name in packed.files}
    for array in arrays.values():
        array.flags.writeable = False
    stamps = pd.DatetimeIndex(arrays[STAMPS], name="timestamp").tz_localize("UTC")
    return arrays | {STAMPS: stamps}
