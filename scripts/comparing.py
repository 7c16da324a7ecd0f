"""Several models side by side: each by itself over the same bars, at the same costs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from backtest.assessed import Alternatives
from backtest.comparisons import returns_of
from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from backtest.side_by_side import pair_table
from models.agent import TradingAgent
from models.load_policy import load_policy
from models.policy import TrainedPolicy
from scripts import workflow
from scripts.backtesting import (
    Asked,
    engine_over,
    folder_for,
    print_all,
    shared,
    stage,
    stress_of,
)
from scripts.reporting import BackTested, check_names, thing_of, write_results
from utils.errors import ConfigError

SAME_TERMS = ("symbol", "initial_balance", "commission", "slippage_ticks")
"""Settings of the account in which models that are compared must agree."""

OPTIONS = {"initial_balance": "--initial-capital"}
"""Those that the command line knows by another name."""


def compare_models(models: Sequence[Path], asked: Asked) -> None:
    """Back-test several models, each by itself, over the same bars at the same costs."""
    if len(models) < 2:
        raise ConfigError(f"`--compare` needs two models or more, were {len(models)}; name them")
    names = _names(models)
    check_names(names)
    with folder_for(asked, "_or_".join(names)) as folder:
        agents = [load_policy([model]) for model in models]
        last = max(agents, key=lambda each: pd.Timestamp(each.provenance["training_last"]))
        bars, engine = stage(last, asked, agents)
        tested = _on_one_span(agents, engine, bars, asked)
        _check_terms(tested, names)
        tested = [replace(one, name=name) for one, name in zip(tested, names, strict=True)]
        results = [*tested, *engine.run_baselines(like=tested[0], seed=asked.seed)]
        done = BackTested(
            engine=engine,
            results=results,
            bars=bars,
            provenance={"models": {n: a.provenance for n, a in zip(names, agents, strict=True)}},
            things=[thing_of([model]) for model in models],
            alternatives=_alternatives(agents, tested),
            further=(
                pair_table(tested, asked.seed),
                *stress_of(lambda other: other.run_with_model(agents[0]), tested[0], bars, asked),
            ),
            **shared(asked),
        )
        report = write_results(folder, done)
    print_all(results, report)


def _names(models: Sequence[Path]) -> list[str]:
    """Return the directories' names, with the folder they are in where these repeat."""
    places = [model.resolve() for model in models]
    for count, place in enumerate(places):
        if place in places[:count]:
            raise ConfigError(f"`{models[count]}` is named twice; name each model once")
    counts = Counter(place.name for place in places)
    return [
        place.name if counts[place.name] == 1 else f"{place.parent.name}_{place.name}"
        for place in places
    ]


def _on_one_span(
    agents: Sequence[TrainedPolicy], engine: BacktestEngine, bars: pd.DataFrame, asked: Asked
) -> list[BacktestResult]:
    """Return a result per agent; those with a longer warm-up decide when all may begin."""
    run = workflow.shown_progress(engine.run_with_model)
    results = [run(agent) for agent in agents]
    latest = max(result.span[0] for result in results)
    late = engine_over(bars, results[0].settings.symbol, asked, latest)
    return [
        result if result.span[0] == latest else late.run_with_model(agent)
        for result, agent in zip(results, agents, strict=True)
    ]


def _check_terms(tested: Sequence[BacktestResult], names: Sequence[str]) -> None:
    """Refuse models that trade at other terms: their results could not be compared."""
    first = tested[0].settings
    for result, name in zip(tested[1:], names[1:], strict=True):
        for term in SAME_TERMS:
            own, expected = getattr(result.settings, term), getattr(first, term)
            if own != expected:
                option = OPTIONS.get(term, f"--{term.replace('_', '-')}")
                raise ConfigError(
                    f"`{names[0]}` has `{term}` {expected}, `{name}` has {own}: "
                    f"give both one with {option}"
                )


def _alternatives(
    agents: Sequence[TrainedPolicy], tested: Sequence[BacktestResult]
) -> Alternatives:
    """Return the variants that are not in the log, and the seeds, if that is all that differs."""
    returns = {result.name: returns_of(result) for result in tested}
    others = {result.name for result in tested[1:] if result.is_in_sample}
    same = {_but_for_the_seed(agent) for agent in agents}
    return Alternatives(
        variants={name: values for name, values in returns.items() if name in others},
        seeds=returns if len(same) == 1 else {},
    )


def _but_for_the_seed(agent: TrainedPolicy) -> tuple[str, ...]:
    """Return all that an agent was made with; of anything but a single agent, its identity."""
    if not isinstance(agent, TradingAgent):
        return (str(id(agent)),)
    settings = agent.settings.model_copy(update={"seed": 0})
    said = agent.provenance
    return (
        settings.model_dump_json(),
        agent.env_settings.model_dump_json(),
        *agent.feature_set.names,
        *agent.feature_set.forecasts,
        str(said["training_first"]),
        str(said["training_last"]),
    )
