import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from scripts.benchmarks.live_process import market_process
from scripts.benchmarks.live_waits import WireWatch, entry_waits
from tests.helpers.cli import run_script
from tests.helpers.rehearsals import StubTrader, rising, terms
from trading.simulated_gateway.events import HistoricalUpdate, NextValidId, WireBar
from trading.simulated_gateway.order_types import OrderRequest, WireContract
from trading.simulated_gateway.requests import AskTime, PlaceOrder


@dataclass
class FakeBroker:
    """What a watch looks at: it delivers to a list, and asks nothing."""

    told: list = field(default_factory=list)
    on_request = None

    def __post_init__(self):
        self.deliver = lambda client_id, event: self.told.append((client_id, event))


@dataclass
class Watched:
    """A watch over a fake broker, and a clock that a test sets."""

    times: list = field(default_factory=list)

    def __post_init__(self):
        self.broker = FakeBroker()
        market = SimpleNamespace(
            broker=self.broker,
            gateway=SimpleNamespace(call=lambda function, *given: function(*given)),
        )
        self.watch = WireWatch(market)


@pytest.fixture
def watched(monkeypatch):
    found = Watched()
    clock = SimpleNamespace(perf_counter=lambda: found.times.pop(0))
    monkeypatch.setattr("scripts.benchmarks.live_waits.time", clock)
    return found


def bar_told():
    bar = WireBar(
        time=datetime(2024, 1, 2, 15, tzinfo=UTC),
        open=1.0,
        high=1.0,
        low=1.0,
        close=1.0,
        volume=1.0,
        average=1.0,
        count=1,
    )
    return HistoricalUpdate(request_id=1, bar=bar, date_format=2)


def order_asked(role):
    order = OrderRequest(
        order_id=1,
        contract=WireContract(),
        action="BUY",
        quantity=1,
        kind="MKT",
        order_ref=f"bot/d1/{role}/0",
    )
    return PlaceOrder(order=order)


def test_a_wait_is_from_the_last_bar_before_an_entry_to_the_entry(watched):
    watched.times = [10.0, 10.5, 10.504]
    watched.broker.deliver(1, bar_told())
    watched.broker.deliver(1, bar_told())
    watched.broker.on_request(order_asked("entry"))
    assert watched.watch.milliseconds == pytest.approx([4.0])


def test_what_is_told_is_still_told(watched):
    watched.times = [10.0]
    watched.broker.deliver(1, bar_told())
    watched.broker.deliver(None, NextValidId(order_id=3))
    assert watched.broker.told == [(1, bar_told()), (None, NextValidId(order_id=3))]


@pytest.mark.parametrize("asked", [order_asked("stop"), order_asked("exit"), AskTime()])
def test_what_is_no_entry_ends_no_wait(watched, asked):
    watched.times = [10.0, 10.1, 10.2]
    watched.broker.deliver(1, bar_told())
    watched.broker.on_request(asked)
    watched.broker.on_request(order_asked("entry"))
    assert watched.watch.milliseconds == pytest.approx([200.0])


def test_a_second_entry_upon_one_bar_is_not_counted(watched):
    watched.times = [10.0, 10.1, 10.2]
    watched.broker.deliver(1, bar_told())
    watched.broker.on_request(order_asked("entry"))
    watched.broker.on_request(order_asked("entry"))
    assert len(watched.watch.milliseconds) == 1


@pytest.mark.parametrize(("n_entries", "n_waits"), [(3, 3), (100, 5)])
def test_waits_are_taken_of_a_trader_in_a_market_until_there_are_enough(n_entries, n_waits):
    with market_process(terms(rising(9))) as market:
        waits = asyncio.run(
            entry_waits(market, lambda here: StubTrader(here).connected(), n_entries)
        )
    assert len(waits) == n_waits
    assert (waits > 0).all()


def test_bench_live_quick_prints_its_lines_and_nothing_else(capsys):
    outcome = run_script(capsys, "bench", "--suite", "live", "--quick", "--json")
    assert outcome.exit_code == 0, outcome.err
    lines = {line["name"]: line for line in map(json.loads, outcome.out.splitlines())}
    assert lines.keys() == {"bar_to_order", "bar_to_order_p99", "rehearsal"}
    assert lines["bar_to_order_p99"]["unit"] == "ms"
    assert lines["bar_to_order_p99"]["value"] >= lines["bar_to_order"]["value"] > 0
    assert lines["rehearsal"]["value"] > 0
