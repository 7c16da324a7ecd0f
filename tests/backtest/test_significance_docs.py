"""The examples of docs/significance.md run as they stand, on small bars."""

import re

import pytest

from backtest.assessment import assess
from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from models.baselines import RandomTarget
from utils.paths import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "significance.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture(scope="module")
def names():
    bars = synthetic_bars(3_000, "default", seed=1)
    engine = BacktestEngine(bars, initial_capital=50_000.0)
    result = engine.run_with_policy(RandomTarget(1))
    return {
        "bars": bars,
        "engine": engine,
        "model": RandomTarget(1),
        "result": result,
        "results": [result],
    }


def test_significance_page_first_example_prints_the_verdict_and_the_tables(names, capsys):
    exec(BLOCKS[0].replace("run_with_model", "run_with_policy"), dict(names))
    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == "loses after costs, and wins nothing before them"
    assert "Skill or luck" in printed


def test_significance_page_second_example_logs_first_and_then_assesses(names, tmp_path):
    assert len(BLOCKS) == 2
    known = dict(names, folder=tmp_path, assess=assess)
    exec(BLOCKS[1].replace("fingerprint(bars))", "fingerprint(bars), folder=folder)"), known)
    assert known["assessment"].deflation.n_trials == 1
    assert known["assessment"].deflation.uses.n_looks == 1
    assert len(list(tmp_path.glob("*.jsonl"))) == 1
