"""A strategy's desk, a policy, targets and the bare kernel: one and the same, bit for bit."""

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from backtest.feed import Feed
from backtest.frames import fills_frame, trades_frame
from backtest.order_types import Denied, Order
from backtest.policy_strategy import PolicyStrategy
from backtest.strategy import Strategy
from backtest.strategy_run import run_strategy
from backtest.target_run import FollowTargets
from config.settings import EnvSettings
from env.account_bars import account_bars
from env.action_modes import ACTION_MODES
from env.desk import DESK_ACCOUNT, MAX_DESK_FILLS
from env.kernel.advance import advance
from env.kernel.orders import cancel, submit
from env.kernel.types import FILL, ORDER_TICKET, TRADE
from env.market import build_market
from env.position_sizer import SIZERS
from env.terms import open_account, terms_of
from models.baselines import BASELINES
from tests.backtest.test_parity import FLATTEN, FREE, RULES, Scripted, bars_of, random_actions
from tests.helpers.strategies import SmaTargets
from utils.errors import DataError
from utils.jit import jit
from utils.seeding import generator

pytestmark = pytest.mark.parity

SIZED = [(sizer, "discrete") for sizer in SIZERS] + [("fixed", mode) for mode in ACTION_MODES]


def assert_same(one, other):
    """Fail unless two results are the same but for the ids of their orders."""
    assert one.equity.tobytes() == other.equity.tobytes()
    assert np.array_equal(one.positions, other.positions)
    assert one.fills.drop(columns="order_id").equals(other.fills.drop(columns="order_id"))
    assert one.trades.equals(other.trades)
    assert one.n_ambiguous == other.n_ambiguous
    assert one.was_liquidated == other.was_liquidated


def as_policy_and_strategy(policy_of, settings, bars):
    """Return a policy's result, and that of the same policy at a desk, over the same rows."""
    engine = BacktestEngine(bars, settings.initial_balance)
    result = engine.run_with_policy(policy_of(), ("log_return",), settings=settings)
    market = build_market(bars, ["log_return"])
    strategy = PolicyStrategy(policy_of(), market, settings)
    first = market.first_decision(settings.lookback_window)
    return result, run_strategy(strategy, Feed(bars, market), settings, (first, len(bars)))


@pytest.mark.parametrize("rules", RULES)
def test_policy_at_a_desk_trades_as_it_does_in_the_environment(rules):
    settings = EnvSettings(**{**FREE, **RULES[rules][0]})
    actions = random_actions(settings, 7)
    results = as_policy_and_strategy(lambda: Scripted(actions), settings, bars_of("synthetic"))
    assert_same(*results)
    assert results[0].denials == results[1].denials
    assert "signal" in set(results[0].fills["reason"])


@pytest.mark.parametrize(("sizer", "mode"), SIZED)
def test_policy_at_a_desk_has_the_sizes_of_the_environment(sizer, mode):
    expected = {"kelly_win_rate": 0.5, "kelly_payoff": 1.5, "max_position": 5}
    settings = EnvSettings(**FREE, **FLATTEN, **expected, position_sizer=sizer, action_mode=mode)
    actions = random_actions(settings, 7)
    results = as_policy_and_strategy(lambda: Scripted(actions), settings, bars_of("synthetic"))
    assert_same(*results)
    assert results[0].denials == results[1].denials
    assert len(results[0].trades) > 30


def test_policy_at_a_desk_sees_what_it_sees_in_the_environment():
    class Noting(Scripted):
        def decide(self, bar, observation):
            values = (observation["market_features"], observation["position_info"])
            self.notes.append((bar, *(value.tobytes() for value in values)))
            return super().decide(bar, observation)

    settings = EnvSettings(**FREE, stop_loss_ticks=80.0)
    actions, policies = random_actions(settings, 3), []

    def noting():
        policies.append(Noting(actions))
        policies[-1].notes = []
        return policies[-1]

    assert_same(*as_policy_and_strategy(noting, settings, bars_of("synthetic")))
    assert policies[0].notes == policies[1].notes
    assert len(policies[0].notes) > 2_000


@pytest.mark.parametrize("name", BASELINES)
def test_baselines_can_be_run_as_strategies(name):
    settings = EnvSettings(**FREE)
    assert_same(*as_policy_and_strategy(lambda: BASELINES[name](1), settings, bars_of("synthetic")))


@pytest.mark.parametrize("rules", RULES)
def test_targets_in_one_loop_fill_as_they_do_bar_by_bar(rules):
    settings = EnvSettings(**{**FREE, **RULES[rules][0], "action_mode": "contracts"})
    bars = bars_of("synthetic")
    engine = BacktestEngine(bars, settings.initial_balance)
    looped = engine.run_with_strategy(SmaTargets(), settings)
    asked = engine.run_with_strategy(FollowTargets(SmaTargets(), bars), settings)
    assert_same(looped, asked)
    assert len(looped.trades) > (5 if rules == "ruin" else 50)
    if not looped.was_liquidated:
        assert looped.denials == asked.denials
    assert_same(engine.replayed(looped), looped)


