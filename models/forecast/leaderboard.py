"""Every family beside the references, scored on the same rows that none of them had seen.

Families are scored as they forecast by themselves, so that they differ in nothing but the family.
Coverage is given a second time as the online layer corrects it, which is what is served, and the
gate judges that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendar import calendar_of
from data.forecast_names import HEADS, Head
from models.forecast.coverage import Share, central_shares
from models.forecast.diebold_mariano import diebold_mariano
from models.forecast.family import Floats
from models.forecast.forecast_scores import score_forecasts
from models.forecast.leaderboard_line import COVERED, EWMA, HARX, UNCONDITIONAL, LeaderboardLine
from models.forecast.scoring import Bools, pinball_losses, skill
from models.forecast.ship_gate import ship_gate
from models.forecast.targets import forecast_targets
from models.forecast.walk import Walk
from models.forecast.walk_files import BlockForecasts
from models.forecast.walk_online import ServedWalk

REFERENCES = (UNCONDITIONAL, EWMA, HARX)
"""What every family is held against; they are always forecast too."""

BEYOND_CHANCE = 2.0
"""t from which a family takes the place of HARX-FHS."""


def leaderboard(walk: Walk) -> tuple[LeaderboardLine, ...]:
    """Return a line per horizon and family, by horizon, the best skill against `ewma_fhs` first.

    Args:
        walk: Of which all blocks are forecast, REFERENCES among its families.

    Raises:
        DataError: If a block is missing, or no row can be scored.
    """
    rows = _Rows.of(walk)
    base = {family: walk.forecasts(family) for family in walk.families}
    served = {family: _served(walk, family) for family in walk.families}
    lines: list[LeaderboardLine] = []
    for i in range(len(walk.settings.horizons)):
        at_horizon = _AtHorizon.of(rows, base, i)
        own = [at_horizon.line(name, base[name], served[name][:, i]) for name in walk.families]
        lines += sorted(own, key=lambda line: -line.scores.skill)
    return tuple(lines)


def promoted_family(lines: Sequence[LeaderboardLine]) -> str | None:
    """Return which family should be the default; None where none passes at every horizon.

    Of those that pass it is the one of the greatest mean skill; but `harx_fhs`, the simplest, if it
    passes and the other is not better beyond chance at any horizon.
    """
    by_family: dict[str, list[LeaderboardLine]] = {}
    for line in lines:
        by_family.setdefault(line.family, []).append(line)
    passing = {name: own for name, own in by_family.items() if all(line.passes for line in own)}
    if not passing:
        return None
    best = max(passing, key=lambda family: sum(line.scores.skill for line in passing[family]))
    return HARX if HARX in passing and not any(map(_beats_harx, passing[best])) else best


def _beats_harx(line: LeaderboardLine) -> bool:
    test = line.against_harx
    return test is not None and test.t is not None and test.t > BEYOND_CHANCE


def _served(walk: Walk, family: str) -> Floats:
    """Return what the online layer makes of the return's forecasts, (n, n_horizons, N_LEVELS)."""
    place = walk.heads.index(Head.RETURN)
    served = ServedWalk(walk, family).advance()
    return np.concatenate([block.quantiles[:, :, place] for block in served])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """What is known of the rows that are forecast.

    Attributes:
        horizons: Bars ahead.
        place: Of the return among the heads.
        y: (n, n_horizons) returns.
        days: (n,) trade dates.
        is_rth: (n,) whether in regular hours.
    """

    horizons: tuple[int, ...]
    place: int
    y: Floats
    days: NDArray[np.datetime64]
    is_rth: Bools

    @classmethod
    def of(cls, walk: Walk) -> "_Rows":
        """Return them of a run."""
        settings, rows = walk.settings, walk.rows
        index = pd.DatetimeIndex(walk.bars.index)
        calendar = calendar_of(settings.symbol)
        targets = forecast_targets(walk.bars, settings.symbol, settings.horizons)
        return cls(
            horizons=settings.horizons,
            place=walk.heads.index(Head.RETURN),
            y=targets.y[rows, :, HEADS.index(Head.RETURN)],
            days=calendar.trade_dates(index)[rows],
            is_rth=calendar.is_rth(index)[rows],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _AtHorizon:
    """The rows at one horizon.

    Attributes:
        rows: What is known of them.
        i: Place of the horizon.
        quantiles: Per family (n, N_LEVELS).
        losses: Per family (n,) mean pinball loss over the levels.
        scale: (n,) of the seasonal volatility layer.
    """

    rows: _Rows
    i: int
    quantiles: Mapping[str, Floats]
    losses: Mapping[str, Floats]
    scale: Floats

    @classmethod
    def of(cls, rows: _Rows, base: Mapping[str, Sequence[BlockForecasts]], i: int) -> "_AtHorizon":
        """Return them of what all families forecast of all blocks."""
        quantiles = {
            family: np.concatenate([block.quantiles[:, i, rows.place] for block in blocks])
            for family, blocks in base.items()
        }
        losses = {
            family: pinball_losses(rows.y[:, i], own).mean(axis=1)
            for family, own in quantiles.items()
        }
        scale = np.concatenate([block.scale[:, i] for block in base[EWMA]])
        return cls(rows=rows, i=i, quantiles=quantiles, losses=losses, scale=scale)

    def line(
        self, family: str, blocks: Sequence[BlockForecasts], served: Floats
    ) -> LeaderboardLine:
        """Return one family's line.

        Args:
            family: Key of FAMILIES.
            blocks: What it forecast.
            served: (n, N_LEVELS) what the online layer made of it.
        """
        rows, y = self.rows, self.rows.y[:, self.i]
        horizon, own = rows.horizons[self.i], self.quantiles[family]
        reference = self.quantiles[EWMA]
        scores = score_forecasts(y, own, reference, rows.days, horizon, rows.is_rth, self.scale)
        against = None
        if family != HARX:
            against = diebold_mariano(self.losses[family], self.losses[HARX], rows.days)
        coverage = self._coverage(served)
        return LeaderboardLine(
            family=family,
            horizon=horizon,
            scores=scores,
            skill_unconditional=self._skill(family, UNCONDITIONAL),
            skill_harx=self._skill(family, HARX),
            against_harx=against,
            served=coverage,
            fit_seconds=float(np.median([block.fit_seconds for block in blocks])),
            row_microseconds=float(np.median([block.row_microseconds for block in blocks])),
            verdict=ship_gate(scores, against, coverage),
        )

    def _skill(self, family: str, reference: str) -> float:
        """Return the pinball skill over the rows that both forecast."""
        own, other = self.losses[family], self.losses[reference]
        is_known = np.isfinite(own) & np.isfinite(other)
        return skill(float(own[is_known].mean()), float(other[is_known].mean()))

    def _coverage(self, served: Floats) -> Share:
        """Return how often the served central 90 % held the return."""
        y = self.rows.y[:, self.i]
        is_known = np.isfinite(y) & np.isfinite(served).all(axis=1)
        return central_shares(y[is_known], served[is_known], self.rows.days[is_known])[COVERED]
