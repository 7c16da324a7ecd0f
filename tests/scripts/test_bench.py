"""scripts/bench.py: lines for machines and people, and one line for each mistake."""

import json

import pytest

from scripts.benchmarks.line import BenchLine
from tests.helpers.cli import assert_one_clear_line, run_script


def test_bench_data_quick_prints_one_json_object_per_line(capsys):
    outcome = run_script(capsys, "bench", "--suite", "data", "--quick", "--json")
    assert outcome.exit_code == 0, outcome.err
    lines = [json.loads(text) for text in outcome.out.splitlines()]
    keys = {"suite", "name", "value", "unit", "reference", "reference_value", "ratio"}
    assert all(set(line) == keys for line in lines)
    assert "synth_1m_bars" in {line["name"] for line in lines}
    assert all(line["value"] > 0 for line in lines)


@pytest.mark.parametrize(
    ("unit", "value", "reference_value", "ratio"),
    [("s", 2.0, 3.0, 1.5), ("us", 8.0, 2.0, 0.25), ("steps/s", 3.0, 1.5, 2.0), ("", 0.0, 4.0, 0.0)],
)
def test_bench_line_ratio_is_how_many_times_better(unit, value, reference_value, ratio):
    line = BenchLine(
        suite="s",
        name="n",
        value=value,
        unit=unit,
        reference="peer",
        reference_value=reference_value,
    )
    assert line.ratio == ratio
    assert line.as_dict()["ratio"] == ratio


def test_bench_line_of_absent_peer_has_its_name_and_no_ratio():
    line = BenchLine(suite="s", name="n", value=3.0, unit="s", reference="peer")
    assert line.as_dict()["reference"] == "peer"
    assert line.ratio is None


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--suite", "dat"], ["unknown suite `dat`", "`data`?", "features"]),
        (["--suite", "startup", "--quick"], ["--quick"]),
        ([], ["--suite"]),
    ],
    ids=" ".join,
)
def test_bench_mistake_gets_one_clear_line(capsys, words, parts):
    assert_one_clear_line(run_script(capsys, "bench", *words), *parts)
