"""Run a model or a rule over bars on the environment's own simulation, and keep what happened.

There is no second kernel and no second observation here: `env.simulation` moves the account and
shows it. Metrics are left to `metrics.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.accounts import (
    account_of,
    all_or_nothing,
    other_terms,
    with_window_before,
    without_foreign_fee,
)
from backtest.engine_bars import EngineBars
from backtest.feed import Feed
from backtest.model_checks import check_feature_columns, check_own_columns
from backtest.policy_run import Progress, run_policy
from backtest.repeated_orders import RepeatedOrders
from backtest.replay import equity_of_decisions, replay_decisions
from backtest.result import BacktestResult
from backtest.span import NO_WINDOW, decision_rows
from backtest.strategy import Strategy, TargetStrategy
from backtest.strategy_checks import check_strategy, is_at_desk, is_of_targets
from backtest.strategy_run import run_strategy
from backtest.target_run import run_targets
from config.settings import DEFAULT_FEATURES as AGENT_FEATURES
from config.settings import EnvSettings
from env.market import build_market
from models.agent import TradingAgent
from models.baselines import BASELINES
from models.policy import Policy, TrainedPolicy
from models.predictor_dp import PREDICTOR_DP, PredictorDp
from utils.errors import ConfigError, DataError

DEFAULT_FEATURES = ("log_return",)
"""What a policy that asks for no features is shown."""


class BacktestEngine:
    """Pass over one span of bars once per policy, each with an account of its own.

    Warning:
        Bars before `start` serve as warm-up and as the first windows; no decision is made on them.
        Nothing after a decision bar is seen by it, and no scaler is fitted here.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the documented interface
        self,
        df: pd.DataFrame | Mapping[str, pd.DataFrame],
        initial_capital: float | None = None,
        commission: float | None = None,
        slippage_ticks: int | None = None,
        symbol: str | None = None,
        stop_loss_ticks: float | None = None,
        start: str | pd.Timestamp | None = None,
        end: str | pd.Timestamp | None = None,
    ):
        """Check bars, costs and span.

        Args:
            df: Bars, oldest first; see `data.bars`. By symbol for a strategy that trades several
                instruments in one account.
            initial_capital: Starting cash, USD; None takes the model's setting.
            commission: USD per contract and side; None takes the model's setting.
            slippage_ticks: Adverse ticks per market or stop fill; None takes the model's setting.
            symbol: What to trade the bars as; None takes the model's setting.
            stop_loss_ticks: Distance of the protective stop; None takes the model's setting.
            start: First bar at whose close a decision may be made, UTC; a date is its first bar.
            end: Last bar that is traded, UTC; a date is its last bar.

        Raises:
            DataError: If the bars break an invariant.
            ConfigError: If a setting is out of bounds, or a time cannot be read.
        """
        self._given = EngineBars(df, start, end)
        self._account = {
            "initial_balance": initial_capital,
            "commission": commission,
            "slippage_ticks": slippage_ticks,
            "symbol": symbol,
            "stop_loss_ticks": stop_loss_ticks,
        }
        account_of(EnvSettings(), self._account)  # refuses a wrong value here, not later

    def run_with_model(
        self,
        model: TrainedPolicy | Path | str,
        feature_columns: Sequence[str] | None = None,
        on_progress: Progress | None = None,
    ) -> BacktestResult:
        """Back-test an agent with its own features, scaler and account, and this engine's costs.

        Args:
            model: An agent, an ensemble of agents, or the directory that an agent was saved in.
            feature_columns: If given, must be the model's own, in order.
            on_progress: Called now and then.

        Raises:
            ArtifactError: If the model cannot be loaded, or sees other features.
            ConfigError: If the span has too few bars.
            DataError: If the bars are off the tick grid or lack the model's own columns.
        """
        agent = TradingAgent.load(model) if isinstance(model, Path | str) else model
        check_feature_columns(agent, feature_columns)
        check_own_columns(agent, self._given.frame)
        settings = account_of(without_foreign_fee(agent, self._account), self._account)
        market = build_market(
            self._given.frame,
            agent.feature_set.names,
            symbol=settings.symbol,
            scaler=agent.scaler,
            forecast_columns=agent.feature_set.forecasts,
        )
        rows = decision_rows(market, settings.lookback_window, self._given.span, self._given.asked)
        return run_policy(agent, market, settings, rows, on_progress)

    def run_with_policy(
        self,
        policy: Policy,
        feature_columns: Sequence[str] | None = None,
        on_progress: Progress | None = None,
        settings: EnvSettings | None = None,
    ) -> BacktestResult:
        """Back-test any policy, with this engine's costs and otherwise the account of `settings`.

        Args:
            policy: What decides.
            feature_columns: What it is shown, with nominal scaling; None shows DEFAULT_FEATURES.
            on_progress: Called now and then.
            settings: Size, window and stop, and the rest that this engine was not told; None is the
                default account.

        Raises:
            ConfigError: If a feature is unknown, or the span has too few bars.
            DataError: If the bars are off the tick grid.
        """
        settings = account_of(settings or EnvSettings(), self._account)
        market = build_market(
            self._given.frame, feature_columns or DEFAULT_FEATURES, symbol=settings.symbol
        )
        rows = decision_rows(market, settings.lookback_window, self._given.span, self._given.asked)
        return run_policy(policy, market, settings, rows, on_progress)

    def run_with_strategy(
        self,
        strategy: Strategy | TargetStrategy,
        settings: EnvSettings | None = None,
        on_progress: Progress | None = None,
    ) -> BacktestResult:
        """Back-test rules that trade at a desk, or that say which position they want.

        The first decision is made at the first close of the span: indicators are NaN until they
        are warm. With `targets`, a strategy runs in one compiled loop and is not asked bar by bar.

        Args:
            strategy: What trades.
            settings: The account, but for what this engine was told; None is the default account,
                which has a stop of 200 ticks.
            on_progress: Called now and then.

        Raises:
            StrategyError: If the strategy raises; what it came to by then is in it.
            ConfigError: If it is no strategy, the span has too few bars, or it asks for a column
                that is not there.
            DataError: If an indicator looks ahead.
        """
        check_strategy(strategy)
        settings = account_of(settings or EnvSettings(), self._account)
        if self._given.together is not None:
            return self._given.together.run(strategy, settings, on_progress)
        market = self._given.plain_market(settings.symbol)
        rows = decision_rows(market, NO_WINDOW, self._given.span, self._given.asked)
        if is_at_desk(strategy):
            feed = Feed(self._given.frame, market)
            return run_strategy(strategy, feed, settings, rows, on_progress)
        assert is_of_targets(strategy)
        return run_targets(strategy, self._given.frame, market, settings, rows)

    def run_baselines(self, like: BacktestResult, seed: int = 0) -> list[BacktestResult]:
        """Back-test every baseline exactly as `like` was: same bars, costs, size and stop.

        The rules decide without features. The standing baseline, "predictor_dp", sees those of
        `like`, or what an agent sees unless told otherwise where it has none, and learns from the
        bars before its first decision; where it cannot, it is left out, and a remark on the first
        rule's result says why.

        Args:
            like: The result to stand beside; must come from these bars.
            seed: Seeds the random baseline.

        Raises:
            ConfigError: If these bars do not hold the span of `like`.
        """
        market, rows = self._given.walked(like)
        settings = all_or_nothing(with_window_before(like.settings, rows[0]))
        rules = [run_policy(make(seed), market, settings, rows) for make in BASELINES.values()]
        try:
            seen = like.feature_columns or AGENT_FEATURES
            learnt = PredictorDp(self._given.frame, seen, rows[0], settings)
        except (ConfigError, DataError) as error:
            why = f"LEFT OUT: the baseline {PREDICTOR_DP}: {error}."
            return [replace(rules[0], remarks=(why,)), *rules[1:]]
        return [*rules, run_policy(learnt, learnt.market, settings, rows)]

    def run_decisions(
        self, decisions: ArrayLike, like: BacktestResult, name: str
    ) -> BacktestResult:
        """Back-test decisions that are known beforehand, with the bars and the account of `like`.

        Bit for bit what a policy taking them would come to.

        Args:
            decisions: (n - 1,) as in `BacktestResult.decisions`, in the action mode of `like`.
            like: The result to stand beside; must come from these bars.
            name: What reports call it.

        Raises:
            ConfigError: If they do not fit `like`, or these bars do not hold it.
        """
        market, rows = self._given.walked(like)
        return replay_decisions(decisions, market, like.settings, rows, name)

    def equity_of_decisions(
        self, decisions: ArrayLike, like: BacktestResult
    ) -> NDArray[np.float64]:
        """Return the equity (n,), USD, of `run_decisions` alone: for hundreds of random traders."""
        market, rows = self._given.walked(like)
        return equity_of_decisions(decisions, market, like.settings, rows)

    def replayed(
        self,
        result: BacktestResult,
        path_policy: str | None = None,
        commission_factor: float = 1.0,
        slippage_factor: float = 1.0,
    ) -> BacktestResult:
        """Return the same decisions, or the same orders, under other terms.

        Who looks at the position might have decided otherwise: this is what would have become of
        what was decided. Name, agreement and remarks stay.

        Args:
            result: Must come from these bars.
            path_policy: Key of PATH_POLICIES; None keeps it.
            commission_factor: Times the commission, >= 0.
            slippage_factor: Times every kind of slippage, half the spread included, >= 0. Fills
                slip by whole ticks, so that 1.5 times one tick is refused.

        Raises:
            ConfigError: For terms that are none, or a result of other bars.
        """
        factors = (commission_factor, slippage_factor)
        if self._given.together is not None:
            change = partial(other_terms, path_policy=path_policy, factors=factors)
            return self._given.together.replayed(result, change)
        market, rows = self._given.walked(result)
        settings = other_terms(result.settings, path_policy, factors)
        if result.decisions is None:
            again = RepeatedOrders(result.name, result.orders)
            replayed = run_strategy(again, Feed(self._given.frame, market), settings, rows)
        else:
            replayed = replay_decisions(result.decisions, market, settings, rows, result.name)
        return replace(
            replayed,
            feature_columns=result.feature_columns,
            is_in_sample=result.is_in_sample,
            agreement=result.agreement,
            remarks=result.remarks,
        )
