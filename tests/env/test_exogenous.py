"""The description of a market says what the environment does: state by state, to the cent."""

import numpy as np
import pytest

from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from env.exogenous import Exogenous, describe
from env.market import Market, build_market
from env.simulation import Simulation
from tests.helpers.agents import told_bars
from utils.errors import ConfigError

N_BARS = 1_500
FREE = {"initial_balance": 1e6, "lookback_window": 5, "reward": "pnl"}

ACCOUNTS = {
    "plain": {"stop_loss_ticks": None},
    "stop and target": {"stop_loss_ticks": 60.0, "take_profit_ticks": 100.0},
    "trailing stop": {"stop_loss_ticks": None, "trailing_stop_ticks": 50.0},
    "flat at night": {"stop_loss_ticks": 40.0, "flatten_minutes_before_close": 15},
    "slippage by volatility": {"stop_loss_ticks": None, "volatility_slippage_ticks": 3.0},
    "two contracts": {"stop_loss_ticks": 80.0, "max_position": 2},
    "sizes": {"stop_loss_ticks": None, "action_mode": "contracts", "max_position": 3},
    "ES": {"stop_loss_ticks": 12.0, "symbol": "ES"},
    "flat at rolls": {"stop_loss_ticks": 60.0},
    "charged for rolls": {"stop_loss_ticks": None, "roll": "charge"},
    "charged for rolls under stops": {"stop_loss_ticks": 60.0, "roll": "charge"},
}
ROLLED = [name for name in ACCOUNTS if "rolls" in name]
ROLL_EVERY, ROLL_GAP = 290, 12.5
"""Bars of a contract, and points that the next one trades above it."""


class Walker:
    """One account that is followed through a description alone."""

    def __init__(self, problem: Exogenous):
        self.problem = problem
        self.position = problem.flat
        self.entry = -1
        self.n_stopped = 0

    def step(self, row: int, action: int) -> tuple[int, float, float]:
        """Return the signed contracts after a decision, the change of equity, and its costs."""
        problem, position = self.problem, self.position
        following, gain, cost = (table[row, position, action] for table in problem.tables)
        if problem.runs is not None:
            following, gain, cost = self._with_exits(row, action, (following, gain, cost))
        self.position = int(following)
        return int(problem.positions[self.position]), float(gain), float(cost)

    def _with_exits(self, row, action, plain):
        runs, position = self.problem.runs, self.position
        entered = tuple(table[row, action] for table in runs.entries)
        if position == self.problem.flat:
            self.entry = row
            return entered
        side = position // 2
        if self.problem.is_kept[position, action]:
            if runs.end_rows[self.entry, side] != row + 1:
                return plain
            self.n_stopped += 1
            ends = runs.end_gains_usd[self.entry, side], runs.end_costs_usd[self.entry, side]
            return self.problem.flat, *ends
        closing = self.problem.close_action
        closed = [float(table[row, position, closing]) for table in self.problem.tables]
        if action == closing:
            return self.problem.flat, *closed[1:]
        self.entry = row
        return entered[0], closed[1] + entered[1], closed[2] + entered[2]


def _market(settings: EnvSettings, *, has_rolls: bool = False) -> Market:
    bars = synthetic_bars(N_BARS, "martingale", seed=3, symbol=settings.symbol)
    if has_rolls:
        is_roll = np.arange(N_BARS) % ROLL_EVERY == ROLL_EVERY - 1
        bars = bars.assign(is_roll=is_roll, roll_gap=ROLL_GAP * is_roll)
    return build_market(bars, ["rsi"], symbol=settings.symbol)


def _actions(n_actions: int, seed: int):
    """Yield random actions that let positions live for a while."""
    random = np.random.default_rng(seed)
    action = 0
    while True:
        if random.random() < 0.15:
            action = int(random.integers(n_actions))
        elif n_actions == 4:
            action = 0
        yield action


@pytest.mark.parity
@pytest.mark.parametrize("name", ACCOUNTS)
def test_description_and_environment_agree_on_random_actions(name):
    settings = EnvSettings(**{**FREE, **ACCOUNTS[name]})
    market = _market(settings, has_rolls=name in ROLLED)
    has_exits = settings.stop_loss_ticks or settings.trailing_stop_ticks
    problem = describe(market, settings, max_age=N_BARS if has_exits else 0)
    simulation, walker = Simulation(market, settings), Walker(problem)
    simulation.reset(simulation.first_decision, market.n_bars)
    actions = _actions(problem.n_actions, seed=1)
    while not simulation.is_done:
        row, before = simulation.bar, (simulation.equity_usd, _paid(simulation))
        action = next(actions)
        simulation.step(action)
        position, gain, cost = walker.step(row, action)
        assert position == simulation.position, row
        assert gain == pytest.approx(simulation.equity_usd - before[0], abs=1e-6), row
        assert cost == pytest.approx(_paid(simulation) - before[1], abs=1e-6), row
    assert simulation.n_trades > 30
    if has_exits:
        assert walker.n_stopped > 5


def _paid(simulation: Simulation) -> float:
    return float(simulation.account.fees_usd + simulation.account.slippage_usd)


