"""What can be wrong with a file of bars: a name, how bad it is, and what to do about each."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a defect is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One kind of defect.

    Attributes:
        severity: Unless the instrument or the adjustment makes it harmless.
        problem: What is wrong, to stand behind a count of bars.
        advice: What to do.
        repair: The option of `scripts/data.py repair` that mends it; None where none does.
    """

    severity: Severity
    problem: str
    advice: str
    repair: str | None = None


DEFECTS: dict[str, Defect] = {
    "changed": Defect(
        severity=Severity.ERROR,
        problem="do not match the fingerprint stored with them",
        advice="restore the file, or take the values as they are",
        repair="accept-changed",
    ),
    "no_zone": Defect(
        severity=Severity.ERROR,
        problem="have stamps without a time zone (counted here as UTC)",
        advice="import the original with its zone: scripts/data.py import --tz",
    ),
    "text_numbers": Defect(
        severity=Severity.ERROR,
        problem="have numbers stored as text (counted here as numbers where they are some)",
        advice="import the file anew, or store numbers: pandas.to_numeric",
    ),
    "missing_stamps": Defect(
        severity=Severity.ERROR,
        problem="have no stamp",
        advice="correct or drop them",
        repair="drop-nan",
    ),
    "not_finite": Defect(
        severity=Severity.ERROR,
        problem="lack a price or a volume, or have an infinite one",
        advice="correct or drop them",
        repair="drop-nan",
    ),
    "out_of_order": Defect(
        severity=Severity.ERROR,
        problem="are earlier than the one before",
        advice="sort them by stamp",
        repair="sort",
    ),
    "duplicates": Defect(
        severity=Severity.ERROR,
        problem="repeat another one exactly",
        advice="keep one of each",
        repair="drop-duplicates",
    ),
    "conflicting_duplicates": Defect(
        severity=Severity.ERROR,
        problem="have the stamp of a later one in the file, and other values",
        advice="find out which is right; the repair keeps the last one in the file",
        repair="drop-duplicates",
    ),
    "overlapping_contracts": Defect(
        severity=Severity.ERROR,
        problem="have the stamp of a bar of another contract",
        advice="make one series of them: scripts/data.py roll",
    ),
    "ohlc_violations": Defect(
        severity=Severity.ERROR,
        problem="have a low above, or a high below, another of their prices",
        advice="widen high and low to hold open and close, or correct them",
        repair="clip-ohlc",
    ),
    "negative_volumes": Defect(
        severity=Severity.ERROR,
        problem="have a volume below zero",
        advice="correct or drop them",
        repair="drop-impossible",
    ),
    "not_positive": Defect(
        severity=Severity.ERROR,
        problem="have a price of zero or less",
        advice="correct or drop them; only energy and back-adjusted prices can be negative",
        repair="drop-impossible",
    ),
    "off_tick": Defect(
        severity=Severity.ERROR,
        problem="have prices off the tick grid",
        advice="is the symbol right, or are they ratio-adjusted? Otherwise move them to the grid",
        repair="snap-to-tick",
    ),
    "in_future": Defect(
        severity=Severity.WARNING,
        problem="lie more than a day ahead of this machine's clock",
        advice="is the year right? Import the original anew, which leaves such rows out",
    ),
    "out_of_range": Defect(
        severity=Severity.WARNING,
        problem="have prices that the product has never been near",
        advice="all of them: is the symbol right? Few: bad prints, correct or drop them",
    ),
    "outside_hours": Defect(
        severity=Severity.WARNING,
        problem="lie where the calendar says that the market is closed",
        advice="many: is the zone right? Few: test prints, or the calendar is wrong",
        repair="drop-outside-hours",
    ),
    "misaligned": Defect(
        severity=Severity.WARNING,
        problem="are stamped where no bar should begin",
        advice="are they stamped by their end, or of another size? Import them again",
    ),
    "missing_sessions": Defect(
        severity=Severity.WARNING,
        problem="sessions of the calendar have no bar",
        advice="fetch them, or the calendar is wrong; nothing is ever filled in",
    ),
    "short_sessions": Defect(
        severity=Severity.WARNING,
        problem="sessions have less than 90 % of their bars",
        advice="fetch the rest, or the market halted; nothing is ever filled in",
    ),
    "missing_bars": Defect(
        severity=Severity.WARNING,
        problem="bars are missing within sessions that have others",
        advice="harmless where nothing traded; fetch them otherwise",
    ),
    "jumps": Defect(
        severity=Severity.WARNING,
        problem="open far from the close before (5 average ranges), and at no marked roll",
        advice="an unmarked roll, news over a weekend, or a bad print: look at them",
    ),
    "spikes": Defect(
        severity=Severity.WARNING,
        problem="have a wick of more than 10 average ranges",
        advice="a bad print, or a very fast market: look at them",
    ),
    "moved_without_volume": Defect(
        severity=Severity.WARNING,
        problem="have several prices and no volume",
        advice="quotes instead of trades, or volume was not recorded: do not use it",
    ),
    "flat_without_volume": Defect(
        severity=Severity.INFO,
        problem="have one price and no volume",
        advice="the vendor writes them when nothing trades",
    ),
    "special_sessions": Defect(
        severity=Severity.INFO,
        problem="sessions are shorter than usual by the calendar",
        advice="half days and halts; nothing to do",
    ),
    "rth_only": Defect(
        severity=Severity.INFO,
        problem="lie in regular trading hours, all of them: no others were expected",
        advice="nothing to do",
    ),
    "beyond_calendar": Defect(
        severity=Severity.INFO,
        problem="lie outside the calendar's years and were not compared with it",
        advice="nothing to do",
    ),
}
"""By the code that reports carry, in the order in which they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of defect that was found.

    Attributes:
        code: Key of DEFECTS.
        severity: How bad it is here.
        count: Bars or sessions concerned.
        first: The first of them, one line each.
    """

    code: str
    severity: Severity
    count: int
    first: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """What is wrong, to stand behind the count."""
        return DEFECTS[self.code].problem

    @property
    def advice(self) -> str:
        """What to do, with the name of the repair where there is one."""
        defect = DEFECTS[self.code]
        if defect.repair is None or self.severity is Severity.INFO:
            return defect.advice
        return f"{defect.advice} (repair --{defect.repair})"

    def to_dict(self) -> dict[str, str | int | list[str]]:
        """Return the finding in the types that JSON has."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "count": self.count,
            "first": list(self.first),
            "problem": self.problem,
            "advice": self.advice,
        }
