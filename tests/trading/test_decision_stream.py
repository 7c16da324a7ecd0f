"""The stream of decisions: what stands in its way makes it hold, and nothing makes it stop."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from config.decision_settings import DecisionSettings
from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from env.kernel.names import Reason
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from tests.helpers.agents import SMALL
from tests.helpers.live_pipeline import GIVEN, begin_run, closed_bars, loaded
from trading.decision_stream import DecisionStream
from trading.fill_book import LiveFill
from trading.live_account import LiveAccount
from trading.live_bars import LiveBars
from utils.errors import ArtifactError, DataError

FEATURES = ("log_return", "rsi")
SETTINGS = EnvSettings(lookback_window=8, flatten_minutes_before_close=10, margin="none")
FRAME = synthetic_bars(120, seed=2)
START = 60


@pytest.fixture(scope="module")
def agent():
    env = TradingEnv(FRAME, FEATURES, settings=SETTINGS)
    return TradingAgent(env, settings=SMALL.model_copy(update={"algorithm": "EPG"}))


class Answering:
    """A policy that answers what it is told to, and may take long over it."""

    def __init__(self, agent, answer, clock=None, seconds=0.0):
        self.name, self.provenance = agent.name, agent.provenance
        self.env_settings, self.feature_set = agent.env_settings, agent.feature_set
        self.scaler, self.answer = agent.scaler, answer
        self.clock, self.seconds = clock, seconds
        self.n_asked = 0

    def predict(self, observation, state=None):
        self.n_asked += 1
        if self.clock is not None:
            self.clock.seconds += self.seconds
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer, (torch.tensor([float(self.n_asked)]),)


class Watch:
    """A timer that moves when it is told to."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


def lived_bars(frame=FRAME, settings=SETTINGS):
    return LiveBars(settings, 300).warm_up(frame)


BARS = lived_bars()


def begun(policy, n_history=START, **settings):
    """Return a warm stream and an account at the last bar of history."""
    timer = getattr(policy, "clock", None) or Watch()
    stream = DecisionStream(loaded(policy), replace_settings(settings), timer)
    stream.warm_up(BARS[:n_history])
    return stream, LiveAccount(SETTINGS, BARS[n_history - 1])


def replace_settings(changes):
    return GIVEN.model_copy(update=changes)


def decided(stream, account, bar):
    account.close_bar(bar)
    return stream.update(bar, account)


def test_decision_says_what_is_wanted_at_the_close(agent):
    stream, account = begun(Answering(agent, 1))
    decision = decided(stream, account, BARS[START])
    assert (decision.action, decision.quantity, decision.target) == ("buy", 1, 1)
    assert (decision.reason, decision.denial, decision.is_policy) == ("signal", "none", True)
    assert decision.at == BARS[START].closed
    assert decision.opened == BARS[START].opened
    assert len(decision.observation_hash) == len(decision.features_hash) == 64


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (RuntimeError("no more memory"), "the policy failed: no more memory"),
        (DataError("`x` holds NaN"), "the policy failed: `x` holds NaN"),
        (7, "the policy's answer is none: an action must be a whole number"),
        (float("nan"), "the policy's answer is none"),
        (None, "the policy's answer is none"),
    ],
)
def test_policy_that_fails_holds_with_the_reason(agent, answer, reason):
    stream, account = begun(Answering(agent, answer))
    for bar in BARS[START : START + 2]:
        decision = decided(stream, account, bar)
        assert (decision.action, decision.quantity, decision.is_policy) == ("hold", 0, False)
        assert decision.reason.startswith(reason)


def test_answer_that_comes_too_late_is_thrown_away_and_remembered(agent):
    policy = Answering(agent, 1, Watch(), seconds=0.6)
    stream, account = begun(policy, policy_seconds=0.5)
    decision = decided(stream, account, BARS[START])
    assert (decision.action, decision.quantity) == ("hold", 0)
    assert decision.reason == "the policy took 0.600 s, its answer must come within 0.5 s"
    assert decision.seconds == 0.6
    policy.seconds = 0.4
    assert decided(stream, account, BARS[START + 1]).action == "buy"
    assert stream.memory[0].item() == 2.0


def test_window_that_is_not_complete_holds_and_the_policy_is_not_asked(agent):
    policy = Answering(agent, 1)
    first = agent.feature_set.warm_up
    stream, account = begun(policy, first)
    reasons = [decided(stream, account, bar).reason for bar in BARS[first : first + 9]]
    assert reasons[0] == "the window has 1 complete rows of 8"
    assert reasons[6] == "the window has 7 complete rows of 8"
    assert reasons[7:] == ["signal", "signal"]
    assert policy.n_asked == 2


