"""One line of the leaderboard: a family at one horizon, with all that is said of it.

How it is made is left to models/forecast/leaderboard.py.
"""

from dataclasses import dataclass
from typing import Any

from models.forecast.coverage import Share
from models.forecast.diebold_mariano import DieboldMariano
from models.forecast.forecast_scores import ForecastScores
from models.forecast.ship_gate import GateVerdict

UNCONDITIONAL, EWMA, HARX = "unconditional", "ewma_fhs", "harx_fhs"
REFERENCE = "reference"
COVERED = "central_90"
PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderboardLine:
    """One family at one horizon; skills are shares, > 0 where it is better.

    Attributes:
        family: Key of FAMILIES.
        horizon: Bars ahead.
        scores: Against `ewma_fhs`.
        skill_unconditional: Pinball skill against `unconditional`.
        skill_harx: Against `harx_fhs`.
        against_harx: Day-level test of the loss; None for `harx_fhs` itself.
        served: Coverage of the central 90 % once the online layer has been over it.
        fit_seconds: Of one training, median over blocks.
        row_microseconds: Of one row's forecast, median over blocks.
        verdict: Of the gate.
    """

    family: str
    horizon: int
    scores: ForecastScores
    skill_unconditional: float
    skill_harx: float
    against_harx: DieboldMariano | None
    served: Share
    fit_seconds: float
    row_microseconds: float
    verdict: GateVerdict

    def as_dict(self) -> dict[str, Any]:
        """Return the main figures, flat, in types that JSON has; skills in per cent."""
        scores, hits = self.scores, self.scores.central_tests[COVERED]
        return {
            "family": self.family,
            "horizon": self.horizon,
            "n_rows": scores.n_rows,
            "n_days": scores.n_days,
            "skill_unconditional_pct": PERCENT * self.skill_unconditional,
            "skill_ewma_pct": PERCENT * scores.skill,
            "skill_harx_pct": PERCENT * self.skill_harx,
            "pinball": scores.pinball,
            "crps": scores.crps,
            "wis": scores.wis,
            "coverage_90": scores.centrals[COVERED].observed,
            "coverage_90_served": self.served.observed,
            "kupiec_p": hits.kupiec,
            "christoffersen_p": hits.christoffersen,
            "dynamic_quantile_p": hits.dynamic_quantile,
            "t_ewma": scores.against_reference.t,
            "t_harx": None if self.against_harx is None else self.against_harx.t,
            "fit_seconds": self.fit_seconds,
            "row_microseconds": self.row_microseconds,
            "passes": self.passes,
            "verdict": self.words,
        }

    @property
    def passes(self) -> bool:
        """Whether the gate lets it pass; the references are not judged."""
        return self.verdict.promoted and self.family not in {UNCONDITIONAL, EWMA}

    @property
    def words(self) -> str:
        """The verdict in one line; the references are not judged."""
        return REFERENCE if self.family in {UNCONDITIONAL, EWMA} else self.verdict.sentence
