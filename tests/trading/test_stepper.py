import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from data.synthetic import synthetic_bars
from tests.helpers.rehearsals import StubTrader, rehearsed_run, rising, terms
from trading.replay_clock import ReplayClock
from trading.simulation import simulated_market
from trading.stepper import Stepper
from utils.errors import SimulationError

NEVER = 3_600.0


def test_every_order_is_filled_at_the_open_after_the_close_that_it_answers():
    trader = rehearsed_run(terms(rising(8)))
    minutes = [fill[0].minute for fill in trader.fills]
    prices = [fill[1:] for fill in trader.fills]
    assert [opened.minute for opened in trader.live] == [15, 20, 25, 30]
    assert minutes == [20, 25, 30, 35]
    assert prices == [  # the opens 18004 to 18007, a tick worse
        (18_004.25, "BOT"),
        (18_004.75, "SLD"),
        (18_006.25, "BOT"),
        (18_006.75, "SLD"),
    ]


def test_a_close_is_heard_at_the_time_at_which_it_happens():
    trader = rehearsed_run(terms(rising(8)))
    lag = [heard - opened for heard, opened in zip(trader.clock_at_close, trader.live, strict=True)]
    assert lag == [timedelta(minutes=5)] * 4


def test_the_market_waits_for_a_trader_that_takes_its_time():
    bars = synthetic_bars(60, seed=5)
    quick = rehearsed_run(terms(bars))
    slow = rehearsed_run(terms(bars), think_seconds=0.01)
    assert len(quick.fills) == 56
    assert slow.fills == quick.fills


def test_the_market_waits_for_messages_that_are_on_their_way():
    bars = synthetic_bars(30, seed=5)
    late = rehearsed_run(terms(bars), delay_seconds=0.005)
    assert len(late.fills) == 26
    assert late.fills == rehearsed_run(terms(bars)).fills


def test_two_runs_of_the_same_bars_give_the_same_fills():
    bars = synthetic_bars(300, seed=6)
    runs = [rehearsed_run(terms(bars, n_warm=100)) for _ in range(2)]
    assert len(runs[0].fills) == 199
    assert runs[0].fills == runs[1].fills
    assert runs[0].closes == runs[1].closes


def test_a_session_that_is_over_is_followed_by_the_open_of_the_next():
    bars = synthetic_bars(290, seed=7)
    trader = rehearsed_run(terms(bars, n_warm=270))
    gap = max(after - before for before, after in zip(trader.live, trader.live[1:], strict=False))
    assert len(trader.live) == 19
    assert gap > timedelta(minutes=60)


@pytest.mark.parametrize("gap_retries", [0, 2])
def test_the_market_waits_for_bars_that_are_asked_for_again_after_a_hole(gap_retries):
    bars = rising(20)
    holed = terms(bars.drop(bars.index[8:11]))
    late = {"delay_seconds": 0.002, "gap_retries": gap_retries}
    runs = [rehearsed_run(holed, **late) for _ in range(2)]
    minutes = [(opened - runs[0].live[0]).total_seconds() / 60 for opened in runs[0].live]
    assert minutes == [0, 5, 10, 15, 20, *range(40, 80, 5)]
    assert runs[0].closes == runs[1].closes
    assert runs[0].fills == runs[1].fills


def test_a_trader_that_is_never_settled_stops_the_run_and_says_what_is_left():
    with pytest.raises(SimulationError, match=r"within 0.2 s .*23:20:00.*decision is being made"):
        rehearsed_run(terms(rising(8)), settle_seconds=0.2, think_seconds=NEVER)


def test_by_time_the_run_ends_with_the_last_bar():
    trader = rehearsed_run(terms(rising(8), speed=3_000.0))
    assert [opened.minute for opened in trader.live] == [15, 20, 25, 30]
    assert len(trader.fills) == 4


def test_by_time_a_close_is_heard_soon_after_it_happened():
    trader = rehearsed_run(terms(rising(8), speed=600.0))
    lag = [heard - opened for heard, opened in zip(trader.clock_at_close, trader.live, strict=True)]
    assert min(lag) >= timedelta(minutes=5)


@dataclass
class StandingMarket:
    """A market by time in which what is due does not happen."""

    clock: ReplayClock = field(init=False)
    n_orders_heard: int = 0
    is_lockstep: bool = False
    time: datetime = datetime(2024, 1, 2, 12, tzinfo=UTC)

    def __post_init__(self):
        self.clock = ReplayClock(self, 60.0)

    def now(self):
        return self.time

    def release(self):
        self.time += timedelta(minutes=10)

    async def next_time(self):
        return datetime(2024, 1, 2, 12, 5, tzinfo=UTC)


class SettledTrader:
    async def probe(self):
        await asyncio.sleep(0.0)

    def unsettled(self):
        return ""


def test_by_time_a_gateway_that_stands_still_ends_the_run():
    stepper = Stepper(StandingMarket(), SettledTrader(), settle_seconds=0.1)
    with pytest.raises(SimulationError, match="stands still before 2024-01-02 12:05:00"):
        asyncio.run(stepper.run())


@dataclass
class ScriptedTrader:
    """A trader that is settled by its own account, while an order of it is on its way."""

    market: StandingMarket
    n_probes: int = 0

    async def probe(self):
        await asyncio.sleep(0.0)
        self.n_probes += 1
        if self.n_probes == 3:
            self.market.n_orders_heard += 1

    def unsettled(self):
        return ""


def test_an_order_that_arrives_while_it_is_asked_has_its_answers_waited_for():
    trader = ScriptedTrader(StandingMarket())
    asyncio.run(Stepper(trader.market, trader).settle())
    assert trader.n_probes == 4


def test_steps_are_counted():
    async def in_loop(market):
        async with StubTrader(market).connected() as trader:
            stepper = Stepper(market, trader)
            await stepper.run()
            return stepper.n_steps

    with simulated_market(terms(rising(8))) as market:
        assert asyncio.run(in_loop(market)) == 5
