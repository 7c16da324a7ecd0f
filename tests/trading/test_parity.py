"""Training, back-test and live: the same observations to the bit, decisions, and trades to the cent."""

from functools import cache

import numpy as np
import pytest

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.continuous import continuous_series
from data.contract_bars import load_contract_bars
from data.rolls import RollSettings
from data.synthetic import synthetic_bars
from env.kernel.names import Reason
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.determinism import torch_threads
from models.ensemble import Ensemble
from models.signal_chain import N_LEVELS, SignalChain
from tests.helpers.agents import SMALL
from tests.helpers.bars import real_data
from tests.helpers.deciders import be_undecided
from tests.helpers.live_pipeline import begin_run, closed_bars, expected_of, loaded
from tests.helpers.session_markets import with_roll
from trading.live_account import LiveAccount
from utils.errors import ArtifactError

pytestmark = pytest.mark.parity

FEATURES = ("log_return", "rsi", "atr", "time_sin")
LOOKBACK = 8
ACCOUNT = {
    "lookback_window": LOOKBACK,
    "stop_loss_ticks": 60.0,
    "take_profit_ticks": 90.0,
    "flatten_minutes_before_close": 10,
    "no_entry_minutes_before_close": 15,
    "margin": "none",
    "off_hours_slippage_ticks": 1,
    "volatility_slippage_ticks": 1.0,
}
START = 60
N_BARS = 700

AGENTS = {
    "PPO": {"algorithm": "PPO", "feature_extractor": "lstm"},
    "RecurrentPPO": {"algorithm": "RecurrentPPO"},
    "EPG": {"algorithm": "EPG"},
    "DP": {"algorithm": "DP", "predictor": "ridge"},
}


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


@cache
def bars_of(source):
    """Return bars over session ends, on whose way something special happens."""
    if source == "roll":
        bars = synthetic_bars(N_BARS, seed=11)
        starts = np.flatnonzero(bars.index.hour * 60 + bars.index.minute == 23 * 60)
        frame = with_roll(bars, str(bars.index[starts[1]].tz_localize(None)), 150.0)
        names = np.where(frame.index < bars.index[starts[1]], "MNQH24", "MNQM24")
        return frame.assign(contract=names)
    if source == "real roll":
        nasdaq = get_instrument("NQ")
        contracts = load_contract_bars(real_data("NQ_5min_contracts.parquet"), nasdaq)
        series = continuous_series(contracts, nasdaq, RollSettings()).bars
        row = int(np.flatnonzero(series["is_roll"])[0])
        return series.iloc[row - N_BARS // 2 : row + N_BARS // 2]
    return synthetic_bars(N_BARS, seed=11)


def last_sessions(frame, symbol="MNQ"):
    """Return when each contract of a frame is held last, as if it had been planned so."""
    from data.calendar import calendar_of

    dates = calendar_of(symbol).trade_dates(frame.index)
    contracts = frame["contract"].to_numpy() if "contract" in frame else np.array([])
    last = {code: dates[contracts == code][-1] for code in set(contracts)}
    newest = contracts[-1] if len(contracts) else ""
    return lambda contract, on: None if contract == newest else last[contract]


def small_agent(frame, kind, seed=0, **account):
    """Return an agent that has learnt a little, and does now this, now that."""
    settings = EnvSettings(**{**ACCOUNT, **account})
    env = TradingEnv(frame, FEATURES, settings=settings)
    changes = {"hidden_size": 8, "training_episode_bars": 100, "seed": seed, **AGENTS[kind]}
    agent = TradingAgent(env, settings=SMALL.model_copy(update=changes))
    agent.train(64)
    if kind == "DP":
        be_restless(agent, env)
    else:
        be_undecided(agent, env)
    return agent


def be_restless(agent, env):
    """Let a plan believe that its forecasts are worth far more than trading costs."""
    predictor = agent._decider.predictor
    signals = predictor.signals(env.market.features[env.market.first_valid :])
    chain = SignalChain(
        edges=np.quantile(signals, np.arange(1, N_LEVELS) / N_LEVELS),
        moves=np.linspace(-90.0, 90.0, N_LEVELS),
        transition=np.full((N_LEVELS, N_LEVELS), 1.0 / N_LEVELS),
    )
    agent._decider.learn(predictor, chain)


def lived(policy, frame, start=START, forecaster=None, interrupt=None):
    """Return the live run over the frame; `interrupt` is called once, in the middle."""
    run = begin_run(loaded(policy, forecaster), frame, start, last_sessions(frame))
    bars = closed_bars(frame)
    for row in range(start + 1, len(frame)):
        if interrupt is not None and row == (start + len(frame)) // 2:
            interrupt(run)
        run.close(bars[row])
    return run


def assert_same(run, expected):
    """Fail unless all three did the same; the end of the data closes nothing live."""
    n_decisions = len(expected.choices)
    decisions = run.decisions[:n_decisions]
    assert [each.reason for each in decisions if not each.is_policy] == []
    assert [each.observation_hash for each in decisions] == expected.observations
    assert [each.choice for each in decisions] == expected.choices
    assert expected.result.decisions.tolist() == expected.choices
    assert len(set(expected.choices)) > 1
    own, theirs = run.account, expected.simulation
    until = theirs.market.n_bars - 1  # where an episode closes what is open, and trading does not
    fills = theirs.fills[theirs.fills.reason != Reason.END_OF_DATA]
    trades = theirs.trades[theirs.trades.reason != Reason.END_OF_DATA]
    assert own.bar.row == until
    assert (own.record.n_fills, own.record.n_trades) == (len(fills), len(trades))
    assert own.fills.tolist() == fills[-len(own.fills) :].tolist()
    assert own.trades.tolist() == trades[-len(own.trades) :].tolist()
    assert len(trades) > 3
    return set(fills.reason.tolist())


@pytest.mark.parametrize("source", ["plain", "roll", "real roll"])
@pytest.mark.parametrize("kind", AGENTS)
def test_live_does_what_environment_and_back_test_do(kind, source):
    frame = bars_of(source)
    agent = small_agent(frame, kind)
    assert_same(lived(agent, frame), expected_of(agent, frame, START))
