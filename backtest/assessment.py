"""What a back-test is worth: every figure of significance of one result, and the verdict.

The figures are made in `deflation.py`, `resampling.py`, `random_traders.py`, `comparisons.py`,
`reruns.py` and `trade_order.py`; how they are shown is left to `assessment_tables.py`.

A figure that cannot be made is None, and `Assessment.absent` says why; it is never 0. The same
results, trials and seed give the same bits.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from backtest.assessed import (
    DEFAULT_ASSESSMENT,
    NO_ALTERNATIVES,
    NO_TRIALS,
    Alternatives,
    Assessment,
    AssessmentSettings,
)
from backtest.comparisons import (
    against_baselines,
    best_of_all,
    dispersion_of,
    overfitting_of,
    returns_of,
)
from backtest.deflation import deflation_of
from backtest.engine import BacktestEngine
from backtest.random_traders import LEAST_TRADERS, RandomTraders, random_traders
from backtest.reruns import BOTH_TWICE, COST_STRESS, RERUNS, Rerun
from backtest.resampling import (
    LEAST_LENGTH,
    LEAST_RESAMPLES,
    BootstrapSettings,
    Interval,
    return_intervals,
    trade_intervals,
)
from backtest.result import BacktestResult
from backtest.trade_order import ShuffledDrawdowns, shuffled_drawdowns
from backtest.trials import LoggedTrials, trial_of, variants_beside
from backtest.verdict import VerdictFigures, verdict
from models.predictor_dp import PREDICTOR_DP
from utils.errors import ConfigError, DataError
from utils.seeding import generator
from utils.wording import counted

__all__ = [
    "DEFAULT_ASSESSMENT",
    "NO_ALTERNATIVES",
    "NO_TRIALS",
    "Alternatives",
    "Assessment",
    "AssessmentSettings",
    "assess",
]

CANNOT = (ConfigError, DataError)
"""What says that a figure cannot be made."""

MOST_TRADE_DRAWS = 5_000_000
"""Resamples x trades, beyond which fewer resamples are drawn: 5,000 trades get all 1,000."""

MOST_TRADED_BARS = 20_000_000
"""Random traders x bars, likewise: 100,000 bars get all 200."""

STREAMS = ("sessions", "trades", "random", "baselines", "variants", "order")
"""Every figure draws for itself, so that one that cannot be made leaves the others as they are."""

Floats = NDArray[np.float64]
Draws = Mapping[str, np.random.Generator]
Made = TypeVar("Made")


def assess(
    engine: BacktestEngine | None,
    results: Sequence[BacktestResult],
    *,
    like_trials: LoggedTrials = NO_TRIALS,
    alternatives: Alternatives = NO_ALTERNATIVES,
    seed: int = 0,
    settings: AssessmentSettings = DEFAULT_ASSESSMENT,
) -> Assessment:
    """Return what the first result is worth beside the others, its baselines.

    Args:
        engine: Made the results; None where no single one did, as over folds: what has to be traded
            anew is then absent.
        results: The one that is assessed, then its baselines, over the same bars.
        like_trials: What the log knows of these sessions: log this trial first, then ask.
        alternatives: Variants and seeds; logged trials on the very same sessions are added.
        seed: Of every draw.
        settings: How much work to do.
    """
    main, absent = results[0], dict[str, str]()
    draws = dict(zip(STREAMS, generator(seed).spawn(len(STREAMS)), strict=True))
    trial, returns = trial_of(main, main.name), returns_of(main)
    variants = {**variants_beside(like_trials.trials, trial), **alternatives.variants}

    def made(name: str, make: Callable[[], Made]) -> Made | None:
        try:
            return make()
        except CANNOT as error:
            absent[name] = str(error)
            return None

    assessment = Assessment(
        name=main.name,
        verdict="",
        confidence=settings.confidence,
        n_sessions=len(returns),
        n_ambiguous=main.n_ambiguous,
        net_usd=float(main.metrics["net_profit_usd"]),
        intervals={
            **(made("intervals over sessions", lambda: _of_sessions(main, settings, draws)) or {}),
            **(made("intervals over trades", lambda: _of_trades(main, settings, draws)) or {}),
        },
        deflation=made(
            "probabilistic and deflated Sharpe",
            lambda: deflation_of(trial, like_trials, settings.confidence),
        ),
        random=made("random traders", lambda: _random(engine, main, settings, draws)),
        baselines=made(
            "tests against baselines",
            lambda: against_baselines(returns, results[1:], draws["baselines"]),
        ),
        best_of_all=made(
            "test over all variants", lambda: best_of_all(returns, variants, draws["variants"])
        ),
        overfitting=made("probability of overfitting", lambda: overfitting_of(returns, variants)),
        reruns={
            name: found
            for name in RERUNS
            if (found := made(name, partial(_reruns, name, engine, main))) is not None
        },
        trade_order=made("order of the trades", lambda: _order(main, draws)),
        seeds=made("dispersion over seeds", lambda: dispersion_of(alternatives.seeds)),
        absent=absent,
    )
    return replace(assessment, verdict=verdict(verdict_figures(assessment, main)))


def verdict_figures(assessment: Assessment, result: BacktestResult) -> VerdictFigures:
    """Return what the verdict looks at; NaN for what is absent."""
    found, deflation = result.metrics, assessment.deflation
    sharpe = assessment.intervals.get("sharpe")
    standing = (assessment.baselines or {}).get(PREDICTOR_DP)
    stressed = [each for each in assessment.reruns.get(COST_STRESS, ()) if each.label == BOTH_TWICE]
    return VerdictFigures(
        n_trades=int(found["n_trades"]),
        n_sessions=assessment.n_sessions,
        net_usd=assessment.net_usd,
        gross_usd=_before_costs(result),
        is_ruined=bool(found["is_ruined"]),
        is_in_sample=result.is_in_sample,
        p_random=math.nan if assessment.random is None else assessment.random.p_value,
        p_standing=math.nan if standing is None else standing.p_consistent,
        deflated_sharpe=math.nan if deflation is None else deflation.deflated,
        n_trials=0 if deflation is None else deflation.n_trials,
        sharpe_low=math.nan if sharpe is None else sharpe.low,
        sharpe_high=math.nan if sharpe is None else sharpe.high,
        overfitting=math.nan if assessment.overfitting is None else assessment.overfitting.pbo,
        stressed_net_usd=stressed[0].net_usd if stressed else math.nan,
        sessions_needed=math.nan if deflation is None else deflation.sessions_needed,
    )


def _before_costs(result: BacktestResult) -> float:
    found = result.metrics
    slippage = float(found["total_slippage_usd"])
    paid = float(found["total_fees_usd"]) + (0.0 if math.isnan(slippage) else slippage)
    return float(found["net_profit_usd"]) + paid


def _of_sessions(
    result: BacktestResult, settings: AssessmentSettings, draws: Draws
) -> dict[str, Interval]:
    returns = returns_of(result)
    _check_length(len(returns), "session")
    bootstrap = BootstrapSettings(n_resamples=settings.n_resamples, confidence=settings.confidence)
    return return_intervals(returns, draws["sessions"], bootstrap)


def _of_trades(
    result: BacktestResult, settings: AssessmentSettings, draws: Draws
) -> dict[str, Interval]:
    net_usd = _net_usd(result)
    _check_length(len(net_usd), "trade")
    bootstrap = BootstrapSettings(
        n_resamples=_affordable(settings.n_resamples, LEAST_RESAMPLES, len(net_usd)),
        confidence=settings.confidence,
    )
    return trade_intervals(net_usd, draws["trades"], bootstrap)


def _order(result: BacktestResult, draws: Draws) -> ShuffledDrawdowns:
    net_usd = _net_usd(result)
    if len(net_usd) < 2:
        raise DataError(f"{counted(len(net_usd), 'trade')} can have no other order")
    n_orders = _affordable(DEFAULT_ASSESSMENT.n_resamples, LEAST_RESAMPLES, len(net_usd))
    return shuffled_drawdowns(net_usd, float(result.equity[0]), n_orders, draws["order"])


def _random(
    engine: BacktestEngine | None,
    result: BacktestResult,
    settings: AssessmentSettings,
    draws: Draws,
) -> RandomTraders:
    n_bars = len(result.equity)
    n_traders = min(settings.n_traders, max(LEAST_TRADERS, MOST_TRADED_BARS // n_bars))
    return random_traders(_at_hand(engine), result, n_traders, draws["random"])


def _reruns(name: str, engine: BacktestEngine | None, result: BacktestResult) -> tuple[Rerun, ...]:
    return RERUNS[name](_at_hand(engine), result)


def _at_hand(engine: BacktestEngine | None) -> BacktestEngine:
    if engine is None:
        raise DataError("nothing can be traded anew: the result is of several runs put together")
    return engine


def _check_length(n_rows: int, noun: str) -> None:
    if n_rows < LEAST_LENGTH:
        raise DataError(f"intervals need >= {LEAST_LENGTH} {noun}s, were {n_rows}")


def _affordable(n_wanted: int, n_least: int, n_trades: int) -> int:
    """Return how many draws are made of so many trades."""
    return min(n_wanted, max(n_least, MOST_TRADE_DRAWS // n_trades))


def _net_usd(result: BacktestResult) -> Floats:
    net_usd: Floats = result.trades["net_usd"].to_numpy(dtype=np.float64)
    return net_usd
