"""How often orders were denied, by code, since a time: what a status shows of a trading day.

The journal has each denial with its reason; this is the count of the last two days, from memory.
"""

from collections import Counter
from datetime import datetime, timedelta

from trading.journal_reader import JournalReader

KEPT = timedelta(days=2)
"""How long denials are remembered, no less than a trading day."""


class DenialCounts:
    """Counts by the minute, so that a desk that is denied four times a second stays small."""

    def __init__(self) -> None:
        self._minutes: dict[datetime, Counter[str]] = {}

    def note(self, code: str, at: datetime) -> None:
        """Count a denial.

        Args:
            code: Of DenialCode.
            at: When, aware.
        """
        minute = at.replace(second=0, microsecond=0)
        if minute not in self._minutes:
            kept = {one: counts for one, counts in self._minutes.items() if one >= minute - KEPT}
            self._minutes = {**kept, minute: Counter()}
        self._minutes[minute][code] += 1

    def recall(self, reader: JournalReader, since: datetime) -> None:
        """Count in what the processes before this one have written; asked once, at the start.

        Raises:
            JournalError: If the journal cannot be read.
        """
        for at, code in reader.denials_since(since):
            self.note(code, at)

    def since(self, begun: datetime | None) -> dict[str, int]:
        """Return the counts by code.

        Args:
            begun: A whole minute, aware, at most KEPT ago; None counts all that is remembered.
        """
        counts = [
            found for minute, found in self._minutes.items() if begun is None or minute >= begun
        ]
        return dict(sum(counts, Counter[str]()))