@pytest.mark.parity
@pytest.mark.parametrize("reward", ["sparse", "pnl", "shaped"])
def test_rewards_of_an_episode_add_up_to_the_described_gains(reward):
    settings = EnvSettings(**{**FREE, "reward": reward, "stop_loss_ticks": 60.0})
    market = _market(settings)
    walker = Walker(describe(market, settings, max_age=N_BARS))
    simulation = Simulation(market, settings)
    simulation.reset(simulation.first_decision, market.n_bars)
    actions, rewards, gains = _actions(4, seed=2), 0.0, 0.0
    while not simulation.is_done:
        row, action = simulation.bar, next(actions)
        simulation.step(action)
        rewards += simulation.outcome[0]
        gains += walker.step(row, action)[1]
    assert rewards * settings.initial_balance == pytest.approx(gains, abs=1e-6)


def test_description_of_hand_made_bars_is_what_is_paid_by_hand():
    # each bar opens at the last close and moves 10 points: 20 USD less .62 and half a point = 1.0
    settings = EnvSettings(**{**FREE, "stop_loss_ticks": None})
    bars = told_bars(20)
    problem = describe(build_market(bars, ["hint"]), settings)
    following, gains, costs = problem.tables
    rises = bars["hint"].to_numpy() > 0
    for row in range(4, 18):
        up = 20.0 if rises[row] else -20.0
        flat, long = problem.flat, 2
        assert following[row, flat].tolist() == [1, 2, 0, 1]
        assert gains[row, flat].tolist() == pytest.approx([0.0, up - 1.12, -up - 1.12, 0.0])
        assert costs[row, flat].tolist() == pytest.approx([0.0, 1.12, 1.12, 0.0])
        assert following[row, long].tolist() == [2, 2, 0, 1]
        assert gains[row, long].tolist() == pytest.approx([up, up, -up - 2.24, -1.12])


def test_description_decides_nothing_before_the_first_window_and_at_the_last_bar():
    settings = EnvSettings(**{**FREE, "stop_loss_ticks": None})
    problem = describe(build_market(told_bars(20), ["hint"]), settings)
    assert np.flatnonzero(problem.is_decided).tolist() == list(range(4, 19))
    assert not problem.tables[1][:4].any()
    assert (problem.tables[0][19] == problem.flat).all()


def test_description_of_sessions_closes_each_and_decides_nothing_in_between():
    settings = EnvSettings(
        **{**FREE, "stop_loss_ticks": None, "episode_mode": "session", "margin": "none"}
    )
    market = _market(settings)
    problem = describe(market, settings)
    _, lasts = market.session_bounds.T
    for last in lasts[1:-1]:
        assert not problem.is_decided[last]
        assert (problem.tables[0][last - 1] == problem.flat).all()


def test_description_row_does_not_change_when_later_bars_are_cut_off():
    settings = EnvSettings(**{**FREE, "stop_loss_ticks": 60.0})
    market = _market(settings)
    whole, cut = (describe(each, settings, max_age=20) for each in (market, market.head(1_000)))
    for table, of_cut in zip(whole.tables, cut.tables, strict=True):
        assert (table[:998] == of_cut[:998]).all()
    assert (whole.runs.end_rows[:970] == cut.runs.end_rows[:970]).all()


def test_open_pnl_of_an_entry_is_the_environments():
    settings = EnvSettings(**{**FREE, "stop_loss_ticks": None})
    market = _market(settings)
    problem = describe(market, settings, max_age=10, has_open_pnl=True)
    simulation = Simulation(market, settings)
    simulation.reset(700, market.n_bars)
    for age in range(10):
        simulation.step(2 if age == 0 else 0)
        assert problem.runs.open_usd[700, 0, age] == pytest.approx(
            simulation.account.open_pnl_usd, abs=1e-3
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"action_mode": "continuous"}, "`action_mode` continuous.*cannot be counted"),
        ({"position_sizer": "volatility"}, "`position_sizer` volatility.*depend on the equity"),
        ({"reward": "sharpe"}, "`reward` sharpe.*equity's whole path"),
        ({"reward": "shaped", "reward_gamma": 0.9}, "`reward_gamma` 0.9.*do not add up"),
        ({"daily_loss_limit": 500.0}, "`daily_loss_limit` 500.0.*session so far"),
        ({"max_trades_per_day": 3}, "`max_trades_per_day` 3.*session so far"),
        ({"prop_rules": "evaluation_50k"}, "`prop_rules` evaluation_50k.*session so far"),
    ],
)
def test_description_of_what_depends_on_more_than_the_position_is_refused(changes, message):
    settings = EnvSettings(**{**FREE, "stop_loss_ticks": None, **changes})
    with pytest.raises(ConfigError, match=message):
        describe(build_market(told_bars(20), ["hint"]), settings)


def test_description_of_entries_of_several_sizes_is_refused():
    changes = {"action_mode": "contracts", "max_position": 2, "stop_loss_ticks": 40.0}
    settings = EnvSettings(**{**FREE, **changes})
    with pytest.raises(ConfigError, match="`max_position` 2.*several entries"):
        describe(build_market(told_bars(20), ["hint"]), settings, max_age=5)
