"""The demo's two agents: trained on the same bars, tested on the same unseen ones, and measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.table import Table

from backtest.engine import BacktestEngine
from backtest.optimum_share import fraction_of_optimum
from backtest.result import BacktestResult
from config.settings import Settings, overridden
from data.planted_edge import PlantedEdge
from models.agent import TradingAgent
from models.baselines import BASELINES
from scripts import workflow
from scripts.printing import console
from scripts.reporting import BackTested, thing_of
from scripts.training import TrainingFiles, train_and_save

WHERE = "the demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """One agent, and where it was saved."""

    agent: TradingAgent
    directory: Path


def train_both(bars: pd.DataFrame, settings: Settings, edge: PlantedEdge) -> dict[str, Trained]:
    """Return EPG and PPO, trained on all but the last bars, which see the signals of the edge."""
    timesteps = {"EPG": settings.demo.epg_timesteps, "PPO": settings.train.timesteps}
    features = (*edge.signal_columns, *settings.train.features)
    trained = {}
    for algorithm, count in timesteps.items():
        own = settings.model_copy(
            update={
                "agent": overridden(settings.agent, {"algorithm": algorithm}, WHERE),
                "train": overridden(
                    settings.train, {"features": features, "timesteps": count}, WHERE
                ),
            }
        )
        with workflow.model_directory(None) as directory:
            agent = train_and_save(bars, own, TrainingFiles(directory=directory))
        trained[algorithm] = Trained(agent=agent, directory=directory)
    return trained


def back_test_both(
    trained: Mapping[str, Trained], bars: pd.DataFrame, settings: Settings, data: Path
) -> BackTested:
    """Return the back-tests of both agents and of all baselines on the bars that none has seen."""
    agents = [each.agent for each in trained.values()]
    engine = BacktestEngine(
        bars,
        initial_capital=settings.env.initial_balance,
        slippage_ticks=settings.env.slippage_ticks,
        start=workflow.unseen_start(agents[0], bars, data),
    )
    first, *baselines = workflow.run_beside_baselines(engine, agents[0], settings.agent.seed)
    return BackTested(
        engine=engine,
        results=[first, *(engine.run_with_model(agent) for agent in agents[1:]), *baselines],
        bars=bars,
        provenance={"model": agents[0].provenance},
        things=[thing_of([each.directory]) for each in trained.values()],
        is_synthetic=True,
        seed=settings.agent.seed,
    )


def print_shares(results: Sequence[BacktestResult], bars: pd.DataFrame, edge: PlantedEdge) -> None:
    """Print what share of the known optimum each result that learns was worth."""
    table = Table(title="of the optimum that is known, because the edge was planted")
    table.add_column("policy")
    table.add_column("given the signals", justify="right")
    table.add_column("realised, with luck", justify="right")
    for result in (result for result in results if result.name not in BASELINES):
        share = fraction_of_optimum(result, bars, edge)
        figures = share.of_foreseen, share.of_realised
        table.add_row(result.name, *(f"{figure:.0%}" for figure in figures))
    console.print(table)
