"""The engine: spans, costs, models, baselines, and what a wrong call is told."""

import numpy as np
import pandas as pd
import pytest

from backtest.engine import BacktestEngine
from config.settings import EnvSettings
from data.preprocessor import Scaler
from data.synthetic import synthetic_bars
from env.actions import Action
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.baselines import BASELINES, BuyAndHold
from tests.helpers.agents import SMALL, told_bars
from tests.helpers.bars import make_bars
from tests.helpers.policies import ScriptedPolicy
from utils.errors import ArtifactError, ConfigError, DataError

STILL = (20_000.0, 20_002.0, 19_998.0, 20_000.0)
GAP_THROUGH_STOP = [
    (20_001.0, 20_010.0, 19_999.0, 20_008.0),
    (19_900.0, 19_960.0, 19_890.0, 19_950.0),
    (19_950.0, 19_951.0, 19_949.0, 19_950.0),
]
LOOKBACK = EnvSettings().lookback_window


@pytest.fixture(scope="module")
def bars():
    return synthetic_bars(1_200, seed=3)


@pytest.fixture(scope="module")
def agent():
    env = TradingEnv(told_bars(), ["hint"], lookback_window=2, stop_loss_ticks=None)
    return TradingAgent(env, settings=SMALL)


def later_bars(n_bars=60):
    """Return bars like the agent's own, a year after them."""
    bars = told_bars(n_bars, seed=1)
    return bars.set_axis(bars.index + pd.Timedelta(days=365), axis=0)


def test_engine_gap_through_a_stop_pays_the_golden_case():
    # 51 still bars warm up; the last of them is the signal bar b0 of the golden case
    bars = make_bars([STILL] * (LOOKBACK + 1) + GAP_THROUGH_STOP)
    engine = BacktestEngine(bars, commission=0.62)
    result = engine.run_with_policy(ScriptedPolicy([Action.BUY, Action.HOLD, Action.HOLD]))
    assert result.fills["price"].tolist() == [20_001.25, 19_899.75]
    assert result.fills["quantity"].tolist() == [1, -1]
    assert result.fills["reason"].tolist() == ["signal", "stop"]
    assert result.trades["net_usd"].tolist() == [-204.24]
    assert result.trades["direction"].tolist() == [1]
    assert result.trades["exit_time"].tolist() == [bars.index[LOOKBACK + 2]]
    assert result.positions.tolist() == [0, 1, 0, 0]
    assert result.equity.tolist() == [10_000.0, 10_012.88, 9_795.76, 9_795.76]
    assert result.metrics["net_profit_usd"] == pytest.approx(-204.24)


def test_engine_open_position_is_closed_at_the_end_of_the_data():
    bars = make_bars([STILL] * (LOOKBACK + 3))
    result = BacktestEngine(bars, commission=0.62).run_with_policy(BuyAndHold())
    assert result.trades["reason"].tolist() == ["end_of_data"]
    assert result.trades["net_usd"].tolist() == [-2.24]  # two ticks of slippage, two commissions


def test_engine_first_decision_is_the_first_complete_window(bars):
    policy = ScriptedPolicy([Action.HOLD] * len(bars))
    result = BacktestEngine(bars).run_with_policy(policy)
    # log_return is there from row 1 on, so the first window of 50 ends with row 50
    assert policy.decided_at == list(range(50, 1_199))
    assert result.timestamps.equals(bars.index[50:])


@pytest.mark.parametrize("as_text", [True, False])
def test_engine_start_and_end_bound_the_decisions_and_earlier_bars_warm_up(bars, as_text):
    start, end = bars.index[700], bars.index[800]
    policy = ScriptedPolicy([Action.HOLD] * len(bars))
    engine = BacktestEngine(
        bars, start=str(start) if as_text else start, end=str(end) if as_text else end
    )
    result = engine.run_with_policy(policy)
    assert policy.decided_at == list(range(700, 800))
    assert result.span == (start, end)
    assert result.equity[0] == 10_000.0


def test_engine_dates_take_in_their_whole_day(bars):
    day = bars.index[600].strftime("%Y-%m-%d")
    result = BacktestEngine(bars, start=day, end=day).run_with_policy(BuyAndHold())
    assert {f"{stamp:%Y-%m-%d}" for stamp in result.timestamps} == {day}


def test_engine_bars_after_the_end_change_nothing(bars):
    poisoned = bars.copy()
    poisoned.iloc[801:, :4] = 1.0
    results = [
        BacktestEngine(frame, end=bars.index[800]).run_with_policy(BASELINES["ma_cross"](0))
        for frame in (bars, poisoned)
    ]
    assert results[0].equity.tobytes() == results[1].equity.tobytes()


