"""What the inputs of the volatility layer are called, in every horizon alike."""

SCALE_COLUMN = "scale"
"""Expected volatility of the bars ahead, in log returns."""

GARCH_COLUMN = "garch_scale"
"""The same by GARCH, where it is asked for."""

LEVEL_COLUMN = "har_level"
"""Logarithm of the average variance that the scale is made of, in what is usual."""

HAR_PREFIX = "har_"
"""`har_12`: logarithm of the average of half-life 12 bars relative to that of LEVEL_COLUMN."""

SIGN_PREFIX = "leverage_"
"""`leverage_12`: average of standardised returns of half-life 12 bars."""

SEASON_NOW = "season_now"
"""Logarithm of the usual variance of the bar's slot."""

SEASON_AHEAD = "season_ahead"
"""Logarithm of the usual variance ahead, relative to that of the slot."""

BARS_LEFT = "bars_left"
"""Share of the horizon that the session still has, in [0, 1]."""
