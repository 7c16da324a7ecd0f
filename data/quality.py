"""How good are these bars? Every defect of a frame as found: counted, located, with what to do.

The report refuses nothing and changes nothing: data/repair.py mends what is asked for by name, and
`data.bars.check_bars` refuses what is left. An error is what no reader of bars can use; a warning
is worth a look; an info is how this market or vendor is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from config.instruments import Instrument
from data.bars import bar_seconds
from data.calendar import calendar_of
from data.calendar_overrides import FIRST_DATE, LAST_DATE
from data.defects import DEFECTS, Finding, Severity
from data.findings import (
    finding,
    future_findings,
    price_findings,
    row_findings,
    session_findings,
)
from data.row_checks import found_rows
from data.session_checks import count_sessions
from data.store import read_unchecked
from utils.clock import Clock, SystemClock
from utils.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityReport:
    """What was found in one frame.

    Attributes:
        n_rows: Rows of the frame.
        span: First and last stamp; None where no row has one.
        bar_seconds: Usual size of a bar.
        sessions: One row per session, index `trade_date`; columns expected, present, is_half_day
            and note. Empty where nothing could be compared with the calendar.
        findings: The defects, errors first.
    """

    n_rows: int
    span: tuple[pd.Timestamp, pd.Timestamp] | None
    bar_seconds: int
    sessions: pd.DataFrame
    findings: tuple[Finding, ...]

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(found for found in self.findings if found.severity is severity)

    @property
    def has_errors(self) -> bool:
        """Whether anything was found that no reader of bars can use."""
        return bool(self.of(Severity.ERROR))

    @property
    def summary(self) -> str:
        """One line, as it is stored with bars: how many kinds, and which, with counts."""
        errors, warnings = self.of(Severity.ERROR), self.of(Severity.WARNING)
        listed = ", ".join(f"{found.code} {found.count}" for found in (*errors, *warnings))
        counts = f"{counted(len(errors), 'error')}, {counted(len(warnings), 'warning')}"
        return f"{counts}: {listed}" if listed else counts

    def to_dict(self) -> dict[str, Any]:
        """Return the report in the types that JSON has; of the sessions, those that differ."""
        odd = self.sessions[self.sessions["expected"] != self.sessions["present"]]
        return {
            "rows": self.n_rows,
            "first": None if self.span is None else self.span[0].isoformat(),
            "last": None if self.span is None else self.span[1].isoformat(),
            "bar_seconds": self.bar_seconds,
            "sessions": len(self.sessions),
            "bars_expected": int(self.sessions["expected"].sum()),
            "bars_present": int(self.sessions["present"].sum()),
            "sessions_that_differ": [
                {
                    "trade_date": str(day.date()),
                    "expected": int(row["expected"]),
                    "present": int(row["present"]),
                    "note": row["note"],
                }
                for day, row in odd.iterrows()
            ],
            "findings": [found.to_dict() for found in self.findings],
            "summary": self.summary,
        }


def quality_report(
    frame: pd.DataFrame,
    instrument: Instrument,
    *,
    adjustment: str = "none",
    where: str = "bars",
    clock: Clock | None = None,
) -> QualityReport:
    """Look for every defect in DEFECTS.

    Args:
        frame: Bars as found, in any order and state, with the columns of bars.
        instrument: What they are bars of: its tick grid and its calendar.
        adjustment: What was done to prices at rolls, one of `data.store.ADJUSTMENTS`.
        where: What to call the frame in an error, e.g. its file.
        clock: Says what is still to come; the machine's own when None.

    Raises:
        DataError: If there are no rows, no dates, or a column of bars is missing: nothing else.
    """
    rows = found_rows(frame, where)
    stamps = rows.stamps.dropna().unique().sort_values()
    seconds = bar_seconds(stamps)
    sessions, findings = _compared(stamps, instrument, seconds)
    now = pd.Timestamp((clock or SystemClock()).now()).tz_convert("UTC")
    findings += [
        *row_findings(rows, instrument, adjustment),
        *future_findings(rows, now),
        *price_findings(rows, instrument, adjustment),
    ]
    return QualityReport(
        n_rows=len(frame),
        span=(stamps[0], stamps[-1]) if len(stamps) else None,
        bar_seconds=seconds,
        sessions=sessions,
        findings=_in_order(findings),
    )


def check_file(path: Path, instrument: Instrument, clock: Clock | None = None) -> QualityReport:
    """Look for every defect in a parquet file, ours or anybody's; arguments as `quality_report`.

    Raises:
        DataError: If the file is missing, no parquet or damaged, or has no bars to look at.
    """
    frame, metadata, is_intact = read_unchecked(path)
    adjustment = metadata.get("adjustment", "none")
    report = quality_report(
        frame, instrument, adjustment=adjustment, where=f"`{path}`", clock=clock
    )
    if is_intact:
        return report
    findings = _in_order([*report.findings, finding("changed", len(frame))])
    return QualityReport(
        n_rows=report.n_rows,
        span=report.span,
        bar_seconds=report.bar_seconds,
        sessions=report.sessions,
        findings=findings,
    )


def _compared(
    stamps: pd.DatetimeIndex, instrument: Instrument, seconds: int
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the sessions, and where they and the bars differ."""
    years = stamps.year
    is_known = (years > FIRST_DATE.year) & (years < LAST_DATE.year)
    known = stamps[is_known]
    unknown = stamps[~is_known]
    findings = []
    if len(unknown):
        findings.append(finding("beyond_calendar", len(unknown), (unknown[0].isoformat(),)))
    if len(known) == 0:
        return _NO_SESSIONS, findings
    count = count_sessions(known, calendar_of(instrument.symbol), seconds)
    findings += session_findings(count, len(known), seconds)
    return count.table, findings


_NO_SESSIONS = pd.DataFrame(
    {"expected": [], "present": [], "is_half_day": [], "note": []},
    index=pd.DatetimeIndex([], name="trade_date"),
)


def _in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    severities, codes = list(Severity), list(DEFECTS)

    def rank(found: Finding) -> tuple[int, int]:
        return severities.index(found.severity), codes.index(found.code)

    return tuple(sorted(findings, key=rank))
