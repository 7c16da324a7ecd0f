"""The suite `features`: a quick run, and what it refuses to print a figure for."""

import json

import numpy as np
import pytest

from data.feature_frames import walking_frame
from data.feature_set import FeatureSet
from scripts.benchmarks import feature_processes, features
from scripts.benchmarks.processes import measured
from scripts.benchmarks.ta_bars import TaBars
from scripts.benchmarks.ta_common import TA_COMMON, ta_common
from tests.helpers.cli import run_script
from utils.errors import DataError

SMALL = "basic"
"""A recipe that compiles in no time."""


@pytest.mark.slow
def test_bench_features_quick_prints_its_lines(capsys):
    outcome = run_script(capsys, "bench", "--suite", "features", "--quick", "--json")
    assert outcome.exit_code == 0, outcome.err
    lines = {line["name"]: line for line in map(json.loads, outcome.out.splitlines())}
    assert list(lines) == ["common_subset_1m", "full_recipe_1m", "live_update", "live_update_p99"]
    assert all(line["value"] > 0 for line in lines.values())
    common, full = lines["common_subset_1m"], lines["full_recipe_1m"]
    assert common["reference_value"] == full["reference_value"]
    assert common["ratio"] == common["reference_value"] / common["value"]
    assert full["ratio"] < common["ratio"]


def test_bench_features_refuses_a_column_that_is_not_the_one_of_ta():
    frame = walking_frame(400)
    ours = FeatureSet(["rsi"]).compute(frame)[:, 0]
    features._check_agrees("rsi", ours, TaBars(frame))
    ours[300] += 2e-9
    with pytest.raises(DataError, match="`rsi` must be within 1e-09 of `ta`, was 1.99"):
        features._check_agrees("rsi", ours, TaBars(frame))
    ours[300] = np.nan
    with pytest.raises(DataError, match="was nan away"):
        features._check_agrees("rsi", ours, TaBars(frame))


def test_bench_features_refuses_a_live_row_that_is_not_the_one_of_the_batch():
    frame = walking_frame(100)
    small = FeatureSet([SMALL])
    batch = small.compute(frame)
    names = [line.name for line in features._live(small, frame, batch)]
    assert names == ["live_update", "live_update_p99"]
    batch[60, 0] = np.nextafter(batch[60, 0], np.inf)
    with pytest.raises(DataError, match="live stream"):
        list(features._live(small, frame, batch))


def test_columns_of_ta_are_timed_once_each():
    bars = TaBars(walking_frame(200))
    assert bars.seconds == 0.0
    first = bars.column("momentum.RSIIndicator.rsi", window=7)
    after_first = bars.seconds
    assert after_first > 0.0
    assert bars.column("momentum.RSIIndicator.rsi", window=7) is first
    assert bars.seconds == after_first
    assert not bars.column("momentum.RSIIndicator.rsi").equals(first)


def test_columns_of_ta_that_ours_are_beside_are_each_in_the_full_recipe():
    columns = FeatureSet([feature_processes.RECIPE]).columns
    assert len(set(TA_COMMON)) == len(TA_COMMON) > 70
    assert set(TA_COMMON) <= set(columns)
    assert ta_common("roc", TaBars(walking_frame(50))).shape == (50,)


@pytest.mark.slow
def test_memory_line_is_between_one_and_the_promised_three_outputs(monkeypatch):
    frame = walking_frame(100_000)
    values = FeatureSet([feature_processes.RECIPE]).compute(frame)
    assert 1.0 <= feature_processes.memory_line("features", frame, values).value < 3.0
    values[-1, -1] += 1.0
    with pytest.raises(DataError, match="another process"):
        feature_processes.memory_line("features", frame, values)


def test_measured_process_that_fails_is_refused_with_its_last_words():
    with pytest.raises(DataError, match=r"ended with 1, saying last: ValueError: too hot"):
        measured(["-c", "raise ValueError('too hot')"])


def test_measured_process_has_its_own_peak_of_memory():
    """50 MB more in one than in the other, whatever this process holds."""
    small = measured(["-c", "print('done')"])
    large = measured(["-c", "print(len(b'1' * 50_000_000))"])
    assert small.printed == "done\n"
    assert 45e6 < large.peak_bytes - small.peak_bytes < 60e6
    assert large.seconds > 0.0
