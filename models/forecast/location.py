"""How much of a forecast's mean may be believed: what earlier forecasts of it were worth.

Nearly all skill is in the scale of a forecast; its mean is mostly noise, and noise is traded at a
loss. So a mean counts only as far as settled forecasts have shown that moves follow it. With x the
forecast mean and y the move that came, both in units of the row's spread, each finished session d
gives S_d = sum x y and Q_d = sum x^2. No label crosses a session's end, so that under a martingale
the S_d are uncorrelated however much labels overlap. Then

- a mean counts for nothing until it is proved at any time that x y is positive on average: the
  mixture martingale of the self-normalised sum z = sum S / sqrt(sum S^2),

      e = 2 / sqrt(1 + k) exp(z^2 k / (2 (1 + k))) Phi(z sqrt(k / (1 + k)))

  with k = n / TUNED_SESSIONS, exceeds 1 / risk with no more than that probability where there is
  nothing to be found, over all sessions together and not each by itself (Robbins, 1970; Howard et
  al., 2021). That holds for S_d of one size that are symmetric about zero, and nearly for others;
  not for many small gains and a rare large loss, which look like a location until the loss comes;
- after that it counts for the slope sum S / sum Q, less a few of its standard errors by session,
  held in [0, 1].

The step is one for the back-test and for a trader: at row t uses closes <= t and forecasts of rows
before it, and what it says changes only between sessions.
"""

import math
from collections import deque
from dataclasses import dataclass
from statistics import NormalDist

from config.signal_settings import SignalSettings

TUNED_SESSIONS = 10.0
"""The proof needs least of the evidence after some six times as many sessions."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What all finished sessions come to.

    Attributes:
        n_sessions: Those with a settled forecast.
        moved: Sum of S_d.
        expected: Sum of Q_d.
        moved_squares: Sum of S_d^2.
        products: Sum of S_d Q_d.
        expected_squares: Sum of Q_d^2.
    """

    n_sessions: int = 0
    moved: float = 0.0
    expected: float = 0.0
    moved_squares: float = 0.0
    products: float = 0.0
    expected_squares: float = 0.0

    def with_session(self, moved: float, expected: float) -> "Sums":
        """Return the sums with one more session."""
        return Sums(
            n_sessions=self.n_sessions + 1,
            moved=self.moved + moved,
            expected=self.expected + expected,
            moved_squares=self.moved_squares + moved * moved,
            products=self.products + moved * expected,
            expected_squares=self.expected_squares + expected * expected,
        )


def evidence(sums: Sums) -> float:
    """Return the log of e: how much the sessions speak for a location."""
    if not sums.moved_squares > 0.0:
        return 0.0
    z = sums.moved / math.sqrt(sums.moved_squares)
    k = sums.n_sessions / TUNED_SESSIONS
    held = k / (1.0 + k)
    side = _NORMAL.cdf(z * math.sqrt(held))
    if side == 0.0:  # so far on the other side that it underflows
        return -math.inf
    return math.log(2.0 * side) - 0.5 * math.log1p(k) + 0.5 * z * z * held


def cautious_slope(sums: Sums, caution: float) -> float:
    """Return the slope less `caution` standard errors, in [0, 1].

    Args:
        sums: Of two sessions or more.
        caution: >= 0.
    """
    slope = sums.moved / sums.expected
    missed = (
        sums.moved_squares - 2.0 * slope * sums.products + slope * slope * sums.expected_squares
    )
    n = sums.n_sessions
    error = math.sqrt(max(missed, 0.0) * n / (n - 1)) / sums.expected
    return min(max(slope - caution * error, 0.0), 1.0)


class LocationEvidence:
    """One step per bar, in the order of the bars.

    Attributes:
        shrink: What the mean of this row's forecast counts for, in [0, 1].
    """

    def __init__(self, horizon: int, settings: SignalSettings):
        """Begin without evidence.

        Args:
            horizon: Bars ahead of the forecasts.
            settings: How much evidence is asked for.
        """
        self.shrink = 0.0
        self._settings = settings
        self._sums = Sums()
        self._session: int | None = None
        self._moved = self._expected = 0.0
        self._waiting: deque[tuple[float, float, float]] = deque(maxlen=horizon)

    def update(self, session: int, close: float, mean: float, spread: float) -> float:
        """Take the bar that has just closed, and return what its forecast's mean counts for.

        Args:
            session: Number of the bar's session.
            close: Points, > 0; on one level within a session.
            mean: Of its forecast, simple return; NaN where there is none.
            spread: Of its forecast, in the same unit; where it is not > 0 there is none.
        """
        if session != self._session:
            self._finish()
            self._session = session
        if len(self._waiting) == self._waiting.maxlen:
            self._settle(close, *self._waiting[0])
        has_forecast = spread > 0.0 and math.isfinite(mean)
        self._waiting.append((close, mean / spread if has_forecast else 0.0, spread))
        return self.shrink

    def _settle(self, close: float, from_close: float, expected: float, spread: float) -> None:
        """Add a forecast whose horizon has passed to its session."""
        if expected != 0.0:
            self._moved += expected * (close / from_close - 1.0) / spread
            self._expected += expected * expected

    def _finish(self) -> None:
        """Add the session that has ended to the sums, and judge anew."""
        self._waiting.clear()
        if self._expected > 0.0:
            self._sums = self._sums.with_session(self._moved, self._expected)
            self._moved = self._expected = 0.0
            self.shrink = self._judged()

    def _judged(self) -> float:
        asked, sums = self._settings, self._sums
        is_early = sums.n_sessions < asked.least_sessions
        if is_early or evidence(sums) < -math.log(asked.evidence_risk):
            return 0.0
        return cautious_slope(sums, asked.location_caution)
