"""All that is known of how good one forecaster is at one horizon: its scores, tests and coverage.

What each figure is, is left to `scoring.py`, `coverage.py`, `calibration.py`, `dependence.py` and
`diebold_mariano.py`; whether it is good enough to `ship_gate.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.forecast_names import LEVELS
from models.forecast.calibration import PitHistogram, pit_histogram, pit_moments, pit_values
from models.forecast.coverage import (
    Share,
    central_shares,
    is_inside,
    level_shares,
    months,
    session_parts,
    shares_by_part,
    volatility_parts,
)
from models.forecast.dependence import HitTests, hit_tests, thinned_rows
from models.forecast.diebold_mariano import DieboldMariano, diebold_mariano
from models.forecast.family import Floats, Integers
from models.forecast.long_run import Days
from models.forecast.scoring import (
    CENTRALS,
    Bools,
    crps_scores,
    pinball_losses,
    scored_rows,
    skill,
    weighted_interval_scores,
)
from utils.errors import DataError
from utils.files import canonical_json

PARTED = ("central_98", "central_90", "central_50")
"""Intervals whose coverage is told by session part, volatility and month too."""

SharesByPart = Mapping[str, Mapping[str, Share]]
"""Coverage by interval, then by the name of the part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastScores:
    """What one forecaster's quantiles of one head at one horizon were worth; losses in log returns.

    Attributes:
        n_rows: Rows scored: those that have a label, a forecast and one of the reference.
        n_left_out: Rows that were not.
        n_days: Days that have a scored row.
        n_thinned: Scored rows that do not overlap, which tests of hits and the PIT are of.
        pinball: Mean pinball loss over rows and LEVELS.
        pinball_by_level: (N_LEVELS,) mean pinball loss over rows.
        skill: 1 - pinball / that of the reference; > 0 where better.
        skill_by_level: (N_LEVELS,) the same at each level; NaN where the reference has no loss.
        crps: Mean continuous ranked probability score, as nine quantiles tell it.
        crps_skill: 1 - CRPS / that of the reference.
        wis: Mean weighted interval score; the parts below add up to it.
        wis_dispersion: What the intervals' width costs.
        wis_too_high: What labels below the intervals, and the median, cost.
        wis_too_low: What labels above them cost.
        against_reference: Day-level test of the pinball loss; t > 0 where the model is better.
        levels: How often labels were at or below each of LEVELS.
        centrals: How often they were inside each of CENTRALS.
        by_session_part: The same in regular hours and outside.
        by_volatility: The same by how wild the row was expected to be.
        by_month: The same by month; empty where days are numbers.
        level_tests: Tests of labels below each of LEVELS.
        central_tests: Tests of labels outside each of CENTRALS.
        pit: Where labels fell between the levels.
        pit_mean: 1 / 2 where calibrated; less of forecasts that lie too high.
        pit_deviation: .2887 where calibrated; more of forecasts that are too narrow.
    """

    n_rows: int
    n_left_out: int
    n_days: int
    n_thinned: int
    pinball: float
    pinball_by_level: tuple[float, ...]
    skill: float
    skill_by_level: tuple[float, ...]
    crps: float
    crps_skill: float
    wis: float
    wis_dispersion: float
    wis_too_high: float
    wis_too_low: float
    against_reference: DieboldMariano
    levels: tuple[Share, ...]
    centrals: Mapping[str, Share]
    by_session_part: SharesByPart
    by_volatility: SharesByPart
    by_month: SharesByPart
    level_tests: tuple[HitTests, ...]
    central_tests: Mapping[str, HitTests]
    pit: PitHistogram
    pit_mean: float
    pit_deviation: float

    def as_dict(self) -> dict[str, Any]:
        """Return all figures as JSON values; NaN is None."""
        found: dict[str, Any] = json.loads(canonical_json(asdict(self)))
        return found


