"""Agents of every kind that have learnt next to nothing, and do now this, now that."""

from functools import cache

import numpy as np

from config.settings import EnvSettings
from data.calendar import is_rth
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from data.synthetic import synthetic_bars
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.signal_chain import N_LEVELS, SignalChain
from tests.helpers.agents import SMALL
from tests.helpers.deciders import be_undecided
from tests.helpers.session_markets import with_roll

FEATURES = ("log_return", "rsi", "atr", "time_sin")
ACCOUNT = {
    "lookback_window": 8,
    "stop_loss_ticks": 60.0,
    "take_profit_ticks": 90.0,
    "flatten_minutes_before_close": 10,
    "no_entry_minutes_before_close": 15,
    "margin": "none",
    "off_hours_slippage_ticks": 1,
    "volatility_slippage_ticks": 1.0,
}
N_BARS = 300

AGENTS = {
    "PPO": {"algorithm": "PPO", "feature_extractor": "lstm"},
    "RecurrentPPO": {"algorithm": "RecurrentPPO"},
    "EPG": {"algorithm": "EPG"},
    "DP": {"algorithm": "DP", "predictor": "ridge"},
}


@cache
def rolled_bars():
    """Return synthetic bars of two contracts, the second 150 points above the first."""
    bars = synthetic_bars(N_BARS + 150, seed=11).iloc[150:]
    first = bars.index[np.flatnonzero(bars.index.hour * 60 + bars.index.minute == 23 * 60)[0]]
    frame = with_roll(bars, str(first.tz_localize(None)), 150.0)
    return frame.assign(contract=np.where(frame.index < first, "MNQH24", "MNQM24"))


@cache
def small_agent(kind, seed=0):
    """Return an agent of ACCOUNT on bars of two contracts."""
    return agent_on(rolled_bars(), kind, seed=seed)


def agent_on(bars, kind, seed=0, **account):
    """Return an agent that has learnt a little on some bars."""
    rows, columns = FeatureSet(FEATURES).compute(bars), FeatureSet(FEATURES).columns
    scaler = Scaler.fit(rows, columns, is_rth=is_rth(bars.index))
    settings = EnvSettings(**(ACCOUNT | account))
    env = TradingEnv(bars, FEATURES, settings=settings, scaler=scaler)
    return taught(env, seed=seed, **AGENTS[kind])


def taught(env, **settings):
    """Return an agent that has learnt a little in an environment."""
    changes = {"hidden_size": 8, "training_episode_bars": 100, **settings}
    agent = TradingAgent(env, settings=SMALL.model_copy(update=changes))
    agent.train(16)
    if changes["algorithm"] == "DP":
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
