"""Run a model or a rule over bars on the environment's own simulation, and keep what happened.

There is no second kernel and no second observation here: `env.simulation` moves the account and
shows it. Metrics are left to `metrics.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from backtest.accounts import account_of, all_or_nothing, other_terms, without_foreign_fee
from backtest.policy_run import Progress, run_policy
from backtest.replay import equity_of_decisions, replay_decisions
from backtest.result import BacktestResult
from backtest.span import rows_between, rows_of
from config.settings import EnvSettings
from data.bars import check_bars
from env.market import Market, build_market
from models.agent import TradingAgent
from models.baselines import BASELINES
from models.policy import Policy, TrainedPolicy
from models.predictor_dp import PREDICTOR_DP, PredictorDp
from utils.errors import ArtifactError, ConfigError, DataError

DEFAULT_FEATURES = ("log_return",)
"""What a policy that asks for no features is shown."""

BASELINE_FEATURES = ("time_sin",)
"""What a baseline is shown, which looks at none: one that is there from the first bar on."""


class BacktestEngine:
    """Pass over one span of bars once per policy, each with an account of its own.

    Warning:
        Bars before `start` serve as warm-up and as the first windows; no decision is made on them.
        Nothing after a decision bar is seen by it, and no scaler is fitted here.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the documented interface
        self,
        df: pd.DataFrame,
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
            df: Bars, oldest first; see `data.bars`.
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
        self._bars = check_bars(df)
        self._account = {
            "initial_balance": initial_capital,
            "commission": commission,
            "slippage_ticks": slippage_ticks,
            "symbol": symbol,
            "stop_loss_ticks": stop_loss_ticks,
        }
        account_of(EnvSettings(), self._account)  # refuses a wrong value here, not later
        self._rows = rows_between(self._bars.index, start, end)
        self._asked = f"`start` {start} and `end` {end}"
        self._markets: dict[str, Market] = {}

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
        _check_feature_columns(agent, feature_columns)
        _check_own_columns(agent, self._bars)
        settings = account_of(without_foreign_fee(agent, self._account), self._account)
        market = build_market(
            self._bars, agent.feature_set.names, symbol=settings.symbol, scaler=agent.scaler
        )
        start, stop = self._decision_rows(market, settings)
        return run_policy(agent, market, settings, (start, stop), on_progress)

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
            self._bars, feature_columns or DEFAULT_FEATURES, symbol=settings.symbol
        )
        rows = self._decision_rows(market, settings)
        return run_policy(policy, market, settings, rows, on_progress)

    def run_baselines(self, like: BacktestResult, seed: int = 0) -> list[BacktestResult]:
        """Back-test every baseline exactly as `like` was: same bars, costs, size and stop.

        The rules decide without features. The standing baseline, "predictor_dp", sees those of
        `like` and learns from the bars before its first decision; where it cannot, it is left out,
        and a remark on the first rule's result says why.

        Args:
            like: The result to stand beside; must come from these bars.
            seed: Seeds the random baseline.

        Raises:
            ConfigError: If these bars do not hold the span of `like`.
        """
        rows = rows_of(like, self._bars.index)
        settings = all_or_nothing(like.settings)
        market = self._plain_market(settings.symbol)
        rules = [run_policy(make(seed), market, settings, rows) for make in BASELINES.values()]
        try:
            learnt = PredictorDp(self._bars, like.feature_columns, rows[0], settings)
        except (ConfigError, DataError) as error:
            why = f"LEFT OUT: the baseline {PREDICTOR_DP}: {error}."
            return [replace(rules[0], remarks=(why,)), *rules[1:]]
        return [*rules, run_policy(learnt, learnt.market, settings, rows)]

    def run_decisions(
        self, decisions: ArrayLike, like: BacktestResult, name: str
    ) -> BacktestResult:
        """Back-test decisions that are known beforehand, with the bars and the account of `like`.

        Bit for bit what a policy taking them would come to, some ten times as fast.

        Args:
            decisions: (n - 1,) as in `BacktestResult.decisions`, in the action mode of `like`.
            like: The result to stand beside; must come from these bars.
            name: What reports call it.

        Raises:
            ConfigError: If they do not fit the span or the action mode of `like`, or these bars do
                not hold it.
        """
        market, rows = self._plain_market(like.settings.symbol), rows_of(like, self._bars.index)
        return replay_decisions(decisions, market, like.settings, rows, name)

    def equity_of_decisions(
        self, decisions: ArrayLike, like: BacktestResult
    ) -> NDArray[np.float64]:
        """Return the equity (n,), USD, of `run_decisions` alone: for hundreds of random traders."""
        market, rows = self._plain_market(like.settings.symbol), rows_of(like, self._bars.index)
        return equity_of_decisions(decisions, market, like.settings, rows)

    def replayed(
        self,
        result: BacktestResult,
        path_policy: str | None = None,
        commission_factor: float = 1.0,
        slippage_factor: float = 1.0,
    ) -> BacktestResult:
        """Return the same decisions under other terms; agreement, remarks and name stay.

        A policy that looks at its position might have decided otherwise: this is what would have
        become of what it did decide.

        Args:
            result: Must come from these bars.
            path_policy: Key of PATH_POLICIES; None keeps it.
            commission_factor: Times the commission, >= 0.
            slippage_factor: Times every kind of slippage, half the spread included, >= 0. Fills
                slip by whole ticks, so that 1.5 times one tick is refused.

        Raises:
            ConfigError: For terms that are none, or a result that these bars do not hold, or that
                kept no decisions.
        """
        if result.decisions is None:
            raise ConfigError(f"the result of `{result.name}` has no decisions to replay")
        rows = rows_of(result, self._bars.index)
        settings = other_terms(result.settings, path_policy, commission_factor, slippage_factor)
        market = self._plain_market(settings.symbol)
        replayed = replay_decisions(result.decisions, market, settings, rows, result.name)
        return replace(
            replayed,
            feature_columns=result.feature_columns,
            is_in_sample=result.is_in_sample,
            agreement=result.agreement,
            remarks=result.remarks,
        )

    def _plain_market(self, symbol: str) -> Market:
        """Return the bars as a market of `symbol`, of which no feature is looked at."""
        if symbol not in self._markets:
            self._markets[symbol] = build_market(self._bars, BASELINE_FEATURES, symbol=symbol)
        return self._markets[symbol]

    def _decision_rows(self, market: Market, settings: EnvSettings) -> tuple[int, int]:
        """Return the row of the first decision, and the row after the last bar."""
        earliest = market.first_decision(settings.lookback_window)
        first, stop = max(earliest, self._rows.start), self._rows.stop
        if stop - first >= 2:
            return first, stop
        stamps = market.timestamps
        if earliest > market.n_bars - 2:
            raise ConfigError(
                f"too few bars: a back-test needs {earliest + 2} for its first full window "
                f"(`lookback_window` {settings.lookback_window}) and a bar to trade on, had "
                f"{market.n_bars}; give more bars"
            )
        raise ConfigError(
            f"{self._asked} leave no bar to trade on: the bars run from {stamps[0]} to "
            f"{stamps[-1]}, and the first decision can be made at {stamps[earliest]}; "
            f"choose a span inside, of two bars or more"
        )


def _check_feature_columns(agent: TrainedPolicy, feature_columns: Sequence[str] | None) -> None:
    own = agent.feature_set.names
    if feature_columns is None or list(feature_columns) == list(own):
        return
    raise ArtifactError(
        f"`feature_columns` must be the model's own, in order, {list(own)}, was "
        f"{feature_columns!r}; leave it out, or train a model on these features"
    )


def _check_own_columns(agent: TrainedPolicy, bars: pd.DataFrame) -> None:
    missing = [name for name in agent.feature_set.external if name not in bars.columns]
    if missing:
        raise DataError(
            f"the model needs the column `{missing[0]}` that its training bars had, these have "
            f"{', '.join(map(str, bars.columns))}; add it"
        )
