"""Training, back-test and live: the same observations, decisions and trades, to bit and cent."""

from functools import cache

import numpy as np
import pytest

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.calendar import calendar_of
from data.continuous import continuous_series
from data.contract_bars import load_contract_bars
from data.forecast_columns import usual_columns
from data.rolls import RollSettings
from data.synthetic import synthetic_bars
from env.kernel.names import Reason
from env.trading_env import TradingEnv
from models.determinism import torch_threads
from models.ensemble import Ensemble
from tests.helpers.bars import real_data
from tests.helpers.forecasters import (
    HISTORY,
    TRAINED,
    joined_forecasts,
    small_forecaster,
    small_market,
)
from tests.helpers.live_pipeline import begin_run, closed_bars, expected_of, loaded
from tests.helpers.parity_agents import ACCOUNT, FEATURES, N_BARS, rolled_bars, small_agent, taught

pytestmark = pytest.mark.parity

START = 40


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


def _real_roll():
    """Return real bars of NQ, which are also those of MNQ, around a change of contract."""
    nasdaq = get_instrument("NQ")
    contracts = load_contract_bars(real_data("NQ_5min_contracts.parquet"), nasdaq)
    series = continuous_series(contracts, nasdaq, RollSettings()).bars
    row = int(np.flatnonzero(series["is_roll"])[0])
    return series.iloc[row - N_BARS // 2 : row + N_BARS // 2]


def _on(first, last, skipped):
    """Return synthetic bars at the times of some sessions."""
    stamps = calendar_of("MNQ").expected_bars(first, last, 300)[skipped : skipped + N_BARS]
    return synthetic_bars(len(stamps), seed=5).set_axis(stamps, axis=0)


MARKETS = {
    "roll": rolled_bars,
    "real roll": _real_roll,
    "half day": lambda: _on("2024-07-03", "2024-07-05", 100),  # closes at 12:15 Chicago
    "summer time": lambda: _on("2024-03-08", "2024-03-11", 150),  # begins on Sunday, 2024-03-10
}


@cache
def bars_of(source):
    """Return bars over session ends, on whose way something special happens."""
    return MARKETS[source]()


def last_sessions(frame):
    """Return when each contract of a frame is held last, as if it had been planned so."""
    if "contract" not in frame:
        return None
    dates = calendar_of("MNQ").trade_dates(frame.index)
    codes = frame["contract"].to_numpy()
    last = {code: dates[codes == code][-1] for code in set(codes) - {codes[-1]}}
    return lambda contract, on: last.get(contract)


def lived(policy, frame, *, start=START, forecaster=None, restart_at=None):
    """Return the live run over the frame, which may be begun anew in its middle."""
    planned = last_sessions(frame)
    bars = frame[[name for name in frame if not name.startswith("forecast")]]
    run = begin_run(loaded(policy, forecaster), bars, start, planned)
    for row, bar in enumerate(closed_bars(bars)[start + 1 :], start=start + 1):
        run.close(bar)
        if row == restart_at:
            run.restart(planned)
    return run


def assert_same(run, expected):
    """Fail unless all three did the same; return the reasons of the fills.

    An episode closes what is open at the end of its bars; trading goes on.
    """
    decisions = run.decisions[: len(expected.choices)]
    assert [each.reason for each in decisions if not each.is_policy] == []
    assert [each.observation_hash for each in decisions] == expected.observations
    assert [each.choice for each in decisions] == expected.choices
    assert expected.result.decisions.tolist() == expected.choices
    theirs = expected.simulation
    fills = theirs.fills[theirs.fills.reason != Reason.END_OF_DATA]
    trades = theirs.trades[theirs.trades.reason != Reason.END_OF_DATA]
    told = [(each.quantity, each.price_ticks, each.commission_usd) for each in run.fills]
    assert told == [(each.quantity, each.price_ticks, each.fee_usd) for each in fills]
    own = run.account
    assert (own.record.n_fills, own.record.n_trades) == (len(fills), len(trades))
    assert own.record.realised_usd == sum(trades.net_usd.tolist())
    kept = min(len(own.trades), run.n_since_restart)
    assert own.trades[len(own.trades) - kept :].tolist() == trades[len(trades) - kept :].tolist()
    return set(fills.reason.tolist())


CASES = [
    ("PPO", "roll", None),
    ("PPO", "real roll", None),
    ("RecurrentPPO", "half day", 120),
    ("EPG", "summer time", None),
    ("DP", "real roll", 150),
]


@pytest.mark.parametrize(("kind", "source", "restart_at"), CASES)
def test_live_does_what_environment_and_back_test_do(kind, source, restart_at):
    frame = bars_of(source)
    agent = small_agent(kind)
    expected = expected_of(agent, frame, START)
    reasons = assert_same(lived(agent, frame, restart_at=restart_at), expected)
    assert Reason.SIGNAL in reasons
    assert len(set(expected.choices)) > 1


def test_ensemble_lives_as_it_was_back_tested_also_after_a_restart():
    members = Ensemble([small_agent("RecurrentPPO"), small_agent("PPO", seed=1)])
    frame = bars_of("summer time")
    run = lived(members, frame, restart_at=130)
    assert_same(run, expected_of(members, frame, START))
    assert all(each.agreement in (0.5, 1.0) for each in run.decisions)


def test_agent_that_sees_forecasts_lives_on_those_of_the_saved_forecaster():
    forecaster = small_forecaster()
    frame = small_market().iloc[HISTORY : TRAINED + 160]
    columns = usual_columns(forecaster.settings.horizons)[:3]
    joined = joined_forecasts(forecaster, frame)
    env = TradingEnv(joined, FEATURES, settings=EnvSettings(**ACCOUNT), forecast_columns=columns)
    agent = taught(env, algorithm="RecurrentPPO")
    start = env.simulation.first_decision
    run = lived(agent, joined, start=start, forecaster=forecaster, restart_at=start + 60)
    assert_same(run, expected_of(agent, joined, start))
