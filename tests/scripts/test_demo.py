"""scripts/demo.py, in small: the whole line, twice, with the same bytes at its end."""

import json
import re

import pytest

from tests.helpers.cli import assert_one_clear_line, run_script
from utils import paths


@pytest.fixture
def own_folders(monkeypatch, tmp_path):
    """Let bars, models and reports go to folders of the test's own."""
    from scripts import demo, workflow

    assert demo  # the modules that read these names must be loaded before they are changed
    monkeypatch.setattr(workflow, "BARS_DIR", tmp_path / "bars")
    monkeypatch.setattr(workflow, "MODELS_DIR", tmp_path / "models")
    monkeypatch.setattr(paths, "REPORTS_DIR", tmp_path / "reports")
    return tmp_path


def test_demo_twice_with_one_seed_gives_identical_metrics_and_a_report(capsys, own_folders):
    seen = []
    for _ in range(2):
        outcome = run_script(capsys, "demo", "--profile", "smoke", "--seed", 7)
        assert outcome.exit_code == 0, outcome.err
        seen.append((own_folders / "reports" / "demo" / "metrics.json").read_bytes())
    assert seen[0] == seen[1]
    assert set(json.loads(seen[0])["results"]) == {
        "EPG-lstm", "PPO-lstm", "flat", "random", "buy_and_hold", "ma_cross",
    }  # fmt: skip
    report = (own_folders / "reports" / "demo" / "report.html").read_text(encoding="utf-8")
    assert "SYNTHETIC MARKET" in report
    assert len(list((own_folders / "models").iterdir())) == 4
    assert re.search(r"of the optimum that is known", outcome.out)
    for name in ("EPG-lstm", "PPO-lstm"):
        assert re.search(rf"{name} +│ +-?[\d,]+% │ +-?[\d,]+%", outcome.out), outcome.out
    assert re.search(r"report: .*report\.html", outcome.out)
    assert len(re.findall(r"^  \S*python\S* scripts/", outcome.out, re.MULTILINE)) == 3


def test_demo_with_another_seed_gives_other_metrics(capsys, own_folders):
    seen = set()
    for seed in (1, 2):
        run_script(capsys, "demo", "--profile", "smoke", "--seed", seed)
        seen.add((own_folders / "reports" / "demo" / "metrics.json").read_bytes())
    assert len(seen) == 2


def test_demo_with_a_bad_seed_gets_one_clear_line(capsys, own_folders):
    outcome = run_script(capsys, "demo", "--profile", "smoke", "--seed", -1)
    assert_one_clear_line(outcome, "seed", "-1")
    assert list(own_folders.iterdir()) == []


def test_demo_does_not_write_over_bars_that_are_not_its_own(capsys, own_folders, bars_file):
    mine = own_folders / "bars" / "demo_bars.parquet"
    mine.parent.mkdir()
    mine.write_bytes(bars_file.read_bytes())
    outcome = run_script(capsys, "demo", "--profile", "smoke")
    assert_one_clear_line(outcome, "demo_bars.parquet", "the demo did not make")
    assert mine.read_bytes() == bars_file.read_bytes()
