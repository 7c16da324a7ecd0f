"""Features that another library computes from all bars at once: `ta:<name>`, `talib:<PATTERN>`.

They are for trying things out. They are not live-safe: there is no step kernel, no state to keep
and no shift at a roll, so that a live stream refuses them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.extras import extra_version
from data.indicators.bar import Floats
from data.ta_adapter import ta_values, ta_warm_up
from data.ta_columns import TA_COLUMNS, TA_REFUSED
from data.talib_adapter import talib_patterns, talib_values, talib_warm_up
from utils.errors import DataError
from utils.registry import lookup

SEPARATOR = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Where columns come from.

    Attributes:
        distribution: What the package registry calls it.
        names: Gives all columns that can be asked for, without the prefix.
        warm_up: Gives a column's bars before its first value; refuses an unknown one.
        values: Gives the named columns of a frame of bars.
        refused: Columns that are not to be had, and why.
    """

    distribution: str
    names: Callable[[], Iterable[str]]
    warm_up: Callable[[str], int]
    values: Callable[[pd.DataFrame, Sequence[str]], list[Floats]]
    refused: Mapping[str, str] = field(default_factory=dict)


LIBRARIES: dict[str, Library] = {
    "ta": Library(
        distribution="ta",
        names=lambda: TA_COLUMNS,
        warm_up=ta_warm_up,
        values=ta_values,
        refused=TA_REFUSED,
    ),
    "talib": Library(
        distribution="TA-Lib",
        names=talib_patterns,
        warm_up=talib_warm_up,
        values=talib_values,
    ),
}
"""By the prefix of their columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryColumn:
    """One column of a library, in one version of it; batch only.

    Attributes:
        name: Prefix included, e.g. "ta:momentum_kama".
        version: Of the library that is installed here.
        warm_up: Bars before its first value.
    """

    name: str
    version: str
    warm_up: int

    @property
    def prefix(self) -> str:
        """Key of LIBRARIES."""
        return self.name.split(SEPARATOR, 1)[0]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its values: its own."""
        return (self.name,)

    @property
    def centre(self) -> float:
        """Typical value: unknown, 0 leaves it as it is."""
        return 0.0

    @property
    def spread(self) -> float:
        """Typical size: unknown, 1 leaves it as it is."""
        return 1.0

    def identity(self) -> dict[str, object]:
        """Return what the numbers depend on, ready for JSON."""
        return {"name": self.name, "library": self.prefix, "version": self.version}


def is_library_name(name: str) -> bool:
    """Return whether a feature's name has the prefix of a library."""
    return SEPARATOR in name and name.split(SEPARATOR, 1)[0] in LIBRARIES


def library_column(name: str) -> LibraryColumn:
    """Return the column of a name with prefix.

    Raises:
        ConfigError: If the library is not installed, or has no such column, or that is refused.
    """
    prefix, own_name = name.split(SEPARATOR, 1)
    library = lookup(LIBRARIES, prefix, "library of indicators")
    version = extra_version(library.distribution)
    return LibraryColumn(name=name, version=version, warm_up=library.warm_up(own_name))


def library_names(prefix: str) -> list[str]:
    """Return the names of all columns of a library, prefix included.

    Raises:
        ConfigError: If there is no such library, or it is not installed.
    """
    library = lookup(LIBRARIES, prefix, "library of indicators")
    extra_version(library.distribution)
    return [prefix + SEPARATOR + name for name in library.names()]


def described_column(name: str) -> dict[str, object]:
    """Return what can be known of a library's column, also of one that is refused.

    Raises:
        ConfigError: If the library is not installed, or has no such column.
    """
    prefix, own_name = name.split(SEPARATOR, 1)
    library = lookup(LIBRARIES, prefix, "library of indicators")
    refusal = library.refused.get(own_name)
    column = None if refusal else library_column(name)
    return {
        "name": name,
        "library": library.distribution,
        "version": extra_version(library.distribution),
        "causal": f"no, refused: {refusal}" if refusal else "yes, at bar t it uses bars <= t",
        "live": "no, it is computed from all bars at once (batch only)",
        "warm_up": None if column is None else column.warm_up,
    }


def library_values(frame: pd.DataFrame, columns: Sequence[LibraryColumn]) -> Floats:
    """Return the columns' values, shape (n, len(columns)); NaN in each one's warm-up only.

    At bar t uses bars <= t.

    Raises:
        DataError: If a library has no finite value after the warm-up, as where it divides by a
            range or a volume of zero.
    """
    values = np.empty((len(frame), len(columns)))
    for prefix, library in LIBRARIES.items():
        places = [i for i, column in enumerate(columns) if column.prefix == prefix]
        names = [columns[i].name.split(SEPARATOR, 1)[1] for i in places]
        for i, own in zip(places, library.values(frame, names) if names else [], strict=True):
            _check_finite(frame, columns[i], own)
            values[:, i] = own
    return values


def _check_finite(frame: pd.DataFrame, column: LibraryColumn, values: Floats) -> None:
    wrong = ~np.isfinite(values[column.warm_up :])
    if wrong.any():
        first = frame.index[column.warm_up + int(wrong.argmax())]
        raise DataError(
            f"`{column.name}` is not a number in {int(wrong.sum())} of {len(values)} rows, first "
            f"{first}: {column.prefix} divides by a range or a volume of zero there; choose a "
            "feature of our own, which has a value for that"
        )
