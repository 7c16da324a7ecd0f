"""The suite `forecast`: its lines, and what it refuses."""

import json

import numpy as np
import pytest

from models.forecast.forecast_stream import ForecastStream
from scripts.benchmarks import forecast as suite
from tests.helpers.cli import assert_one_clear_line, run_script
from utils.errors import SimulationError


def test_bench_forecast_quick_prints_its_lines(capsys):
    outcome = run_script(capsys, "bench", "--suite", "forecast", "--quick", "--json")
    assert outcome.exit_code == 0, outcome.err
    lines = {line["name"]: line for line in map(json.loads, outcome.out.splitlines())}
    assert {name: line["unit"] for name, line in lines.items()} == {
        "live_predict": "ms",
        "live_predict_p99": "ms",
        "fit_default": "s",
        "leaderboard_90k": "min",
    }
    assert all(line["value"] > 0.0 for line in lines.values())


def test_bench_forecast_refuses_a_figure_where_live_is_not_batch(monkeypatch):
    true_update = ForecastStream.update

    def off_by_a_bit(self, bar, stamp):
        return np.nextafter(true_update(self, bar, stamp), 1.0)

    monkeypatch.setattr(ForecastStream, "update", off_by_a_bit)
    with pytest.raises(SimulationError, match="the live forecast at .* was not that of all bars"):
        next(suite.forecast_suite(quick=True))


def test_bench_forecast_bars_are_for_suites_that_read_some(capsys):
    outcome = run_script(capsys, "bench", "--suite", "env", "--bars", "bars.parquet")
    assert_one_clear_line(outcome, "`--suite forecast` and ", "`--suite learning`, was env")
