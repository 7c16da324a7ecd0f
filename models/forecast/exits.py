"""Where the stop and the target of a trade lie, by the forecasts of the path's extremes.

A stop at a quantile of the *last* price would be touched about twice as often as its level says;
one at that of the worst point is touched as often. A short's worst point is a long's best one.
"""

from config.instruments import Instrument
from config.signal_settings import SignalSettings
from data.forecast_names import HEADS, Head
from models.forecast.atoms import at_level, atoms_of
from models.forecast.family import Floats

MAE = HEADS.index(Head.MAE)
MFE = HEADS.index(Head.MFE)


def exit_ticks(
    quantiles: Floats, side: int, price: float, instrument: Instrument, settings: SignalSettings
) -> tuple[int, int]:
    """Return how far from the entry stop and target are, whole ticks, each >= 1.

    Args:
        quantiles: (n_heads, N_LEVELS), log returns, heads in the order of HEADS.
        side: 1 long, -1 short.
        price: Last close, points.
        instrument: Gives the tick.
        settings: Levels of stop and target.
    """
    mae, mfe = atoms_of(quantiles[[MAE, MFE]])
    if side > 0:
        worst, best = at_level(mae, settings.stop_level), at_level(mfe, settings.target_level)
    else:
        worst = at_level(mfe, 1.0 - settings.stop_level)
        best = at_level(mae, 1.0 - settings.target_level)
    ticks_per_unit = side * price / instrument.tick_size
    return _whole(-float(worst) * ticks_per_unit), _whole(float(best) * ticks_per_unit)


def _whole(ticks: float) -> int:
    return max(round(ticks), 1)
