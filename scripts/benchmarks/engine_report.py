"""How long it takes to weigh a back-test and to write its report, with every test of significance.

The figure is printed only after page and assessment were seen to hold what they must.
"""

import tempfile
import time
from pathlib import Path

import pandas as pd

from backtest.assessment import Assessment, assess
from backtest.breakdown import breakdown_tables, breakdowns
from backtest.engine import BacktestEngine
from backtest.report import write_report
from backtest.result import BacktestResult
from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from models.baselines import BASELINES
from scripts.benchmarks.env_markets import check_traded
from scripts.benchmarks.line import BenchLine
from utils.errors import SimulationError

SUITE = "engine"
BARS = 100_000
QUICK_SHARE = 10
CAPITAL = 100_000.0
"""USD: enough not to be ruined by costs on the way."""

RULE, FEATURES = "ma_cross", ("log_return",)
WANTED_PARTS = ("Skill or luck", "The same decisions under other terms", "candle-bars", "By hour")


def report_line(quick: bool = False) -> BenchLine:
    """Return the seconds of `assess` and `write_report` for 100,000 bars, baselines beside them."""
    bars = synthetic_bars(BARS // (QUICK_SHARE if quick else 1), seed=1)
    engine = BacktestEngine(bars, initial_capital=CAPITAL)
    main = engine.run_with_policy(BASELINES[RULE](0), FEATURES, settings=EnvSettings())
    results = [main, *(each for each in engine.run_baselines(main) if each.name != main.name)]
    check_traded(len(main.trades))
    assess(engine, results)  # compiles what is not in the cache yet
    started = time.perf_counter()
    assessment = assess(engine, results)
    with tempfile.TemporaryDirectory() as folder:
        page = _page(Path(folder), results, bars, assessment)
    seconds = time.perf_counter() - started
    _check(page, assessment)
    return BenchLine(suite=SUITE, name="report_100k", value=seconds, unit="s")


def _page(
    folder: Path, results: list[BacktestResult], bars: pd.DataFrame, assessment: Assessment
) -> str:
    tables = breakdown_tables(breakdowns(results[0], bars))
    path = write_report(
        folder, results, bars, {}, is_synthetic=True, assessment=assessment, further=tables
    )
    return path.read_text(encoding="utf-8")


def _check(page: str, assessment: Assessment) -> None:
    """Refuse a figure of a report that lacks a part."""
    missing = [part for part in WANTED_PARTS if part not in page]
    if missing or assessment.random is None or not assessment.reruns:
        raise SimulationError(f"the report lacks {', '.join(missing) or 'an assessment'}")
