"""Whether a forecaster is good enough to be what others build on: the gate that promotes one.

It must beat the seasonal EWMA-FHS, be no worse than HARX-FHS, do so by more than chance from day to
day, and cover what it says it covers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from models.forecast.coverage import Share
from models.forecast.diebold_mariano import DieboldMariano
from models.forecast.forecast_scores import ForecastScores

LEAST_T = 2.0
"""Day-level Diebold-Mariano statistic that a gain must exceed."""

NO_GAIN = "no significant gain"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """What the gate says.

    Attributes:
        promoted: Whether all of its conditions hold.
        reasons: Those that do not, in words; those that do, where all of them do.
    """

    promoted: bool
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The verdict on this one horizon in one line."""
        said = "passes" if self.promoted else "does not pass"
        return f"{said} at this horizon: {'; '.join(self.reasons)}"


def verdict_on_all(verdicts: Mapping[int, GateVerdict]) -> str:
    """Say in one line whether a forecaster passes at every horizon, which promotion asks for.

    Args:
        verdicts: By bars ahead.
    """
    failed = {horizon: each for horizon, each in verdicts.items() if not each.promoted}
    told = "; ".join(
        f"{horizon} bars ahead: {'; '.join(each.reasons)}"
        for horizon, each in (failed or verdicts).items()
    )
    if not failed:
        return f"promoted, passes at every horizon forecast: {told}"
    passed = ", ".join(str(horizon) for horizon in verdicts if horizon not in failed)
    return f"not promoted: {told}; passes at {f'{passed} bars' if passed else 'no horizon'}"


def ship_gate(
    scores: ForecastScores, against_harx: DieboldMariano | None, coverage: Share | None = None
) -> GateVerdict:
    """Say whether a forecaster may be the default, and why.

    Args:
        scores: Against the seasonal EWMA-FHS.
        against_harx: Day-level test of its losses against those of HARX-FHS; None for HARX-FHS.
        coverage: That must not be rejected; None: that of the central 90 %.
    """
    covered = scores.centrals["central_90"] if coverage is None else coverage
    conditions = (
        _gain(scores.skill, scores.against_reference),
        _beside_harx(against_harx),
        _coverage(covered),
    )
    failed = tuple(words for holds, words in conditions if not holds)
    return GateVerdict(
        promoted=not failed, reasons=failed or tuple(words for _, words in conditions)
    )


def _gain(skill: float, test: DieboldMariano) -> tuple[bool, str]:
    """Return whether the gain over the reference is one, and words for it."""
    if test.t is None:
        return False, f"{NO_GAIN} over ewma_fhs: the test {test.reason}"
    words = f"skill {skill:+.2%} against ewma_fhs, t {test.t:.2f}"
    if skill > 0.0 and test.t > LEAST_T:
        return True, words
    is_worse = skill <= 0.0 and test.t < -LEAST_T
    return False, f"worse than ewma_fhs: {words}" if is_worse else f"{NO_GAIN}: {words}"


def _beside_harx(test: DieboldMariano | None) -> tuple[bool, str]:
    """Return whether it loses no more than HARX-FHS, and words for it."""
    if test is None:
        return True, "is harx_fhs itself"
    said = "no t" if test.t is None else f"t {test.t:.2f}"
    if test.mean_difference >= 0.0:
        return True, f"no worse than harx_fhs, {said}"
    return False, f"loses more than harx_fhs, {said}"


def _coverage(share: Share) -> tuple[bool, str]:
    """Return whether coverage is not rejected, and words for it; no interval is no promotion."""
    if math.isnan(share.low):
        return False, f"coverage of {share.nominal:.0%} cannot be judged: too few days"
    words = (
        f"{share.nominal:.0%} covered {share.observed:.1%} ({share.low:.1%} to {share.high:.1%})"
    )
    return (False, f"coverage rejected: {words}") if share.is_rejected else (True, words)
