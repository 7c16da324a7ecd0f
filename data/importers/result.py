"""What an import found out: a guess per file, bars of all, rejected rows, and what to tell."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from data.importers.rejections import MAX_REJECTED_SHARE, Rejections
from data.store import is_made_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What one file was taken for.

    Attributes:
        file: Its name, no folders.
        dialect: Key of DIALECTS.
        title: The dialect, for people.
        origin: Where the file itself says that its bars come from, e.g. "synthetic default"; ""
            where it does not.
        zone: Of the stamps, as `--tz` takes it.
        zone_status: "proven" by the empty hour, "given" by the user, or "assumed".
        zone_reason: Why.
        stamp: "open" or "end": what the file's stamps are; the imported ones are opens.
        stamp_status: As for the zone.
        bar_seconds: Size of a bar; 0 for a single one.
        adjustment: "none", "difference" or "ratio".
        n_read: Rows of the file, bad ones included.
        n_bars: Bars taken from it.
        n_rejected: Rows that were not.
        n_left_out: Rows of other contracts.
        first: Open of the first bar, UTC.
        last: Open of the last bar, UTC.
        tick_size: Of the instrument.
        n_off_tick: Rows off its grid; None where that was not asked, for ratio-adjusted prices.
        n_snapped: Bars with a price that was off the grid by float noise only, and is on it now.
        notes: What else the user should know.
        warnings: What speaks against the guess, or against the symbol.
    """

    file: str
    dialect: str
    title: str
    origin: str
    zone: str
    zone_status: str
    zone_reason: str
    stamp: str
    stamp_status: str
    bar_seconds: int
    adjustment: str
    n_read: int
    n_bars: int
    n_rejected: int
    n_left_out: int
    first: pd.Timestamp
    last: pd.Timestamp
    tick_size: float
    n_off_tick: int | None
    n_snapped: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values, times in ISO 8601."""
        values = {name: getattr(self, name) for name in self.__slots__}
        times = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        texts = {"notes": list(self.notes), "warnings": list(self.warnings)}
        return values | times | texts


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """Bars and how they came about.

    Attributes:
        bars: All bars, as `check_bars` returns them; `contract` where the files say it.
        guesses: One per file.
        rejected: Rows that were not taken in.
        n_shared: Equal bars that several files had, kept once.
        missing_sessions: Trade dates between the first bar and the last that have none, by the
            calendar, which can be wrong.
        hints: What the user may have to decide about the series as a whole.
    """

    bars: pd.DataFrame
    guesses: tuple[Guess, ...]
    rejected: Rejections
    n_shared: int
    missing_sessions: tuple[str, ...]
    hints: tuple[str, ...] = ()

    @property
    def n_read(self) -> int:
        """Rows of all files that were meant as bars of what is imported."""
        return sum(guess.n_read - guess.n_left_out for guess in self.guesses)

    @property
    def is_clean(self) -> bool:
        """Whether so few rows were rejected that the bars may be used as they are."""
        return len(self.rejected) < MAX_REJECTED_SHARE * self.n_read

    @property
    def adjustment(self) -> str:
        """What was done to the prices, of all files."""
        return self.guesses[0].adjustment

    @property
    def zone(self) -> str:
        """The zones of the files and how they are known, e.g. "UTC (proven)"."""
        shown = (f"{guess.zone} ({guess.zone_status})" for guess in self.guesses)
        return ", ".join(dict.fromkeys(shown))

    @property
    def source(self) -> str:
        """The dialects and the files, e.g. "ninjatrader MNQ_03-24.txt".

        Before them what files of ours say of their bars, made-up ones first: the mark must not get
        lost on the way.
        """
        origins = sorted({guess.origin for guess in self.guesses if guess.origin}, key=_real_last)
        files = (f"{guess.dialect} {guess.file}" for guess in self.guesses)
        return ", ".join([*origins, *files])

    @property
    def quality(self) -> str:
        """One line on what was rejected and what is missing."""
        parts = [f"{len(self.rejected):,} of {self.n_read:,} rows rejected"]
        if len(self.rejected):
            parts[0] += " (" + ", ".join(f"{n:,} {why}" for why, n in self._reasons()) + ")"
        if self.missing_sessions:
            n_missing = len(self.missing_sessions)
            parts.append(f"{n_missing} sessions missing, first {self.missing_sessions[0]}")
        return "; ".join(parts)

    def _reasons(self) -> list[tuple[str, int]]:
        return list(self.rejected.counts().items())


def _real_last(origin: str) -> tuple[bool, str]:
    """Order origins: made-up bars before real ones, then by name."""
    return (not is_made_up({"source": origin}), origin)