def score_forecasts(  # noqa: PLR0913, PLR0917 - the interface that leaderboard and reports share
    y: Floats,
    quantiles: Floats,
    reference: Floats,
    days: Days,
    thin: int,
    is_rth: Bools,
    scale: Floats,
) -> ForecastScores:
    """Score one forecaster beside a reference, on the rows that both forecast.

    Every array has a row per bar of one span, none left out: that of row t is known at its close,
    but for the label, which is so `thin` bars later.

    Args:
        y: (n,) labels, log returns; NaN where a label would cross a session's end.
        quantiles: (n, N_LEVELS) forecasts, never falling along a row; NaN rows where there is none.
        reference: (n, N_LEVELS) of the reference.
        days: (n,) trade date, or number of the session, of each row; never falling.
        thin: The horizon, bars: every such row is taken where rows must not overlap.
        is_rth: (n,) whether each row is in regular hours.
        scale: (n,) volatility that was expected of the horizon.

    Raises:
        DataError: If the shapes do not fit, or no row can be scored.
    """
    _check_rows(len(y), days, is_rth, scale)
    is_scored = scored_rows(y, quantiles, reference) & np.isfinite(scale)
    rows, apart = np.flatnonzero(is_scored), thinned_rows(is_scored, thin)
    if len(apart) == 0:
        raise DataError(
            f"of {len(y):,} rows {len(rows):,} have a label, a forecast and a reference, and none "
            f"of those is {thin} rows from the first, or a multiple of it; give a longer span"
        )
    return ForecastScores(
        n_rows=len(rows),
        n_left_out=len(y) - len(rows),
        n_days=len(np.unique(days[rows])),
        n_thinned=len(apart),
        **_losses(y[rows], quantiles[rows], reference[rows], days[rows]),
        **_shares(y[rows], quantiles[rows], days[rows], is_rth[rows], scale[rows]),
        **_tests(y[apart], quantiles[apart]),
    )


def _check_rows(n_rows: int, days: Days, is_rth: Bools, scale: Floats) -> None:
    if not (n_rows,) == days.shape == is_rth.shape == scale.shape:
        raise DataError(
            f"labels, days, regular hours and scale must have one value per row, were {n_rows}, "
            f"{days.shape}, {is_rth.shape} and {scale.shape}"
        )


def _losses(y: Floats, quantiles: Floats, reference: Floats, days: Days) -> dict[str, Any]:
    """Return the fields that are losses, or made of them."""
    losses, rivals = pinball_losses(y, quantiles), pinball_losses(y, reference)
    by_level, rivals_by_level = losses.mean(axis=0).tolist(), rivals.mean(axis=0).tolist()
    crps = float(crps_scores(y, quantiles).mean())
    wis = weighted_interval_scores(y, quantiles)
    return {
        "pinball": float(losses.mean()),
        "pinball_by_level": tuple(by_level),
        "skill": skill(float(losses.mean()), float(rivals.mean())),
        "skill_by_level": tuple(map(skill, by_level, rivals_by_level)),
        "crps": crps,
        "crps_skill": skill(crps, float(crps_scores(y, reference).mean())),
        "wis": float(wis.total.mean()),
        "wis_dispersion": float(wis.dispersion.mean()),
        "wis_too_high": float(wis.too_high.mean()),
        "wis_too_low": float(wis.too_low.mean()),
        "against_reference": diebold_mariano(losses.mean(axis=1), rivals.mean(axis=1), days),
    }


def _shares(
    y: Floats, quantiles: Floats, days: Days, is_rth: Bools, scale: Floats
) -> dict[str, Any]:
    """Return the fields that say how often something happened."""
    kinds: dict[str, tuple[Integers, tuple[str, ...]]] = {
        "by_session_part": session_parts(is_rth),
        "by_volatility": volatility_parts(scale, days),
    }
    if days.dtype.kind == "M":
        kinds["by_month"] = months(days)
    inside = {name: is_inside(y, quantiles, name) for name in PARTED}
    by_part = {
        kind: {
            name: shares_by_part(inside[name], CENTRALS[name].share, days, codes, names)
            for name in PARTED
        }
        for kind, (codes, names) in kinds.items()
    }
    return {
        "levels": level_shares(y, quantiles, days),
        "centrals": central_shares(y, quantiles, days),
        "by_month": {},
        **by_part,
    }


def _tests(y: Floats, quantiles: Floats) -> dict[str, Any]:
    """Return the fields of rows that do not overlap."""
    mean, deviation = pit_moments(pit_values(y, quantiles))
    return {
        "level_tests": tuple(
            hit_tests(y < quantiles[:, place], level, quantiles[:, place])
            for place, level in enumerate(LEVELS)
        ),
        "central_tests": {
            name: hit_tests(
                ~is_inside(y, quantiles, name),
                round(1.0 - central.share, 9),
                quantiles[:, central.high] - quantiles[:, central.low],
            )
            for name, central in CENTRALS.items()
        },
        "pit": pit_histogram(y, quantiles),
        "pit_mean": mean,
        "pit_deviation": deviation,
    }
