"""Compiled code on disk that several processes write, and that no other's is taken for.

Two habits of numba make one process run code that another compiled for other types; it then reads
and writes memory as it must not.

- A function's data files are numbered by what the index lists when a process looks, so that two of
  them may take one number, and the one's index name the other's code. Here every file has a name of
  its own, and is there before the index names it; what a race can lose is a line of the index, and
  then the code is compiled again.
- The symbols in the code name a record type by its number in the order in which a process met its
  types, which is another type's number elsewhere. Here they name it by a hash of its fields.
"""

# mypy: disable-error-code="no-untyped-call"

import uuid
from typing import Any

from numba.core.caching import IndexDataCacheFile
from numba.core.types import Record

from utils.files import sha256_of_bytes


class OwnNamesFile(IndexDataCacheFile):
    """Index and data files of one function, as numba's own, but for the names."""

    def save(self, key: object, data: object) -> None:
        """Add the code `data` for the types `key`."""
        name = self._data_name_pattern.format(number=uuid.uuid4().int)
        self._save_data(name, data)
        self._save_index({**self._load_index(), key: name})


def with_own_names(dispatcher: Any) -> None:
    """Let a compiled function keep its code in files of their own names."""
    cache = dispatcher._cache
    stamp = cache._impl.locator.get_source_stamp()
    cache._cache_file = OwnNamesFile(cache.cache_path, cache._impl.filename_base, stamp)


def name_records_by_their_fields() -> None:
    """Let symbols name record types so that all processes agree; to be called before compiling."""
    Record.mangling_args = property(_mangling_args)  # type: ignore[assignment]


def _mangling_args(record: Any) -> tuple[str, tuple[str]]:
    return "Record", (sha256_of_bytes(record.name.encode())[:16],)
