"""The layer that all families stand on: what volatility to expect over the bars ahead.

The expected variance is the usual one of the slots ahead times an average of how much more, or
less, the last bars had than was usual for them. Everything is fitted on training rows; at row t it
uses bars <= t and the calendar, which is known beforehand.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.compiled.seasonal_volatility import (
    BARS,
    GARCH,
    N_FIRST,
    VolatilityConstants,
    volatility_rows,
)
from models.forecast.clock import Masks, SessionClock
from models.forecast.family import Floats, Integers
from models.forecast.garch import long_run_variance, persistence_of
from models.forecast.seasonality import bars_ahead, variance_ahead

BAR_HALF_LIVES = (1, 3, 6, 12, 24, 48, 96)
SESSION_HALF_LIVES = (1, 5)
"""Half-lives of the averages, in bars and in sessions."""

SIGN_HALF_LIVES = (3, 12)
"""Of standardised returns, in bars; and one session."""

REFERENCE_BARS = 96
"""Half-life of the average that standardises a return, or the nearest there is."""


def half_lives(session_bars: int) -> tuple[int, ...]:
    """Return the half-lives of the averages of the variance, in bars, rising."""
    return tuple(sorted({*BAR_HALF_LIVES, *(k * session_bars for k in SESSION_HALF_LIVES)}))


def sign_half_lives(session_bars: int) -> tuple[int, ...]:
    """Return the half-lives of the averages of standardised returns, in bars, rising."""
    return tuple(sorted({*SIGN_HALF_LIVES, session_bars}))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """What is ahead of each slot of m sessions by the calendar, (m, n_slots, n_horizons).

    Attributes:
        usual: Sum of their usual variances.
        log_usual: Its logarithm.
        faded: Sum likewise, each bar weighing what is left of a GARCH shock by then.
        shares: Share of the horizon that the session still has, in [0, 1].
    """

    usual: Floats
    log_usual: Floats
    faded: Floats
    shares: Floats


@dataclass(frozen=True, kw_only=True, eq=False)  # no slots: what is asked for often is kept
class VolatilityLayer:
    """The fitted layer.

    Attributes:
        clock: Of the market and its bars.
        tick: Points.
        horizons: Bars ahead.
        seasonal: (n_slots,) usual variance of a bar of each slot.
        choices: (n_horizons,) which average is the scale of each horizon.
        garch: (4,) parameters; zeros where no forecast of it is asked for.
    """

    clock: SessionClock
    tick: float
    horizons: tuple[int, ...]
    seasonal: Floats
    choices: Integers
    garch: Floats

    @cached_property
    def half_lives(self) -> tuple[int, ...]:
        """Of the averages of the variance, in bars."""
        return half_lives(self.clock.session_bars)

    @cached_property
    def log_seasonal(self) -> Floats:
        """Logarithm of `seasonal`."""
        return np.log(self.seasonal)

    @property
    def has_garch(self) -> bool:
        """Whether it forecasts by GARCH too."""
        return bool(self.garch.any())

    @cached_property
    def constants(self) -> VolatilityConstants:
        """What the compiled step takes."""
        lives = np.array(self.half_lives)
        return VolatilityConstants(
            tick=self.tick,
            seasonal=self.seasonal,
            weights=1.0 - 0.5 ** (1.0 / lives),
            sign_weights=1.0 - 0.5 ** (1.0 / np.array(sign_half_lives(self.clock.session_bars))),
            reference=int(np.abs(lives - REFERENCE_BARS).argmin()),
            garch=self.garch,
        )

    @property
    def n_outputs(self) -> int:
        """Numbers that the compiled step writes."""
        return 1 + 2 * len(self.half_lives) + len(self.constants.sign_weights)

    @property
    def warm_up(self) -> int:
        """Rows before the first scale: a session's."""
        return self.clock.session_bars

    def birth(self) -> Floats:
        """Return the state before the first bar: all is as usual."""
        n_averages = len(self.half_lives)
        state = np.zeros(N_FIRST + n_averages + len(self.constants.sign_weights))
        state[N_FIRST : N_FIRST + n_averages] = 1.0
        state[GARCH] = long_run_variance(self.garch)
        return state

    def outlook(self, is_open: Masks) -> "Outlook":
        """Return what the calendar says of the bars ahead.

        Args:
            is_open: (m, n_slots) slots that trade, of m sessions.
        """
        left = persistence_of(self.garch)
        each = self.horizons
        usual = np.stack([variance_ahead(self.seasonal, is_open, h) for h in each], axis=2)
        faded = [variance_ahead(self.seasonal, is_open, h, left) for h in each]
        shares = [bars_ahead(is_open, h) / h for h in each]
        return Outlook(
            usual=usual,
            log_usual=np.log(usual),
            faded=np.stack(faded, axis=2),
            shares=np.stack(shares, axis=2),
        )

    def run(self, bars: np.recarray, slots: Integers, state: Floats) -> Floats:
        """Take FEATURE_BAR records (n,) into `state`; return what is known, (n, n_outputs).

        NaN in the first `warm_up` rows since birth.
        """
        n_cold = max(self.warm_up - int(state[BARS]), 0)
        out = np.empty((len(bars), self.n_outputs))
        volatility_rows(state, self.constants, bars, slots, out)
        out[:n_cold] = np.nan
        return out

    def scales(self, out: Floats, usual: Floats) -> Floats:
        """Return the expected volatility of the bars ahead, (n, n_horizons), log returns, > 0.

        Args:
            out: Of `run`.
            usual: (n, n_horizons) each row's part of the outlook.
        """
        return np.asarray(np.sqrt(out[:, 1 + self.choices] * usual))

    def garch_scales(self, out: Floats, usual: Floats, faded: Floats) -> Floats:
        """Return the same by GARCH, its long-run variance and what is left of its shocks."""
        lasting = long_run_variance(self.garch)
        return np.asarray(np.sqrt(lasting * usual + (out[:, :1] - lasting) * faded))