def test_feature_in_its_warm_up_is_named(agent):
    stream, account = begun(Answering(agent, 1), 3)
    decision = decided(stream, account, BARS[3])
    assert decision.reason == "`rsi` is NaN at the last bar"
    assert decision.observation_hash == ""


def test_bar_that_cannot_be_used_holds_until_a_new_warm_up(agent):
    stream, account = begun(Answering(agent, 1))
    features = BARS[START].features.copy()
    features.close = np.nan
    broken = replace(BARS[START], features=features)
    for bar in (broken, BARS[START + 1]):
        decision = decided(stream, account, bar)
        assert decision.action == "hold"
        assert "must be finite" in decision.reason
        assert "warm up anew" in decision.reason
    stream, account = begun(Answering(agent, 1))
    assert decided(stream, account, BARS[START]).is_policy


def test_bar_that_was_left_out_holds(agent):
    stream, account = begun(Answering(agent, 1))
    account.close_bar(BARS[START])
    decision = decided(stream, account, BARS[START + 1])
    assert "does not follow on bar" in decision.reason


def test_account_that_is_behind_holds(agent):
    stream, account = begun(Answering(agent, 1))
    decision = stream.update(BARS[START], account)
    assert decision.reason == f"the account stands at bar {START - 1}, not at bar {START}"


def test_forced_exit_goes_out_whatever_the_policy_wants(agent):
    frame = synthetic_bars(276, seed=2)
    bars = lived_bars(frame)
    stream = DecisionStream(loaded(Answering(agent, 1)), GIVEN)
    stream.warm_up(bars[:-4])
    account = LiveAccount(SETTINGS, bars[-5])

    entry = LiveFill(
        exec_id="e.1.1",
        time=bars[-4].opened,
        quantity=1,
        price_ticks=int(bars[-4].ticks.open),
        commission_usd=0.62,
        reason=Reason.SIGNAL,
    )
    account.add_fill(entry)
    assert decided(stream, account, bars[-4]).reason == "signal"
    decision = decided(stream, account, bars[-3])  # closes ten minutes before the session
    assert (decision.quantity, decision.target) == (-1, 0)
    assert (decision.reason, decision.action) == ("session_end", "buy")
    flat = LiveAccount(SETTINGS, bars[-4])
    flat.close_bar(bars[-3])
    assert flat.decide(1).denial.label == "last_minutes"


def test_future_bars_change_no_decision_before_them(agent):
    """Poison what comes after, and cut it off: decisions and hashes stay."""

    def hashes(frame):
        run = begin_run(loaded(agent), frame, START)
        for bar in closed_bars(frame)[START + 1 :]:
            run.close(bar)
        own = [(each.observation_hash, each.features_hash, each.choice) for each in run.decisions]
        return own, [bar.ticks.tobytes() for bar in run.lived]

    poisoned = FRAME.copy()
    poisoned.iloc[90:, :4] += 500.0
    whole, cut, other = hashes(FRAME), hashes(FRAME.iloc[:90]), hashes(poisoned)
    for part in range(2):
        assert whole[part][:30] == cut[part] == other[part][:30]
    assert whole[0][30:] != other[0][30:]


def test_corrected_bars_are_seen_as_if_they_had_come_so(agent):
    bars = LiveBars(SETTINGS, 300)
    bars.warm_up(FRAME.iloc[:START])
    stream, _ = begun(Answering(agent, 0))
    told = closed_bars(FRAME)
    wrong = replace(told[START], close=told[START].open, high=told[START].high + 9.0)
    for bar in (wrong, *told[START + 1 : START + 5]):
        stream.skip(bars.take(bar).bar)
    verdict = bars.take(told[START])
    stream.revise(verdict.n_back, verdict.bars)
    account = LiveAccount(SETTINGS, BARS[START + 4])
    account.close_bar(BARS[START + 5])
    found = stream.update(BARS[START + 5], account)
    other, _ = begun(Answering(agent, 0), START + 5)
    expected = other.update(BARS[START + 5], account)
    assert found.observation_hash == expected.observation_hash
    with pytest.raises(DataError, match="start anew from the stored bars"):
        other.revise(65, BARS[START - 59 : START + 6])


def test_snapshot_of_another_model_or_a_damaged_one_is_refused(agent):
    stream, _ = begun(Answering(agent, 0))
    snapshot = stream.snapshot()
    other = DecisionStream(replace(loaded(Answering(agent, 0)), identity="1" * 64), GIVEN)
    with pytest.raises(ArtifactError, match="snapshot of the decisions is of `000000000000`"):
        other.restore(snapshot)
    with pytest.raises(ArtifactError, match="damaged"):
        stream.restore(snapshot[:200])


def test_time_that_a_policy_has_must_be_above_zero():
    with pytest.raises(ValueError, match="greater than 0"):
        DecisionSettings(policy_seconds=0.0)
