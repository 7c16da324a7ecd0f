"""A result's derived values."""

import dataclasses
import math

import pytest

from tests.helpers.results import hand_made_result, idle_result


def test_result_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        hand_made_result().name = "other"


def test_result_metrics_come_from_its_fills_and_trades():
    metrics = hand_made_result().metrics
    assert metrics["n_trades"] == 1
    assert metrics["total_fees_usd"] == pytest.approx(1.24)
    assert metrics["net_profit_usd"] == pytest.approx(8.52)
    assert metrics["exposure"] == pytest.approx(0.4)
    assert metrics["cost_share"] == pytest.approx(1.24 / 9.76)
    # 40,005.38 points traded x 2 USD, over the mean equity 10,005.84333.., in one session
    assert metrics["turnover"] == pytest.approx(80_010.76 / 10_005.8433333 * 252)


def test_result_metrics_are_computed_once():
    result = hand_made_result()
    assert result.metrics is result.metrics


def test_result_without_trades_has_metrics_too():
    metrics = idle_result().metrics
    assert metrics["n_trades"] == 0
    assert math.isnan(metrics["win_rate"])


def test_result_span_is_first_decision_bar_and_last_bar():
    first, last = hand_made_result().span
    assert first.isoformat() == "2025-01-02T15:00:00+00:00"
    assert last.isoformat() == "2025-01-02T15:25:00+00:00"