def test_engine_settings_reach_the_account(bars):
    engine = BacktestEngine(
        bars,
        initial_capital=25_000.0,
        commission=1.0,
        slippage_ticks=3,
        symbol="MES",
        stop_loss_ticks=40,
    )
    settings = engine.run_with_policy(BuyAndHold()).settings
    assert settings == EnvSettings(
        symbol="MES",
        initial_balance=25_000.0,
        commission=1.0,
        slippage_ticks=3,
        stop_loss_ticks=40,
    )


def test_engine_ruined_account_keeps_its_cash_to_the_end_of_the_span():
    # long from 20,000.25; the next bar but one opens 6,000 points lower, far beyond the stop
    crash = (14_000.0, 14_000.0, 14_000.0, 14_000.0)
    bars = make_bars([STILL] * (LOOKBACK + 2) + [crash] * 5)
    engine = BacktestEngine(bars, commission=0.62)
    result = engine.run_with_policy(BuyAndHold())
    # filled at 13,999.75: -12,001.00 USD by prices, 1.24 of fees
    assert len(result.equity) == len(bars) - LOOKBACK
    assert result.equity[-5:].tolist() == pytest.approx([-2_002.24] * 5, abs=1e-9)
    assert result.was_liquidated
    assert result.metrics["is_ruined"]
    assert result.metrics["cagr"] == -1.0


def test_engine_progress_reaches_the_total(bars):
    calls = []
    engine = BacktestEngine(bars)
    engine.run_with_policy(
        BuyAndHold(), on_progress=lambda done, total: calls.append((done, total))
    )
    assert calls == [(256, 1_149), (512, 1_149), (768, 1_149), (1_024, 1_149), (1_149, 1_149)]


def test_engine_arrays_of_a_result_are_read_only(bars):
    result = BacktestEngine(bars).run_with_policy(BuyAndHold())
    with pytest.raises(ValueError, match="read-only"):
        result.equity[0] = 0.0


def test_run_with_model_decides_as_the_agent_does_in_its_environment(agent):
    bars = later_bars()
    result = BacktestEngine(bars).run_with_model(agent, ["hint"])
    env = TradingEnv(bars, ["hint"], settings=agent.env_settings, scaler=agent.scaler)
    obs, _ = env.reset()
    is_over = False
    while not is_over:
        action, _ = agent.predict(obs)
        obs, _, terminated, truncated, _ = env.step(action)
        is_over = terminated or truncated
    assert result.equity.tobytes() == env.simulation.equity.tobytes()
    assert result.name == agent.name
    assert result.settings.lookback_window == 2


def test_run_with_model_takes_a_saved_model_by_its_path(agent, tmp_path):
    agent.save(tmp_path / "model")
    engine = BacktestEngine(later_bars())
    for path in (tmp_path / "model", str(tmp_path / "model")):
        found = engine.run_with_model(path)
        assert found.equity.tobytes() == engine.run_with_model(agent).equity.tobytes()


def test_run_with_model_bars_of_another_size_are_refused(agent):
    bars = later_bars()
    wider = bars.set_axis(bars.index[0] + (bars.index - bars.index[0]) * 3, axis=0)
    with pytest.raises(ArtifactError, match="trained on bars of 300 s, these are of 900 s; "):
        BacktestEngine(wider).run_with_model(agent)


@pytest.mark.parametrize("columns", [["log_return"], ["hint", "rsi"], [], "hint"])
def test_run_with_model_other_features_are_refused(agent, columns):
    with pytest.raises(ArtifactError, match="`feature_columns` must be the model's own"):
        BacktestEngine(later_bars()).run_with_model(agent, columns)


def test_run_with_model_bars_without_its_column_are_refused(agent):
    with pytest.raises(DataError, match="the model needs the column `hint` .* these have open, "):
        BacktestEngine(later_bars().drop(columns="hint")).run_with_model(agent)


def test_run_with_model_path_that_is_no_model_is_refused(bars, tmp_path):
    with pytest.raises(ArtifactError, match="no model directory"):
        BacktestEngine(bars).run_with_model(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("start", "expected"), [(None, True), (58, True), (59, False), (75, False)]
)
def test_run_with_model_says_when_it_was_trained_on_these_bars(agent, start, expected):
    bars = told_bars(90)  # the agent was trained on the first 60 stamps
    engine = BacktestEngine(bars, start=None if start is None else bars.index[start])
    assert engine.run_with_model(agent).is_in_sample is expected


def test_run_with_model_trained_on_later_bars_is_in_sample_too(agent):
    earlier = told_bars(60)
    earlier = earlier.set_axis(earlier.index - pd.Timedelta(days=365), axis=0)
    assert BacktestEngine(earlier).run_with_model(agent).is_in_sample


