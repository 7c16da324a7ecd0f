"""The tables of a forecaster's page: scores by horizon, tests of hits, and coverage by part."""

import math
from collections.abc import Mapping
from itertools import chain

from backtest.tables import UNDEFINED, Row, Table, number
from data.forecast_names import LEVELS
from models.forecast.coverage import Share
from models.forecast.dependence import HitTests
from models.forecast.forecast_scores import ForecastScores, SharesByPart
from models.forecast.scoring import CENTRALS

BASIS_POINTS = 1e4


def score_table(scores: Mapping[int, ForecastScores], reference_name: str) -> Table:
    """Return a row per horizon.

    Args:
        scores: By bars ahead.
        reference_name: What skill and t are against.
    """
    return Table(
        heading="Scores by horizon",
        columns=(
            "Bars ahead", "Rows", "Skill", "t", "p", "Pinball", "CRPS", "WIS",
            "Inside 50 %", "Inside 90 %", "Inside 98 %",
        ),
        rows=tuple(Row(str(horizon), _scores(scores[horizon])) for horizon in sorted(scores)),
        note=f"Skill: 1 - pinball loss / that of {reference_name}, > 0 where better; t and p: "
        "Diebold and Mariano's test by day, t > 0 where better. Losses are in basis points.",
    )  # fmt: skip


def _scores(found: ForecastScores) -> tuple[str, ...]:
    test = found.against_reference
    losses = (found.pinball, found.crps, found.wis)
    shares = (found.centrals[name].observed for name in ("central_50", "central_90", "central_98"))
    return (
        f"{found.n_rows:,}",
        number(found.skill, "{:+.2%}"),
        _known(test.t, "{:+.2f}"),
        _known(test.p_value, "{:.3f}"),
        *(number(BASIS_POINTS * loss, "{:.3f}") for loss in losses),
        *(number(share, "{:.1%}") for share in shares),
    )


def hit_table(found: ForecastScores) -> Table:
    """Return a row per level, and per central interval, with what the tests of hits say."""
    below = (
        _test_row(f"at or below {100 * level:g} %", share, tests)
        for level, share, tests in zip(LEVELS, found.levels, found.level_tests, strict=True)
    )
    inside = (
        _test_row(
            f"inside {100 * central.share:g} %", found.centrals[name], found.central_tests[name]
        )
        for name, central in CENTRALS.items()
    )
    return Table(
        heading="Tests of calibration",
        columns=(
            "Labels",
            "Observed",
            "95 % interval",
            "Kupiec",
            "Christoffersen",
            "Dynamic quantile",
        ),
        rows=tuple(chain(below, inside)),
        note=f"Observed shares are of all {found.n_rows:,} rows, their intervals of sessions that "
        f"hang together; tests are p-values, of the {found.n_thinned:,} rows that do not overlap. "
        "A dash: fewer than five hits were to be expected.",
    )


def part_tables(found: ForecastScores) -> tuple[Table, ...]:
    """Return coverage by part of the session, by volatility and by month."""
    kinds = (
        ("Coverage by part of the session", "Part", found.by_session_part, ""),
        (
            "Coverage by volatility",
            "Expected",
            found.by_volatility,
            "A row's expected volatility among the terciles of all sessions before its own.",
        ),
        ("Coverage by month", "Month", found.by_month, ""),
    )
    return tuple(
        _part_table(heading, column, shares, note)
        for heading, column, shares, note in kinds
        if shares
    )


def _part_table(heading: str, column: str, shares: SharesByPart, note: str) -> Table:
    parts = list(next(iter(shares.values())))
    names = [name for name in reversed(CENTRALS) if name in shares]
    return Table(
        heading=heading,
        columns=(column, "Rows", *(f"Inside {100 * CENTRALS[name].share:g} %" for name in names)),
        rows=tuple(
            Row(
                part,
                (
                    f"{shares[names[0]][part].n_rows:,}",
                    *(_with_interval(shares[name][part]) for name in names),
                ),
            )
            for part in parts
        ),
        note=note,
    )


def _test_row(heading: str, share: Share, tests: HitTests) -> Row:
    p_values = (tests.kupiec, tests.christoffersen, tests.dynamic_quantile)
    return Row(
        heading,
        (
            number(share.observed, "{:.2%}"),
            _interval(share),
            *(_known(p_value, "{:.3f}") for p_value in p_values),
        ),
    )


def _interval(share: Share) -> str:
    if math.isnan(share.low):
        return UNDEFINED
    return f"{share.low:.1%} to {share.high:.1%}"


def _with_interval(share: Share) -> str:
    interval = "" if math.isnan(share.low) else f" ({_interval(share)})"
    return f"{number(share.observed, '{:.1%}')}{interval}"


def _known(value: float | None, style: str) -> str:
    return UNDEFINED if value is None else number(value, style)
