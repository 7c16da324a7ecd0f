"""Run a model or a rule over bars on the environment's own simulation, and keep what happened.

There is no second kernel and no second observation here: `env.simulation` moves the account and
shows it. Metrics are left to `metrics.py`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.frames import fills_frame, trades_frame
from backtest.remarks import flat_remarks
from backtest.result import BacktestResult
from backtest.span import rows_between, rows_of
from config.settings import EnvSettings, overridden
from data.bars import check_bars
from env.market import Market, build_market
from env.simulation import Simulation
from env.terms import terms_of
from models.agent import TradingAgent
from models.baselines import BASELINES
from models.policy import Policy, TrainedPolicy
from models.predictor_dp import PREDICTOR_DP, PredictorDp
from utils.errors import ArtifactError, ConfigError, DataError

DEFAULT_FEATURES = ("log_return",)
"""What a policy that asks for no features is shown."""

BASELINE_FEATURES = ("time_sin",)
"""What a baseline is shown, which looks at none: one that is there from the first bar on."""

WHERE = "BacktestEngine"
ARGUMENTS = {"initial_balance": "initial_capital"}
"""Settings that the engine's callers know by another name."""


Progress = Callable[[int, int], None]
"""Is told how many bars are done, and of how many."""

PROGRESS_STRIDE = 256
"""Bars between two calls of it."""


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
        _account_of(EnvSettings(), self._account)  # refuses a wrong value here, not later
        self._rows = rows_between(self._bars.index, start, end)
        self._asked = f"`start` {start} and `end` {end}"

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
        settings = _account_of(_without_foreign_fee(agent, self._account), self._account)
        market = build_market(
            self._bars, agent.feature_set.names, symbol=settings.symbol, scaler=agent.scaler
        )
        start, stop = self._decision_rows(market, settings)
        return _run(agent, market, settings, (start, stop), on_progress)

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
        settings = _account_of(settings or EnvSettings(), self._account)
        market = build_market(
            self._bars, feature_columns or DEFAULT_FEATURES, symbol=settings.symbol
        )
        rows = self._decision_rows(market, settings)
        return _run(policy, market, settings, rows, on_progress)

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
        settings = _all_or_nothing(like.settings)
        market = build_market(self._bars, BASELINE_FEATURES, symbol=settings.symbol)
        rules = [_run(make(seed), market, settings, rows, None) for make in BASELINES.values()]
        try:
            learnt = PredictorDp(self._bars, like.feature_columns, rows[0], settings)
        except (ConfigError, DataError) as error:
            why = f"LEFT OUT: the baseline {PREDICTOR_DP}: {error}."
            return [replace(rules[0], remarks=(why,)), *rules[1:]]
        return [*rules, _run(learnt, learnt.market, settings, rows, None)]

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


def _run(
    policy: Policy,
    market: Market,
    settings: EnvSettings,
    rows: tuple[int, int],
    on_progress: Progress | None,
) -> BacktestResult:
    start, stop = rows
    simulation = Simulation(market, settings)
    simulation.reset(start, stop)
    policy.reset(market, settings)
    denials = _walk(simulation, policy, stop - 1 - start, on_progress)
    n_left = stop - start - len(simulation.equity)
    return BacktestResult(
        name=policy.name,
        timestamps=market.timestamps[start:stop],
        trade_dates=market.trade_dates[start:stop],
        equity=_carried_on(simulation.equity, n_left),
        positions=_carried_on(simulation.positions, n_left),
        fills=fills_frame(simulation.fills, market),
        trades=trades_frame(simulation.trades, market),
        settings=settings,
        feature_columns=market.feature_set.names,
        is_in_sample=_has_seen(policy, market.timestamps[start + 1 : stop]),
        was_liquidated=simulation.is_ruined,
        denials=denials,
        agreement=policy.agreement if isinstance(policy, TrainedPolicy) else None,
        remarks=flat_remarks(policy.name, policy.provenance)
        if isinstance(policy, TrainedPolicy)
        else (),
    )


def _walk(
    simulation: Simulation, policy: Policy, n_steps: int, on_progress: Progress | None
) -> dict[str, int]:
    """Let the policy decide at every close until the episode is over; return what was denied."""
    n_done, denials = 0, Counter[str]()
    while not simulation.is_done:
        simulation.step(policy.decide(simulation.bar, simulation.observation()))
        n_done += 1
        if simulation.denial:
            denials[simulation.last_denial] += 1
        if on_progress is not None and (simulation.is_done or n_done % PROGRESS_STRIDE == 0):
            on_progress(n_done, n_steps)
    return dict(denials)


def _carried_on(values: NDArray[Any], n_rows: int) -> NDArray[Any]:
    """Return `values` followed by `n_rows` repetitions of the last, read-only."""
    whole = np.append(values, np.repeat(values[-1:], n_rows))
    whole.flags.writeable = False
    return whole


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


def _account_of(settings: EnvSettings, account: Mapping[str, Any]) -> EnvSettings:
    """Return the settings with what the engine was told in place of their own."""
    return overridden(settings, account, WHERE, ARGUMENTS)


def _all_or_nothing(settings: EnvSettings) -> EnvSettings:
    """Return the settings for rules that are long, short or flat, and no shares of that.

    Where actions are sizes, the largest position that the account can open from the start.
    """
    if settings.action_mode == "discrete":
        return settings
    terms = terms_of(settings)
    largest = terms.max_position
    if terms.initial_margin_usd > 0:
        largest = min(largest, int(settings.initial_balance // terms.initial_margin_usd))
    return settings.model_copy(update={"action_mode": "discrete", "max_position": largest})


def _has_seen(policy: Policy, traded: pd.DatetimeIndex) -> bool:
    """Return whether a policy was trained on bars that it trades on, or on later ones.

    The first decision bar is not traded on, so it may be the last one of the training.
    """
    if not isinstance(policy, TrainedPolicy):
        return False
    return bool(traded[0] <= pd.Timestamp(policy.provenance["training_last"]))


def _without_foreign_fee(agent: TrainedPolicy, account: Mapping[str, Any]) -> EnvSettings:
    """Return the agent's settings; its commission is dropped where another contract is traded."""
    own = agent.env_settings
    if account["symbol"] is None or account["symbol"] == own.symbol:
        return own
    return own.model_copy(update={"commission": None})
