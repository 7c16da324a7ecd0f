"""One measured figure, as it is printed for machines and for people."""

from dataclasses import dataclass

COSTS = frozenset({"min", "s", "ms", "us", "GB", "MB"})
"""Units of which less is better: time and memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchLine:
    """One figure, beside what it is compared with.

    Attributes:
        suite: Key of SUITES.
        name: Fixed for ever, so that a figure can be followed over time.
        value: What was measured.
        unit: Of value and reference; one of COSTS, e.g. "s", or something of which more is better,
            e.g. "steps/s".
        reference: What it is compared with, measured in the same run; None for nothing.
        reference_value: Its figure.
    """

    suite: str
    name: str
    value: float
    unit: str
    reference: str | None = None
    reference_value: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times better the value is than the reference, None where that is absent.

        Half the seconds are 2, and so are twice the steps per second.
        """
        if self.reference_value is None:
            return None
        if self.unit in COSTS:
            return self.reference_value / self.value
        return self.value / self.reference_value

    def as_dict(self) -> dict[str, str | float | None]:
        """Return the line as JSON values."""
        return {
            "suite": self.suite,
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "reference": self.reference,
            "reference_value": self.reference_value,
            "ratio": self.ratio,
        }
