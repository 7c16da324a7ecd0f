"""The leaderboard: figures of a small run, and which family takes the default's place."""

from dataclasses import replace

import numpy as np
import pytest

from models.forecast.diebold_mariano import DieboldMariano
from models.forecast.leaderboard import leaderboard, promoted_family
from models.forecast.leaderboard_line import REFERENCE
from models.forecast.ship_gate import GateVerdict
from tests.helpers.forecast_walks import FAMILIES, forecast_bars, run_silently, small_walk
from utils.errors import DataError

PASSED = GateVerdict(promoted=True, reasons=("all",))
FAILED = GateVerdict(promoted=False, reasons=("no significant gain",))


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Return the lines of a small run."""
    walk = small_walk(forecast_bars(), tmp_path_factory.mktemp("walk"))
    run_silently(walk)
    return leaderboard(walk)


def line_of(lines, family, horizon):
    """Return one line."""
    return next(line for line in lines if (line.family, line.horizon) == (family, horizon))


def judged(lines, family, skill, verdict, t_harx=None):
    """Return the two lines of a family as if they had come out otherwise."""
    test = None
    if t_harx is not None:
        test = DieboldMariano(mean_difference=t_harx, t=t_harx, p_value=0.5, n_days=9, n_lags=1)
    return [
        replace(
            line_of(lines, "harx_fhs", horizon),
            family=family,
            scores=replace(line_of(lines, "harx_fhs", horizon).scores, skill=skill),
            verdict=verdict,
            against_harx=test,
        )
        for horizon in (3, 12)
    ]


def test_leaderboard_has_each_family_at_each_horizon_the_best_first(lines):
    assert sorted({(line.horizon, line.family) for line in lines}) == sorted(
        (horizon, family) for horizon in (3, 12) for family in FAMILIES
    )
    for horizon in (3, 12):
        skills = [line.scores.skill for line in lines if line.horizon == horizon]
        assert skills == sorted(skills, reverse=True)


def test_leaderboard_skills_against_each_reference_are_of_the_same_losses(lines):
    for horizon in (3, 12):
        ewma = line_of(lines, "ewma_fhs", horizon)
        harx = line_of(lines, "harx_fhs", horizon)
        plain = line_of(lines, "unconditional", horizon)
        assert (ewma.scores.skill, harx.skill_harx, plain.skill_unconditional) == (0.0, 0.0, 0.0)
        ratio = harx.scores.pinball / plain.scores.pinball
        assert harx.skill_unconditional == pytest.approx(1.0 - ratio)
        assert plain.scores.skill < -0.01
        assert harx.against_harx is None
        assert plain.against_harx.mean_difference < 0.0


def test_leaderboard_line_as_json_says_reference_of_references(lines):
    found = line_of(lines, "ewma_fhs", 12).as_dict()
    assert (found["verdict"], found["passes"], found["t_ewma"]) == (REFERENCE, False, None)
    harx = line_of(lines, "harx_fhs", 12).as_dict()
    assert harx["verdict"].startswith(("passes at this", "does not pass at this"))
    assert 0.8 < harx["coverage_90"] < 1.0
    assert np.isclose(harx["skill_ewma_pct"], 100 * line_of(lines, "harx_fhs", 12).scores.skill)


def test_leaderboard_of_an_unfinished_run_is_refused(tmp_path):
    with pytest.raises(DataError, match="block_0001 of `unconditional` is not forecast yet"):
        leaderboard(small_walk(forecast_bars(), tmp_path))


def test_promoted_family_is_none_where_none_passes_at_every_horizon(lines):
    once = judged(lines, "lightgbm", 0.02, PASSED, 0.1)
    once[1] = replace(once[1], verdict=FAILED)
    assert promoted_family([*judged(lines, "harx_fhs", 0.01, FAILED), *once]) is None


def test_promoted_family_never_is_a_reference(lines):
    assert promoted_family(judged(lines, "ewma_fhs", 0.01, PASSED)) is None


@pytest.mark.parametrize(("t_harx", "expected"), [(1.9, "harx_fhs"), (2.1, "lightgbm")])
def test_promoted_family_takes_the_place_of_harx_only_beyond_chance(lines, t_harx, expected):
    harx = judged(lines, "harx_fhs", 0.01, PASSED)
    other = judged(lines, "lightgbm", 0.02, PASSED, t_harx)
    assert promoted_family([*harx, *other]) == expected


def test_promoted_family_is_the_better_one_where_harx_fails(lines):
    one = judged(lines, "lightgbm", 0.02, PASSED, 0.5)
    other = judged(lines, "garch_fhs", 0.03, PASSED, 0.4)
    assert promoted_family([*one, *other]) == "garch_fhs"
