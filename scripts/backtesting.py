"""What backtest.py runs: a model, an ensemble, or a strategy of the user's.

Several models side by side are left to `comparing.py`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from backtest.strategy_error import StrategyError
from backtest.stress import stress_tables
from backtest.tables import Table
from config.settings import EnvSettings
from data.store import load_metadata
from models.load_policy import load_policy
from models.policy import TrainedPolicy
from scripts import printing, second_market, stored_forecasts, workflow
from scripts.reporting import BackTested, check_names, report_directory, thing_of, write_results
from scripts.user_strategy import load_strategy
from utils import paths
from utils.errors import ConfigError
from utils.provenance import DATA_SYMBOL

USUAL_SYMBOL = "MNQ"

NO_WINDOW = EnvSettings(lookback_window=1)
"""The account of a strategy: shown no windows, it may begin at once, like its baselines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user typed; None where nothing was.

    Attributes:
        data: The file of bars.
        other: The second market's.
        forecasts: Store of those that models see, or that a strategy reads.
        account: Arguments of BacktestEngine: capital, costs, stop.
        symbol: What to trade them as.
        start: First decision.
        end: Last bar.
        in_sample: Whether seen bars will do.
        seed: Of baselines and draws.
        out: Folder.
        is_quick: Without tests of significance.
        has_stress: With stress tests.
    """

    data: Path
    other: Path | None
    forecasts: Path | None
    account: Mapping[str, Any]
    symbol: str | None
    start: str | None
    end: str | None
    in_sample: bool
    seed: int
    out: Path | None
    is_quick: bool
    has_stress: bool


def back_test_models(models: Sequence[Path], asked: Asked) -> None:
    """Back-test one model, or several that decide together."""
    names = "_and_".join(each.resolve().name for each in models)
    with folder_for(asked, names) as folder:
        agent = load_policy(models)
        bars, engine = stage(agent, asked)
        results = workflow.run_beside_baselines(engine, agent, asked.seed)
        done = BackTested(
            engine=engine,
            results=results,
            bars=bars,
            provenance={"model": agent.provenance},
            things=[thing_of(models)],
            further=stress_of(lambda other: other.run_with_model(agent), results[0], bars, asked),
            **shared(asked),
        )
        report = write_results(folder, done)
    print_all(results, report)


def back_test_strategy(text: str, asked: Asked) -> None:
    """Back-test a strategy of the user's; if it raises, report what it did until then.

    Raises:
        StrategyError: If it raises.
    """
    _refuse_for_strategies(asked)
    strategy, thing = load_strategy(text)
    check_names([strategy.name])
    with folder_for(asked, thing["strategy"]) as folder:
        noted = load_metadata(asked.data).get("symbol", USUAL_SYMBOL)
        bars, traded = workflow.bars_to_trade(asked.data, asked.symbol, noted)
        bars = stored_forecasts.joined(bars, traded, None, asked.forecasts)
        engine = engine_over(bars, traded, asked, asked.start)
        run = workflow.shown_progress(partial(engine.run_with_strategy, settings=NO_WINDOW))
        done = {"bars": bars, "provenance": {"strategy": thing}, "things": [thing]}
        try:
            result = run(strategy)
        except StrategyError as error:
            _report_until(error, engine, folder, done, asked)
            raise
        results = [result, *engine.run_baselines(like=result, seed=asked.seed)]
        further = stress_of(partial(_strategy_anew, text), result, bars, asked)
        finished = BackTested(
            engine=engine, results=results, further=further, **done, **shared(asked)
        )
        report = write_results(folder, finished)
    print_all(results, report)


def _refuse_for_strategies(asked: Asked) -> None:
    """Refuse what only models have a use for."""
    given = {"--other": asked.other is not None, "--in-sample": asked.in_sample}
    for option, is_given in given.items():
        if is_given:
            raise ConfigError(f"`{option}` is for models, not for `--strategy`; leave it out")


def _strategy_anew(text: str, engine: BacktestEngine) -> BacktestResult:
    """Run a strategy that remembers nothing of an earlier run."""
    return engine.run_with_strategy(load_strategy(text)[0], settings=NO_WINDOW)


def _report_until(
    error: StrategyError,
    engine: BacktestEngine,
    folder: Path,
    done: Mapping[str, Any],
    asked: Asked,
) -> None:
    """Write and print what a strategy came to before it raised, if anything."""
    if error.result is None:
        return
    terms = {**shared(asked), "is_quick": True}
    report = write_results(
        folder, BackTested(engine=engine, results=[error.result], **done, **terms)
    )
    print_all([error.result], report)


@contextmanager
def folder_for(asked: Asked, name: str) -> Iterator[Path]:
    """Reserve the folder of a report on `name`."""
    with report_directory(asked.out, paths.REPORTS_DIR / f"{name}_on_{asked.data.stem}") as folder:
        yield folder


def stage(
    agent: TrainedPolicy, asked: Asked, agents: Sequence[TrainedPolicy] = ()
) -> tuple[pd.DataFrame, BacktestEngine]:
    """Return the bars, with what all agents see of a second market, and the engine over them.

    Args:
        agent: The one that was trained last.
        asked: By the user.
        agents: All; none for that one alone.
    """
    known_as = agent.provenance.get(DATA_SYMBOL)
    bars, traded = workflow.bars_to_trade(
        asked.data, asked.symbol, agent.env_settings.symbol, known_as
    )
    for each in agents or [agent]:
        second_market.check_same(each, bars, asked.other, asked.data)
    specs = [spec for each in agents or [agent] for spec in each.feature_set.specs]
    bars = second_market.beside(bars, specs, asked.other)
    bars = stored_forecasts.joined_for(agents or [agent], bars, traded, asked.forecasts)
    start = asked.start
    if not asked.in_sample:
        start = workflow.unseen_start(agent, bars, asked.data, asked.start)
    return bars, engine_over(bars, traded, asked, start)


def engine_over(
    bars: pd.DataFrame, symbol: str, asked: Asked, start: str | pd.Timestamp | None
) -> BacktestEngine:
    """Return the engine over these bars, at the costs that the user asked for."""
    return BacktestEngine(df=bars, symbol=symbol, start=start, end=asked.end, **asked.account)


def stress_of(
    run: Callable[[BacktestEngine], BacktestResult],
    result: BacktestResult,
    bars: pd.DataFrame,
    asked: Asked,
) -> tuple[Table, ...]:
    """Return the tables of stress tests, where they are asked for."""
    if not asked.has_stress:
        return ()
    with printing.console.status("stress tests"):
        return stress_tables(run, result, bars, asked.seed)


def shared(asked: Asked) -> dict[str, Any]:
    """Return what every report is told alike."""
    files = [asked.data] if asked.other is None else [asked.data, asked.other]
    return {
        "is_synthetic": any(map(workflow.is_synthetic, files)),
        "seed": asked.seed,
        "is_quick": asked.is_quick,
    }


def print_all(results: Sequence[BacktestResult], report: Path) -> None:
    """Print the table of results, and where the report is."""
    printing.print_results(results)
    printing.console.print(f"report: {printing.shown(report)}")
