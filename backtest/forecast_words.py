"""The sentences of a forecaster's page: warnings, summary, key figures, what is not shown."""

import numpy as np
from numpy.typing import NDArray

from backtest.page_words import Tile
from backtest.tables import UNDEFINED, number
from models.forecast.forecast_scores import ForecastScores
from models.forecast.ship_gate import LEAST_T, NO_GAIN

BASIS_POINTS = 1e4

CAVEATS = (
    "A distribution that is honest need not be of use: nearly all skill is in how wide it is, "
    "and a known width makes no profit by itself. Nothing here is investment advice.",
    "Skill of more than some 2 % at one hour against a seasonal reference is a leak until it is "
    "disproved.",
    "Coverage that is right on average can be wrong whenever it matters: look at wild sessions, "
    "and at coverage over time.",
    "Whoever compares many forecasters on one span finds one that was lucky on it.",
)


def forecast_warnings(is_synthetic: bool, is_fallback: NDArray[np.bool_] | None) -> list[str]:
    """Return what a reader must know before the first number.

    Args:
        is_synthetic: Whether the bars were made up.
        is_fallback: (n,) where the fallback's forecast stands; None for nowhere.
    """
    found = []
    if is_synthetic:
        found.append(
            "SYNTHETIC MARKET: these bars are made up. The result says nothing about real markets."
        )
    if is_fallback is not None and is_fallback.any():
        found.append(
            f"FALLBACK: in {is_fallback.mean():.1%} of the rows coverage had failed, and the "
            "fallback's forecast stands instead of the forecaster's own."
        )
    return found


def summary_of(name: str, horizon: int, reference_name: str, found: ForecastScores) -> str:
    """Say in a sentence what the forecasts were worth, and whether that is more than chance."""
    test, covered = found.against_reference, found.centrals["central_90"].observed
    loss = (
        f"{name}, {horizon} bars ahead: pinball loss {abs(found.skill):.2%} "
        f"{'below' if found.skill >= 0 else 'above'} that of {reference_name}"
    )
    if test.t is None:
        sure = f"untested: {test.reason}"
    elif abs(test.t) > LEAST_T:
        sure = f"t {test.t:+.2f} by day"
    else:
        sure = f"{NO_GAIN if test.t >= 0 else 'no significant loss'}, t {test.t:+.2f} by day"
    return f"{loss} ({sure}); 90 % intervals held {covered:.1%} of the labels."


def forecast_tiles(found: ForecastScores) -> list[Tile]:
    """Return the key figures."""
    test, covered = found.against_reference, found.centrals["central_90"]
    mood = "gain" if found.skill > 0 else "loss" if found.skill < 0 else ""
    p_value = found.pit.p_value
    return [
        Tile("Skill", number(found.skill, "{:+.2%}"), mood),
        Tile("t by day", UNDEFINED if test.t is None else f"{test.t:+.2f}", ""),
        Tile("Inside 90 %", f"{covered.observed:.1%}", "loss" if covered.is_rejected else ""),
        Tile("CRPS, basis points", f"{BASIS_POINTS * found.crps:.2f}", ""),
        Tile("PIT uniform, p", UNDEFINED if p_value is None else f"{p_value:.3f}", ""),
        Tile("Sessions", f"{found.n_days:,}", ""),
    ]
