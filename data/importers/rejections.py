"""Rows that are not taken in: which, why, and what they said."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from utils.files import atomic_path

MAX_REJECTED_SHARE = 0.001
"""From this share of rejected rows on an import counts as failed."""

COLUMNS = ("file", "line", "reason", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejections:
    """Rejected rows of all files, in the order of the files and their lines.

    Attributes:
        files: Name of the file of each row, no folders.
        lines: Line in it, from 1; of a binary file, the record.
        reasons: Why, in words.
        texts: The line, or the values of the record.
    """

    files: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def counts(self) -> dict[str, int]:
        """Return how many rows were rejected for each reason, the most frequent first."""
        return {str(reason): int(n) for reason, n in pd.Series(self.reasons).value_counts().items()}

    def first(self, reason: str) -> str:
        """Return where the first row with this reason lies, e.g. "line 12 of bars.csv"."""
        row = self.reasons.index(reason)
        return f"line {self.lines[row]} of {self.files[row]}"


def joined(parts: list[Rejections]) -> Rejections:
    """Return the rejections of several files as one."""
    return Rejections(
        files=[name for part in parts for name in part.files],
        lines=[line for part in parts for line in part.lines],
        reasons=[reason for part in parts for reason in part.reasons],
        texts=[text for part in parts for text in part.texts],
    )


def rejected_path(out: Path) -> Path:
    """Return where the rejected rows of an import to `out` go."""
    return out.with_name(f"{out.name}.rejected.csv")


def save_rejections(rejections: Rejections, out: Path) -> Path | None:
    """Write the rejected rows beside `out`; return where, or None where there are none.

    A file that an earlier import to `out` left is replaced or removed.

    Raises:
        ConfigError: If the folder cannot be written.
    """
    path = rejected_path(out)
    if len(rejections) == 0:
        path.unlink(missing_ok=True)
        return None
    columns = (rejections.files, rejections.lines, rejections.reasons, rejections.texts)
    frame = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False)
    return path
