"""Rules without memory: expectations by hand and by simulation, and the promise of the edges."""

import math

import numpy as np
import pytest

from backtest.optimum import optimum_of
from backtest.simple_rules import (
    View,
    best_rule_value,
    contracts_per_bar,
    rule_value,
    views_of,
)
from config.settings import EnvSettings
from data.planted_edge import EDGES, latent_drift
from utils.seeding import generator

ACCOUNT = EnvSettings()
CONSTANT_RULES_SHARE = 0.4
"""Of the optimum: what no rule without memory of the raw signals may earn."""


@pytest.fixture(scope="module", params=EDGES)
def optimum(request):
    return optimum_of(EDGES[request.param], ACCOUNT)


def test_contracts_per_bar_at_zero_is_the_chance_of_a_reversal_times_two():
    assert contracts_per_bar(0.0, 0.0) == pytest.approx(1.0, abs=1e-5)  # every other bar, two
    assert contracts_per_bar(0.5, 0.0) == pytest.approx(2 / 3, abs=1e-5)  # 2 acos(1/2) / pi


def test_contracts_per_bar_beyond_every_value_is_none():
    assert contracts_per_bar(0.3, 8.0) == pytest.approx(0.0, abs=1e-9)


def test_contracts_per_bar_agrees_with_a_simulation():
    rng = np.random.default_rng(0)
    first = rng.standard_normal(1_000_000)
    second = 0.6 * first + 0.8 * rng.standard_normal(1_000_000)
    sides = [np.where(z > 0.7, 1, np.where(z < -0.7, -1, 0)) for z in (first, second)]
    assert contracts_per_bar(0.6, 0.7) == pytest.approx(
        np.abs(sides[1] - sides[0]).mean(), rel=0.01
    )


def test_rule_value_by_hand():
    # slope 2 ticks: 2 x 0.5 USD x sqrt(2 / pi) = .797885; 2/3 contract a bar at 1.12 = .746667
    best = optimum_of(EDGES["medium"], ACCOUNT)
    rule = rule_value(View(name="by hand", slope_ticks=2.0, autocorrelation=0.5), 0.0, best)
    assert rule.gross_usd == pytest.approx(0.797885, abs=1e-5)
    assert rule.cost_usd == pytest.approx(0.746667, abs=1e-5)
    assert rule.net_usd == pytest.approx(0.051218, abs=1e-5)


def test_rule_value_grows_with_the_largest_position():
    view = views_of(EDGES["strong"])[2]
    one, three = (
        rule_value(view, 0.5, optimum_of(EDGES["strong"], EnvSettings(max_position=size)))
        for size in (1, 3)
    )
    assert three.net_usd == pytest.approx(3.0 * one.net_usd)


def test_views_by_hand():
    one, mean, filtered = views_of(EDGES["medium"])
    assert one.slope_ticks == pytest.approx(2.0 / math.sqrt(17.0))  # noise 4
    assert mean.slope_ticks == pytest.approx(2.0 / math.sqrt(5.0))  # noise 4 / sqrt(4) = 2
    assert one.autocorrelation == pytest.approx(0.917004 / 17.0, abs=1e-6)
    assert mean.autocorrelation == pytest.approx(0.917004 / 5.0, abs=1e-6)
    assert filtered.autocorrelation == pytest.approx(0.917004, abs=1e-6)
    assert filtered.slope_ticks > mean.slope_ticks


def test_views_agree_with_the_signals():
    edge = EDGES["strong"]
    drift, signals = latent_drift(400_000, edge, generator(8))
    for view, z in zip(views_of(edge), (signals[:, 0], signals.mean(axis=1)), strict=False):
        unit = z / z.std()
        assert np.mean(unit[:-1] * drift[1:]) == pytest.approx(view.slope_ticks, rel=0.02)
        assert np.mean(unit[:-1] * unit[1:]) == pytest.approx(view.autocorrelation, abs=0.01)


def test_best_rule_value_is_the_best_of_its_thresholds(optimum):
    for view in views_of(optimum.edge):
        best = best_rule_value(view, optimum)
        for threshold in (0.0, 0.5, 1.0, 2.0, 3.0):
            assert best.net_usd >= rule_value(view, threshold, optimum).net_usd


def test_edges_every_sign_change_of_the_raw_signals_loses_more_than_it_earns(optimum):
    for view in views_of(optimum.edge)[:2]:
        assert rule_value(view, 0.0, optimum).net_usd < 0.0


def test_edges_best_threshold_of_the_raw_signals_stays_far_below_the_optimum(optimum):
    for view in views_of(optimum.edge)[:2]:
        best = best_rule_value(view, optimum)
        assert best.net_usd < CONSTANT_RULES_SHARE * optimum.value_per_bar_usd


@pytest.mark.parametrize("strength", ["weak", "medium"])
def test_edges_every_sign_change_of_the_filtered_mean_pays_most_of_its_gain_in_costs(strength):
    best = optimum_of(EDGES[strength], ACCOUNT)
    sign = rule_value(views_of(EDGES[strength])[2], 0.0, best)
    assert sign.cost_usd > 0.5 * sign.gross_usd


def test_optimum_is_above_every_rule_without_memory(optimum):
    for view in views_of(optimum.edge):
        assert best_rule_value(view, optimum).net_usd < 0.9 * optimum.value_per_bar_usd