def test_targets_that_look_ahead_or_are_no_contracts_are_refused():
    class Wrong(SmaTargets):
        def targets(self, bars):
            return np.sign(bars["close"].shift(-1) - bars["close"]).fillna(0.0)

    class Halves(SmaTargets):
        def targets(self, bars):
            return np.full(len(bars), 0.5)

    engine = BacktestEngine(bars_of("synthetic"))
    with pytest.raises(DataError, match="`targets` of `sma_cross` looks ahead"):
        engine.run_with_strategy(Wrong())
    with pytest.raises(DataError, match="must be whole contracts, was 0.5 at"):
        engine.run_with_strategy(Halves())


class RandomOrders(Strategy):
    """Hand in and cancel orders of every kind at random, and note the tickets as ticks."""

    name = "random_orders"

    def __init__(self, seed):
        self._random = generator(seed)
        self.rows, self.tickets, self.cancelled = [], [], []

    def on_bar(self, desk):
        draw = self._random.random()
        if draw < 0.1:
            self._submit(desk)
        elif draw < 0.13 and desk.orders:
            order_id = desk.orders[-1].order_id
            if order_id > 0:
                self._note(desk, order_id, np.zeros(1, ORDER_TICKET)[0])
                assert desk.cancel(order_id)

    def _submit(self, desk):
        random, tick = self._random, 0.25
        quantity = int(random.choice([-2, -1, 1, 2]))
        away = int(random.integers(4, 60))
        stop = limit = trail = None
        kind = int(random.integers(1, 5))
        if kind in (2, 4):
            stop = desk.close + np.sign(quantity) * away * tick
        if kind in (3, 4):
            limit = desk.close - np.sign(quantity) * (away if kind == 3 else -away - 3) * tick
        if kind == 2 and random.random() < 0.3:
            trail = float(away)
        exits = [None if random.random() < 0.5 else float(random.integers(10, 90)) for _ in "ab"]
        group, is_day = int(random.integers(0, 3)), bool(random.random() < 0.3)
        order = Order(
            quantity=quantity,
            stop=stop,
            limit=limit,
            trail_ticks=trail,
            stop_loss_ticks=exits[0],
            take_profit_ticks=exits[1],
            group=group,
            is_day=is_day,
        )
        ticket = np.zeros(1, ORDER_TICKET)[0]
        ticket.kind, ticket.quantity = kind, quantity
        ticket.trigger_ticks = 0 if stop is None else round(stop / tick)
        ticket.limit_ticks = 0 if limit is None else round(limit / tick)
        ticket.trail_ticks = trail or 0.0
        ticket.stop_offset_ticks, ticket.target_offset_ticks = exits[0] or 0.0, exits[1] or 0.0
        ticket.group, ticket.is_day = group, is_day
        self._note(desk, 0, ticket)
        answer = desk.submit(order)
        assert isinstance(answer, Denied | int)

    def _note(self, desk, order_id, ticket):
        self.rows.append(desk.n_bars - 1)
        self.cancelled.append(order_id)
        self.tickets.append(ticket)


@jit
def _live_plainly(books, rows, tickets, cancelled, equity):
    accounts, bars, fills, trades = books
    account = accounts[0]
    k = 0
    while account.bar < account.last_bar:
        while k < len(rows) and rows[k] == account.bar:
            if cancelled[k] > 0:
                cancel(account, cancelled[k])
            else:
                submit(account, bars[account.bar].flag_bits, tickets[k])
            k += 1
        advance(account, bars[account.bar + 1], fills, trades)
        equity[account.bar] = account.equity_usd


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rules", ["stop", "sessions", "rolls charged", "ruin", "adaptive path"])
def test_random_orders_at_a_desk_are_those_of_the_bare_kernel(rules, seed):
    settings = EnvSettings(**{**FREE, "max_position": 6, **RULES[rules][0]})
    bars = bars_of("synthetic")
    strategy = RandomOrders(seed)
    engine = BacktestEngine(bars, settings.initial_balance)
    result = engine.run_with_strategy(strategy, settings)

    market = build_market(bars, ["time_sin"])
    accounts = np.zeros(1, DESK_ACCOUNT)
    open_account(accounts[0], terms_of(settings), 0, len(bars) - 1)
    room = MAX_DESK_FILLS * 400
    fills, trades = np.zeros(room, FILL), np.zeros(room, TRADE)
    equity = np.full(len(bars), settings.initial_balance)
    tickets = np.array(strategy.tickets, dtype=ORDER_TICKET)
    steps = (np.array(strategy.rows), tickets, np.array(strategy.cancelled))
    _live_plainly((accounts, account_bars(market, settings), fills, trades), *steps, equity)
    account = accounts[0]
    assert result.equity.tobytes() == equity.tobytes()
    assert result.fills.equals(fills_frame(fills[: account.n_fills], market))
    plain_trades = trades_frame(trades[: account.n_trades], market).drop(columns="r_multiple")
    assert result.trades.drop(columns="r_multiple").equals(plain_trades)
    assert sum(result.denials.values()) == account.n_denied
    assert len(result.trades) > (3 if rules == "ruin" else 40)
