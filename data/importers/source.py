"""Open a file by its content, never by its name: compressed or not, binary or text, which fields.

What the first lines mean is left to data/importers/dialects.py.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from utils.errors import DataError

SAMPLE_BYTES = 65_536
DELIMITERS = ("\t", ";", ",", "|")
FEWEST_FIELDS = 5
"""A stamp and four prices."""

_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_ARCHIVE = b"PK\x03\x04"
_NUMBER = re.compile(r"^[+-]?[\d.,]*\d[\d.,]*(e[+-]?\d+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The beginning of a file.

    Attributes:
        path: Where it lies.
        head: Its first bytes, decompressed.
        encoding: Of its text.
        lines: Its first lines; none of a binary file.
        delimiter: What parts the fields; empty where nothing does.
    """

    path: Path
    head: bytes
    encoding: str = "utf-8"
    lines: tuple[str, ...] = ()
    delimiter: str = ""

    @property
    def where(self) -> str:
        """What to call the file in an error or a report; no folders."""
        return f"`{self.path.name}`"

    @property
    def header(self) -> tuple[str, ...]:
        """Names of the columns, lower case; empty where the first line holds values."""
        fields = self.fields(0)
        if any(_NUMBER.match(field) for field in fields):
            return ()
        return tuple(" ".join(field.strip("<>").lower().split()) for field in fields)

    def fields(self, line: int) -> tuple[str, ...]:
        """Return the fields of a line of the sample, trimmed; none beyond its end."""
        if line >= len(self.lines) or not self.delimiter:
            return ()
        return _split(self.lines[line], self.delimiter)

    def width(self, skip: int) -> int:
        """Return how many fields most lines have, after the first `skip` ones."""
        counts = Counter(len(self.fields(line)) for line in range(skip, len(self.lines)))
        counts.pop(0, None)
        return counts.most_common(1)[0][0] if counts else 0


def take_sample(path: Path) -> Sample:
    """Return the beginning of a file.

    Raises:
        DataError: If it is missing, a folder, empty, an archive, damaged, or cannot be read.
    """
    with opened(path) as (stream, _):
        head = stream.read(SAMPLE_BYTES)
        is_whole = len(head) < SAMPLE_BYTES
    if not head.strip():
        raise DataError(f"`{path.name}` is empty; give a file of bars")
    if head.startswith(_ARCHIVE):
        raise DataError(f"`{path.name}` is an archive or a spreadsheet; unpack it, or save as CSV")
    encoding = next((name for mark, name in _ENCODINGS.items() if head.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\x00" in head:
        return Sample(path=path, head=head)
    text = head.decode(encoding, errors="replace")
    lines = text.splitlines()
    if not is_whole and len(lines) > 1:
        lines.pop()  # cut off by us
    return Sample(
        path=path,
        head=head,
        encoding=encoding,
        lines=tuple(lines),
        delimiter=_delimiter(lines),
    )


@contextmanager
def opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """Yield a file as a stream of its decompressed bytes, and as it lies there, for `tell`.

    Raises:
        DataError: If it is missing, a folder, or cannot be read to its end.
    """
    if path.is_dir():
        raise DataError(f"`{path}` is a folder; name the files in it")
    if not path.exists():
        raise DataError(f"no file `{path}`; check the path")
    try:
        with path.open("rb") as file:
            mark = file.read(4)
            file.seek(0)
            kinds = [kind for start, kind in _COMPRESSIONS.items() if mark.startswith(start)]
            plain = pa.PythonFile(file, mode="r")
            yield (pa.CompressedInputStream(plain, kinds[0]) if kinds else plain), file
    except (OSError, pa.ArrowInvalid) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"`{path.name}` is damaged or cannot be read ({reason})") from error


def is_last_line_open(sample: Sample) -> bool:
    """Return whether a text file does not end with the end of a line; False if it is compressed."""
    if sample.encoding == "utf-16" or not sample.lines:
        return False
    with sample.path.open("rb") as file:
        mark = file.read(4)
        file.seek(-1, 2)
        last = file.read(1)
    is_plain = not any(mark.startswith(start) for start in _COMPRESSIONS)
    return is_plain and last not in (b"\r", b"\n")


def line_texts(sample: Sample, wanted: set[int]) -> dict[int, str]:
    """Return the text of some lines (from 1) of a text file, read again from its beginning."""
    if not wanted:
        return {}
    found, last = {}, max(wanted)
    with opened(sample.path) as (stream, _):
        for number, line in enumerate(_lines(stream, sample.encoding), start=1):
            if number in wanted:
                found[number] = line.rstrip("\r\n")
            if number >= last:
                break
    return found


def _lines(stream: Any, encoding: str) -> Iterator[str]:
    """Yield the lines of a stream, read in blocks; a line ends where pyarrow's reader ends one."""
    rest = ""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    while block := stream.read(1 << 22):
        *whole, rest = (rest + decoder.decode(block)).split("\n")
        yield from whole
    if rest:
        yield rest


def _delimiter(lines: list[str]) -> str:
    """Return what splits most lines into the same number of fields, at least FEWEST_FIELDS."""

    def agreement(delimiter: str) -> int:
        counts = Counter(len(_split(line, delimiter)) for line in lines if line.strip())
        return max((n for width, n in counts.items() if width >= FEWEST_FIELDS), default=0)

    best = max(DELIMITERS, key=agreement)
    return best if agreement(best) else ""


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    return tuple(field.strip() for field in next(csv.reader([line], delimiter=delimiter), []))
