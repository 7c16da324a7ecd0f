"""A result says when its account was closed by force, or mostly denied."""

from backtest.engine import BacktestEngine
from backtest.remarks import account_remarks, flat_remarks
from config.settings import EnvSettings
from models.agent import TradingAgent
from models.baselines import BASELINES
from tests.helpers.agents import SMALL, small_env, told_bars
from tests.helpers.feature_kit import walking_frame
from tests.helpers.results import hand_made_result


def test_result_of_a_plain_account_needs_no_remark():
    assert account_remarks(hand_made_result()) == []


def test_few_denials_need_no_remark_and_many_name_the_commonest():
    n_decisions = len(hand_made_result().timestamps) - 1
    few = hand_made_result(denials={"margin": n_decisions // 21})
    assert account_remarks(few) == []
    many = hand_made_result(denials={"no_edge": 1, "margin": n_decisions})
    (remark,) = account_remarks(many)
    assert f"DENIED: {n_decisions + 1:,} of {n_decisions:,} decisions" in remark
    assert f"most often for `margin` ({n_decisions:,})" in remark


def test_result_of_an_ensemble_says_how_many_were_for_what_it_decided():
    (remark,) = account_remarks(hand_made_result("ensemble-of-3", agreement=0.834))
    assert remark == (
        "ENSEMBLE: on average 83% of the members of ensemble-of-3 were for what it decided."
    )


def test_back_test_counts_what_was_denied_by_reason():
    settings = EnvSettings(lookback_window=2, max_trades_per_day=1, stop_loss_ticks=None)
    engine = BacktestEngine(walking_frame(200))
    result = engine.run_with_policy(BASELINES["ma_cross"](0), ["log_return"], settings=settings)
    assert set(result.denials) == {"max_trades"}
    assert result.denials["max_trades"] > 0


LEFT_FLAT = {
    "kept": None,
    "n_decisions": 500,
    "errors_needed": 2.81,
    "evaluations": [{"evidence": None, "net_pnl_usd": 0.0, "n_trades": 0}],
}


def test_agent_that_was_left_flat_says_why_it_makes_no_trade():
    (remark,) = flat_remarks("EPG-lstm", {"validation": LEFT_FLAT})
    assert remark == (
        "FLAT: EPG-lstm makes no trade, as training has left it: of 1 evaluation on 500 bars none "
        "made a trade."
    )
    assert flat_remarks("EPG-lstm", {"validation": {**LEFT_FLAT, "kept": {}}}) == ()
    assert flat_remarks("DP-ridge", {}) == ()


def test_ensemble_names_the_members_that_were_left_flat():
    members = {"member_1": {}, "member_2": {"validation": LEFT_FLAT}, "member_3": {}}
    (remark,) = flat_remarks("ensemble-of-3", {"validation": LEFT_FLAT, **members})
    assert remark.startswith("FLAT: member 2 of ensemble-of-3 was left flat in training")


def test_back_test_of_an_agent_that_was_left_flat_carries_the_remark():
    settings = SMALL.model_copy(update={"validation_fraction": 0.3, "significance": 0.05})
    agent = TradingAgent(small_env(), settings=settings)
    agent.train(32)
    agent.provenance["training_last"] = "2024-01-01T00:00:00+00:00"
    result = BacktestEngine(told_bars()).run_with_model(agent)
    assert len(result.trades) == 0
    (remark,) = account_remarks(result)
    assert remark.startswith("FLAT: PPO-lstm makes no trade")
