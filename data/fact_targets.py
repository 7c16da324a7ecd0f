"""The stylised facts of real markets, and how near a synthetic one must come to NQ.

How they are measured is left to data/facts.py. The targets are what it gives for NQ and ES, 2024-05
to 2025-08 (321 full sessions, a period with the crash of April 2025), and MGC, 2020-12 to 2023-12
(744), all unadjusted five-minute bars; `tests/data/test_facts.py` holds them to that.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One row of the report.

    Attributes:
        title: What it says, for people.
        parts: What each of its numbers is.
        targets: The same numbers of real markets, by symbol.
        tolerance: How far a synthetic market's numbers may be off those of NQ.
        is_factor: Whether `tolerance` is a factor, up or down, rather than a difference.
    """

    title: str
    parts: tuple[str, ...]
    targets: Mapping[str, tuple[float, ...]]
    tolerance: float
    is_factor: bool = False

    def bands(self, symbol: str = "NQ") -> list[tuple[float, float]]:
        """Return the least and the largest value that pass, one pair per part."""
        width = self.tolerance
        if self.is_factor:
            return [(x / width, x * width) for x in self.targets[symbol]]
        return [(x - width, x + width) for x in self.targets[symbol]]

    def is_met(self, values: tuple[float, ...], symbol: str = "NQ") -> bool:
        """Return whether all numbers of the row lie within their bands; NaN does not."""
        pairs = zip(values, self.bands(symbol), strict=True)
        return all(low <= value <= high for value, (low, high) in pairs)


FACTS: dict[str, FactRow] = {
    "annual_volatility": FactRow(
        title="annual volatility",
        parts=("",),
        targets={"NQ": (0.232,), "ES": (0.179,), "MGC": (0.146,)},
        tolerance=1.25,
        is_factor=True,
    ),
    "excess_kurtosis": FactRow(
        title="excess kurtosis",
        parts=("pooled", "RTH", "deseasonalised"),
        targets={"NQ": (134, 72, 20), "ES": (256, 150, 25), "MGC": (22, 14, 14)},
        tolerance=2.0,
        is_factor=True,
    ),
    "return_acf": FactRow(
        title="ACF of returns",
        parts=("lag 1",),
        targets={"NQ": (-0.008,), "ES": (-0.005,), "MGC": (-0.016,)},
        tolerance=0.02,
    ),
    "abs_return_acf": FactRow(
        title="ACF of absolute returns",
        parts=("lag 1", "lag 12", "a session"),
        targets={"NQ": (0.39, 0.32, 0.29), "ES": (0.39, 0.33, 0.29), "MGC": (0.30, 0.19, 0.19)},
        tolerance=0.06,
    ),
    "deseasonalised_abs_acf": FactRow(
        title="same, deseasonalised",
        parts=("lag 1", "a session", "five sessions"),
        targets={"NQ": (0.37, 0.21, 0.11), "ES": (0.40, 0.24, 0.13), "MGC": (0.24, 0.07, 0.06)},
        tolerance=0.06,
    ),
    "daily_volatility_acf": FactRow(
        title="ACF of daily log sigma",
        parts=("lag 1", "lag 5", "lag 20"),
        targets={"NQ": (0.75, 0.49, 0.25), "ES": (0.78, 0.49, 0.25), "MGC": (0.55, 0.37, 0.20)},
        tolerance=0.15,
    ),
    "daily_volatility_sd": FactRow(
        title="sd of daily log sigma",
        parts=("",),
        targets={"NQ": (0.45,), "ES": (0.49,), "MGC": (0.27,)},
        tolerance=1.25,
        is_factor=True,
    ),
    "leverage": FactRow(
        title="leverage",
        parts=("lag 1", "lag 12"),
        targets={"NQ": (-0.042, -0.011), "ES": (-0.033, -0.004), "MGC": (-0.017, -0.005)},
        tolerance=0.02,
    ),
    "volatility_ratios": FactRow(
        title="volatility ratios",
        parts=("open/lunch", "close/lunch", "open/Asia"),
        targets={"NQ": (1.9, 1.4, 4.0), "ES": (1.5, 1.6, 3.3), "MGC": (2.1, 0.7, 2.8)},
        tolerance=1.2,
        is_factor=True,
    ),
    "rth_share": FactRow(
        title="share of RTH",
        parts=("variance", "volume"),
        targets={"NQ": (0.63, 0.77), "ES": (0.63, 0.80), "MGC": (0.41, 0.43)},
        tolerance=0.05,
    ),
    "range_ratio": FactRow(
        title="range^2 / return^2",
        parts=("",),
        targets={"NQ": (2.78,), "ES": (2.75,), "MGC": (2.67,)},
        tolerance=0.06,
    ),
    "ticks": FactRow(
        title="zero returns; ticks",
        parts=("share of zero", "mean range"),
        targets={"NQ": (0.014, 76), "ES": (0.072, 16), "MGC": (0.066, 13)},
        tolerance=1.3,
        is_factor=True,
    ),
    "tail_index": FactRow(
        title="Hill tail index",
        parts=("",),
        targets={"NQ": (2.8,), "ES": (2.7,), "MGC": (3.4,)},
        tolerance=0.4,
    ),
    "gaps": FactRow(
        title="gap sd in bar sigmas",
        parts=("daily", "Monday"),
        targets={"NQ": (3.3, 6.7), "ES": (3.3, 6.8), "MGC": (3.3, 4.9)},
        tolerance=1.3,
        is_factor=True,
    ),
}
"""A tolerance is about what the median of five such periods varies by: volatility that has memory
and heavy tails shows much of itself in one, and little in another. A few bars decide the kurtosis,
so a factor of two is much like it (ES has nearly twice that of NQ, over the same sixteen months).
"""
