"""How the numbers of the volatility layer become columns: the same arithmetic for all rows and one.

Nothing is fitted here.
"""

from collections.abc import Sequence

import numpy as np

from data.preprocessor import Scaler
from models.forecast.family import Floats, Integers
from models.forecast.input_names import (
    BARS_LEFT,
    GARCH_COLUMN,
    HAR_PREFIX,
    LEVEL_COLUMN,
    SCALE_COLUMN,
    SEASON_AHEAD,
    SEASON_NOW,
    SIGN_PREFIX,
)
from models.forecast.scale import Outlook, VolatilityLayer, sign_half_lives


def scale_columns(layer: VolatilityLayer) -> tuple[str, ...]:
    """Return the columns that are volatilities, in log returns, and are not standardised."""
    return (SCALE_COLUMN, GARCH_COLUMN) if layer.has_garch else (SCALE_COLUMN,)


def layer_columns(layer: VolatilityLayer, place: int) -> tuple[str, ...]:
    """Return the other columns that the layer gives at a horizon, in order.

    Args:
        layer: The volatility layer.
        place: Of the horizon among its horizons.
    """
    lives = [life for i, life in enumerate(layer.half_lives) if i != layer.choices[place]]
    signs = sign_half_lives(layer.clock.session_bars)
    return (
        LEVEL_COLUMN,
        *(f"{HAR_PREFIX}{life}" for life in lives),
        *(f"{SIGN_PREFIX}{life}" for life in signs),
        SEASON_NOW,
        SEASON_AHEAD,
        BARS_LEFT,
    )


def standardised_columns(
    layer: VolatilityLayer, features: Sequence[str], place: int
) -> tuple[str, ...]:
    """Return all columns of a horizon but the scales: those of the layer, then of the features."""
    return (*layer_columns(layer, place), *features)


def layer_rows(
    layer: VolatilityLayer, out: Floats, outlook: Outlook, patterns: Integers, slots: Integers
) -> list[tuple[Floats, Floats]]:
    """Return, for each horizon, the scales (n, 1 or 2) and the other columns (n, m).

    Args:
        layer: The volatility layer.
        out: (n, n_outputs) of its run.
        outlook: Of the patterns of hours there are.
        patterns: (n,) each row's pattern.
        slots: (n,) each row's slot.
    """
    usual, shares = outlook.usual[patterns, slots], outlook.shares[patterns, slots]
    scales = [layer.scales(out, usual)]
    if layer.has_garch:
        scales.append(layer.garch_scales(out, usual, outlook.faded[patterns, slots]))
    now = layer.log_seasonal[slots]
    ahead = outlook.log_usual[patterns, slots]
    rows = []
    for place in range(len(layer.horizons)):
        own = np.stack([scale[:, place] for scale in scales], axis=1)
        calendar = np.stack([now, ahead[:, place] - now, shares[:, place]], axis=1)
        rows.append((own, np.hstack([_logs(layer, out, place), calendar])))
    return rows


def _logs(layer: VolatilityLayer, out: Floats, place: int) -> Floats:
    """Return the logarithms of the averages relative to the scale's, and the signs."""
    n_averages = len(layer.half_lives)
    choice = int(layer.choices[place])
    logs = out[:, 1 + n_averages : 1 + 2 * n_averages]
    level = logs[:, [choice]]
    others = np.delete(logs, choice, axis=1) - level
    return np.hstack([level, others, out[:, 1 + 2 * n_averages :]])


def joined(scales: Floats, values: Floats, scaler: Scaler) -> Floats:
    """Return scales (n, 1 or 2) beside scaled values (n, m); rows that lack one are NaN."""
    rows = np.concatenate([scales, scaler.transform(values)], axis=1)
    rows[~np.isfinite(rows).all(axis=1)] = np.nan
    return np.asarray(rows)