def test_run_with_policy_knows_an_agent_that_has_seen_the_bars(agent):
    env = TradingEnv(told_bars(90), ["hint"], lookback_window=LOOKBACK)
    wide = TradingAgent(env, settings=SMALL)
    assert BacktestEngine(told_bars(90)).run_with_policy(wide, ["hint"]).is_in_sample


def test_run_with_model_as_another_contract_pays_that_contracts_fee(agent):
    env = TradingEnv(told_bars(), ["hint"], lookback_window=2, commission=0.62, margin="none")
    own_fee = TradingAgent(env, settings=SMALL)
    as_es = BacktestEngine(later_bars(), symbol="ES").run_baselines
    result = BacktestEngine(later_bars(), symbol="ES").run_with_model(own_fee)
    fees = as_es(like=result)[2].fills["fee_usd"]
    assert set(fees) == {2.25}
    kept = BacktestEngine(later_bars(), symbol="MNQ").run_with_model(own_fee)
    assert kept.settings.commission == 0.62


def test_run_baselines_have_the_span_account_and_costs_of_the_model(agent):
    engine = BacktestEngine(later_bars(), initial_capital=20_000.0, commission=2.0)
    model = engine.run_with_model(agent)
    baselines = engine.run_baselines(like=model)
    assert [result.name for result in baselines] == list(BASELINES)
    for result in baselines:
        assert result.timestamps.equals(model.timestamps)
        assert result.settings == model.settings
        assert not result.is_in_sample


def test_run_baselines_need_no_feature_of_the_model():
    """A column of price size is refused without a scaler; baselines have none and need none."""
    bars = told_bars(60).assign(level=lambda frame: frame["close"])
    scaler = Scaler.fit(bars[["level"]].to_numpy(), ["level"])
    env = TradingEnv(bars, ["level"], lookback_window=1, stop_loss_ticks=None, scaler=scaler)
    level = TradingAgent(env, settings=SMALL)
    later = later_bars().assign(level=lambda frame: frame["close"])
    engine = BacktestEngine(later)
    baselines = engine.run_baselines(like=engine.run_with_model(level))
    assert [result.name for result in baselines] == list(BASELINES)
    assert baselines[2].timestamps[0] == later.index[0]  # a window of one bar, no warm-up


def test_run_baselines_are_the_same_for_one_seed_and_random_differs_for_another(bars):
    engine = BacktestEngine(bars)
    like = engine.run_with_policy(BuyAndHold())
    runs = [{r.name: r.equity for r in engine.run_baselines(like, seed)} for seed in (1, 1, 2)]
    assert all(np.array_equal(runs[0][name], runs[1][name]) for name in BASELINES)
    changed = {name for name in BASELINES if not np.array_equal(runs[0][name], runs[2][name])}
    assert changed == {"random"}


def test_run_baselines_beside_a_result_of_other_bars_are_refused(bars):
    like = BacktestEngine(bars).run_with_policy(BuyAndHold())
    for others in (bars.iloc[100:], bars.iloc[:-1], bars.drop(bars.index[500])):
        with pytest.raises(ConfigError, match="is over other bars"):
            BacktestEngine(others).run_baselines(like)


@pytest.mark.parametrize(
    "span",
    [
        {"start": "2099-01-01"},
        {"end": "1999-01-01"},
        {"start": "2099-01-01", "end": "1999-01-01"},
        {"end": 50},
        {"start": 1_199},
    ],
)
def test_engine_span_without_a_decision_is_refused_when_run(bars, span):
    stamps = {
        key: bars.index[value] if isinstance(value, int) else value for key, value in span.items()
    }
    engine = BacktestEngine(bars, **stamps)
    with pytest.raises(ConfigError, match="leave no bar to trade on: the bars run from "):
        engine.run_with_policy(BuyAndHold())


@pytest.mark.parametrize("start", ["soon", "", pd.Timestamp("2024-01-03"), 5])
def test_engine_unreadable_time_is_refused(bars, start):
    with pytest.raises(ConfigError, match="must be UTC times"):
        BacktestEngine(bars, start=start)


def test_engine_bad_cost_or_bars_are_refused_at_once(bars):
    with pytest.raises(ConfigError, match="commission"):
        BacktestEngine(bars, commission=-1.0)
    with pytest.raises(DataError, match="close"):
        BacktestEngine(bars.drop(columns="close"))


def test_engine_unknown_feature_is_refused(bars):
    with pytest.raises(ConfigError, match="did you mean `rsi`"):
        BacktestEngine(bars).run_with_policy(BuyAndHold(), ["rsj"])


def test_engine_bars_too_few_for_a_window_are_refused(bars):
    with pytest.raises(ConfigError, match=r"needs 52 for its first full window .* had 51"):
        BacktestEngine(bars.iloc[:51]).run_with_policy(BuyAndHold())
