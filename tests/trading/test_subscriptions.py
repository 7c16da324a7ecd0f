"""Bars through the real client: each close once, whatever ends the subscription in between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pandas as pd
import pytest

from tests.helpers.bars import SESSION_OPEN, make_bars
from tests.helpers.clocks import StoppedClock
from tests.helpers.gateways import until
from tests.helpers.ib_links import Link, linked
from trading.broker_events import ErrorSeen
from trading.connection_events import (
    ConnectionDown,
    ConnectionUp,
    DataFarm,
    FarmState,
    TradingBlocked,
    TradingRestored,
)
from trading.data_events import (
    BarClosed,
    BarGap,
    BarMoved,
    BarRevised,
    BarsDisordered,
    DataEvent,
    DataFresh,
    DataStale,
)
from trading.subscriptions import BarSubscription, BarTerms
from utils.clock import Clock
from utils.errors import FatalGatewayError

Told = TypeVar("Told", bound=DataEvent)
N_WARM = 5
"""Bars that are over before the subscription begins; the sixth is forming."""

UP = ConnectionUp(n_connections=1, skew_seconds=0.0)
FIVE_MINUTES = timedelta(minutes=5)
NOW = StoppedClock("2024-01-02T00:00:00+00:00")


@dataclass
class LookedAtClock:
    """A clock that tests move, and that counts how often it was looked at since."""

    text: str
    n_looks: int = field(default=0)

    def now(self) -> datetime:
        """Return its time."""
        self.n_looks += 1
        return datetime.fromisoformat(self.text)

    def move_to(self, text: str) -> None:
        """Set it."""
        self.text, self.n_looks = text, 0


@dataclass
class Feed:
    """A subscription that runs, and what it told."""

    link: Link
    bars: BarSubscription
    told: list[DataEvent]

    def of(self, kind: type[Told]) -> list[Told]:
        """Return what was told of one kind."""
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def closes(self) -> list[int]:
        """Which bars were told to be over, by number."""
        start = pd.Timestamp(SESSION_OPEN)
        return [
            int((event.bar.time - start).total_seconds()) // 300 for event in self.of(BarClosed)
        ]

    def step(self, n: int = 1) -> None:
        """Let the market go on by so many bars."""
        for _ in range(n):
            self.link.far.do("step")

    async def has_told(self, n_closes: int) -> None:
        """Wait for so many closes."""
        await until(lambda: len(self.closes) >= n_closes)
        await asyncio.sleep(0.02)


def fed(
    body: Callable[[Feed], Awaitable[None]],
    clock: Clock = NOW,
    last_closed: datetime | None = None,
    **changed: float,
) -> list[DataEvent]:
    """Run `body` beside a subscription to 5-minute bars, and return what it told."""
    rows = [(20_000.0 + n, 20_002.0 + n, 19_999.0 + n, 20_001.0 + n) for n in range(40)]
    told: list[DataEvent] = []

    async def in_loop(link: Link) -> None:
        for _ in range(N_WARM):
            link.far.do("step")
        terms = BarTerms(con_id=link.con_id, symbol="MNQ", bar_size="5 mins", bar_seconds=300)
        settings = link.near._settings
        bars = BarSubscription(link.near, terms, settings, clock, told.append, last_closed)
        running = asyncio.ensure_future(bars.run())
        bars.hear(UP)
        feed = Feed(link, bars, told)
        try:
            if last_closed is None:
                await feed.has_told(N_WARM)
            await body(feed)
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.wait({running})

    linked(in_loop, make_bars(rows), **changed)
    return told


def test_subscription_warms_up_from_history_and_then_tells_each_close_once() -> None:
    async def body(feed: Feed) -> None:
        assert [event.is_from_history for event in feed.of(BarClosed)] == [True] * N_WARM
        feed.step(3)
        await feed.has_told(N_WARM + 3)
        assert feed.closes == list(range(8))
        last = feed.of(BarClosed)[-1]
        assert (last.bar.open, last.bar.high, last.bar.low, last.bar.close) == (
            20_007.0,
            20_009.0,
            20_006.0,
            20_008.0,
        )
        assert (last.bar.volume, last.is_from_history) == (100.0, False)

    fed(body)


def test_subscription_tells_each_move_of_the_forming_bar_and_when_it_heard_of_it() -> None:
    async def body(feed: Feed) -> None:
        assert feed.bars.heard_at == datetime(2024, 1, 2, tzinfo=UTC)
        feed.step()
        await until(lambda: feed.of(BarMoved)[-1].bar.open == 20_006.0)
        feed.told.clear()
        feed.step()
        await feed.has_told(1)
        moved = feed.of(BarMoved)[:2]
        assert [(one.bar.open, one.bar.close) for one in moved] == [
            (20_006.0, 20_007.0),
            (20_007.0, 20_007.0),
        ]
        assert [type(one) for one in feed.told[:3]] == [BarMoved, BarClosed, BarMoved]

    fed(body)


def test_subscription_after_a_restart_tells_only_what_came_after_the_known_bar() -> None:
    async def body(feed: Feed) -> None:
        await feed.has_told(2)
        assert feed.closes == [3, 4]
        feed.step()
        await feed.has_told(3)
        assert feed.closes == [3, 4, 5]
        assert not feed.of(BarGap)

    fed(body, last_closed=pd.Timestamp(SESSION_OPEN).to_pydatetime() + 2 * FIVE_MINUTES)


def test_subscription_asked_again_tells_what_history_says_otherwise() -> None:
    async def body(feed: Feed) -> None:
        feed.link.far.set(drop_out={90: 1})  # the last movement of the forming bar
        feed.step()
        await feed.has_told(N_WARM + 1)
        wrong = feed.of(BarClosed)[-1].bar
        feed.bars.ask_again()
        await until(lambda: bool(feed.of(BarRevised)))
        right = feed.of(BarRevised)[0].bar
        assert right.time == wrong.time
        assert (wrong.close, right.close) == (20_005.0, 20_006.0)
        assert feed.bars.n_starts == 2

    fed(body)


def test_subscription_after_data_were_lost_begins_anew_and_fills_the_gap() -> None:
    """1101: what was subscribed to is silent for ever, and says nothing of it."""

    async def body(feed: Feed) -> None:
        feed.link.far.do("lose")
        feed.step(3)
        feed.link.far.do("restore", is_data_lost=True)
        await until(lambda: feed.link.of(ErrorSeen)[-1].code == 1101)
        feed.bars.hear(TradingRestored(is_data_lost=True))
        await feed.has_told(N_WARM + 3)
        feed.step()
        await feed.has_told(N_WARM + 4)
        assert feed.closes == list(range(9))
        assert feed.bars.n_starts == 2
        assert not feed.of(BarGap)

    fed(body)


def test_subscription_whose_broker_was_away_does_not_close_a_bar_that_it_saw_in_part() -> None:
    """1102: the subscription goes on, and the last moves of a bar are not told again."""

    async def body(feed: Feed) -> None:
        feed.link.far.do("lose")
        feed.bars.hear(TradingBlocked(code=1100))
        feed.step()
        feed.link.far.do("restore", is_data_lost=False)
        feed.step()  # its first move comes before anybody has heard of 1102
        await feed.has_told(N_WARM + 2)
        assert feed.closes == list(range(7))
        seen, missed = (event.bar for event in feed.of(BarClosed)[-2:])
        assert (seen.close, missed.close) == (20_006.0, 20_007.0)
        assert not feed.of(BarRevised)

    fed(body)


def test_subscription_of_a_broken_farm_is_stale_until_it_is_back_and_history_was_told() -> None:
    async def body(feed: Feed) -> None:
        feed.bars.hear(DataFarm(name="usfuture", state=FarmState.BROKEN))
        assert feed.bars.is_stale
        feed.bars.hear(DataFarm(name="euhmds", state=FarmState.UP))
        assert feed.bars.n_starts == 1
        feed.bars.hear(DataFarm(name="usfuture", state=FarmState.UP))
        await until(lambda: not feed.bars.is_stale)
        assert feed.bars.n_starts == 2

    told = fed(body)
    assert DataStale(reason="the broker's data farm usfuture is broken") in told


def test_subscription_heeds_no_farm_of_contract_definitions() -> None:
    async def body(feed: Feed) -> None:
        feed.bars.hear(DataFarm(name="secdefnj", state=FarmState.BROKEN, has_bars=False))
        assert not feed.bars.is_stale

    fed(body)


def test_subscription_after_a_reconnect_begins_anew_and_fills_the_gap() -> None:
    async def body(feed: Feed) -> None:
        feed.link.far.do("kick")
        await until(lambda: not feed.link.near.is_connected)
        feed.bars.hear(ConnectionDown(reason="reset by peer"))
        assert feed.bars.is_stale
        feed.step(4)
        await feed.link.near.connect()
        feed.bars.hear(UP)
        await feed.has_told(N_WARM + 4)
        feed.step()
        await feed.has_told(N_WARM + 5)
        assert feed.closes == list(range(10))
        assert not feed.bars.is_stale

    told = fed(body)
    assert [event for event in told if isinstance(event, DataStale | DataFresh)] == [
        DataFresh(),
        DataStale(reason="reset by peer"),
        DataFresh(),
    ]


def test_subscription_warns_of_stale_bars_but_not_of_a_line_that_is_down(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("futuresgym"), "propagate", True)
    caplog.set_level(logging.INFO, "futuresgym.bars")

    async def body(feed: Feed) -> None:
        feed.bars.hear(DataFarm(name="usfuture", state=FarmState.BROKEN))
        feed.bars.hear(ConnectionDown(reason="we closed the connection"))

    fed(body)
    stale = [one for one in caplog.records if "stale" in one.getMessage()]
    said = dict.fromkeys((one.levelname, one.getMessage()) for one in stale)  # each handler's
    assert list(said) == [
        ("WARNING", "bars are stale: the broker's data farm usfuture is broken"),
        ("INFO", "bars are stale: we closed the connection"),
    ]


def test_subscription_whose_updates_are_lost_fills_the_hole_from_history() -> None:
    async def body(feed: Feed) -> None:
        feed.link.far.set(drop_out={90: 4})  # closes and opens of two bars
        feed.step(2)
        feed.step(2)
        await feed.has_told(N_WARM + 4)
        assert feed.closes == list(range(9))
        assert feed.bars.n_starts == 2

    fed(body)


def test_subscription_whose_updates_come_twice_tells_each_close_once() -> None:
    async def body(feed: Feed) -> None:
        feed.link.far.set(dup_out={90: -1})
        feed.step(4)
        await feed.has_told(N_WARM + 4)
        assert feed.closes == list(range(9))

    fed(body)


def with_a_hole(link: Link) -> None:
    link.far.set(history_gap_bars=2)


def test_subscription_names_a_hole_that_history_keeps_having() -> None:
    async def body(feed: Feed) -> None:
        await until(lambda: bool(feed.of(BarGap)))
        assert feed.of(BarGap)[0].n_missing == 2
        assert feed.bars.n_starts == 3

    fed_spoilt(body, with_a_hole, gap_retries=2, first_retry_seconds=0.01)


def test_subscription_tells_nothing_of_a_hole_that_history_fills_when_asked_again() -> None:
    async def body(feed: Feed) -> None:
        await until(lambda: feed.bars.n_starts == 2)
        assert feed.told == [DataStale(reason="history lacks 2 bars; it is asked again")]
        feed.link.far.set(history_gap_bars=0)
        await feed.has_told(N_WARM)
        assert feed.closes == list(range(N_WARM))
        assert not feed.of(BarGap)
        assert not feed.bars.is_stale

    fed_spoilt(body, with_a_hole, gap_retries=100, first_retry_seconds=0.01)


def test_subscription_mends_history_out_of_order_and_says_so() -> None:
    async def body(feed: Feed) -> None:
        await feed.has_told(N_WARM)
        assert feed.closes == list(range(N_WARM))
        assert feed.of(BarsDisordered) == [BarsDisordered(n_double=1, n_late=1)]

    def spoil(link: Link) -> None:
        link.far.set(is_shuffling_history=True)

    fed_spoilt(body, spoil)


def fed_spoilt(
    body: Callable[[Feed], Awaitable[None]], spoil: Callable[[Link], None], **changed: float
) -> None:
    """As `fed`, with a fault from the next subscription on."""

    async def spoilt(feed: Feed) -> None:
        fresh: list[DataEvent] = []
        spoil(feed.link)
        terms, clock = feed.bars._terms, feed.bars._clock
        bars = BarSubscription(feed.link.near, terms, feed.link.near._settings, clock, fresh.append)
        running = asyncio.ensure_future(bars.run())
        bars.hear(UP)
        try:
            await body(Feed(feed.link, bars, fresh))
        finally:
            running.cancel()
            await asyncio.wait({running})

    fed(spoilt, **changed)


def test_subscription_that_falls_silent_is_stale_until_bars_come_again() -> None:
    async def body(feed: Feed) -> None:
        feed.link.far.set(is_stale=True)
        await until(lambda: bool(feed.of(DataStale)))
        await until(lambda: feed.bars.n_starts == 3)  # history is asked, and answers
        assert feed.bars.is_stale
        feed.link.far.set(is_stale=False)
        feed.step()
        await until(lambda: feed.of(DataFresh)[1:] != [])
        assert feed.closes == list(range(N_WARM + 1))

    told = fed(body, silence_seconds=0.3)
    assert DataStale(reason="no bar of MNQ came for 0.3 s") in told


def test_subscription_silent_through_the_daily_break_is_not_stale_when_it_ends() -> None:
    clock = LookedAtClock("2024-01-02T22:30:00+00:00")  # the break of 16:00 to 17:00 in Chicago

    async def body(feed: Feed) -> None:
        feed.link.far.set(is_stale=True)
        clock.move_to("2024-01-02T22:59:59+00:00")
        await until(lambda: clock.n_looks >= 6)  # a quarter of the limit lies between two
        clock.move_to("2024-01-02T23:00:01+00:00")
        await until(lambda: clock.n_looks >= 1)
        assert not feed.of(DataStale)
        await until(lambda: bool(feed.of(DataStale)))

    fed(body, clock=clock, silence_seconds=0.4)


def test_subscription_during_a_competing_session_is_stale_until_it_is_over() -> None:
    async def body(feed: Feed) -> None:
        feed.link.far.set(is_data_up=False)
        feed.bars.hear(TradingRestored(is_data_lost=True))
        await until(lambda: bool(feed.of(DataStale)))
        assert "10197" in feed.of(DataStale)[0].reason
        feed.link.far.set(is_data_up=True)
        await until(lambda: not feed.bars.is_stale)

    fed(body, first_retry_seconds=0.05)


def test_subscription_refused_for_pacing_is_tried_again() -> None:
    async def body(feed: Feed) -> None:
        feed.link.far.set(is_history_up=False)
        feed.bars.hear(TradingRestored(is_data_lost=True))
        await until(lambda: bool(feed.of(DataStale)))
        assert "refused a request with 162" in feed.of(DataStale)[0].reason
        feed.link.far.set(is_history_up=True)
        await until(lambda: not feed.bars.is_stale)

    fed(body, first_retry_seconds=0.05)


def test_subscription_to_a_contract_that_was_not_qualified_ends_with_it() -> None:
    async def body(link: Link) -> None:
        terms = BarTerms(con_id=5, symbol="MNQ", bar_size="5 mins", bar_seconds=300)
        told: list[DataEvent] = []
        bars = BarSubscription(link.near, terms, link.near._settings, NOW, told.append)
        bars.hear(UP)
        with pytest.raises(FatalGatewayError, match="contract 5 was not qualified"):
            await bars.run()

    linked(body)


def test_subscription_that_is_refused_for_good_is_fresh_again_once_its_bars_come() -> None:
    async def body(link: Link) -> None:
        terms = BarTerms(con_id=link.con_id, symbol="MNQ", bar_size="5 mins", bar_seconds=300)
        told: list[DataEvent] = []
        bars = BarSubscription(link.near, terms, link.near._settings, NOW, told.append)
        for _ in range(N_WARM):
            link.far.do("step")
        bars.hear(UP)
        running = asyncio.ensure_future(bars.run())
        await until(lambda: not bars.is_stale)
        link.far.set(has_data_permission=False)
        bars.ask_again()
        with pytest.raises(FatalGatewayError, match="permissions"):
            await running
        assert bars.is_stale
        link.far.set(has_data_permission=True)
        bars.ask_again()
        again = asyncio.ensure_future(bars.run())
        await until(lambda: not bars.is_stale)
        again.cancel()
        await asyncio.wait({again})
        freshness = [type(event) for event in told if isinstance(event, DataFresh | DataStale)]
        assert freshness == [DataFresh, DataStale, DataFresh]

    linked(body, make_bars([(20_000.0, 20_002.0, 19_999.0, 20_001.0)] * 40))
