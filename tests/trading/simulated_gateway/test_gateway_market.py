"""Time at the gateway: sessions, DAY and GTC, regular hours, replay by the clock."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from data.synthetic_contracts import synthetic_contracts
from tests.helpers.bars import make_bars
from tests.helpers.gateway_brokers import MovableClock, names, open_desk
from trading.simulated_gateway.events import ErrorMessage, HistoricalUpdate, RealtimeBar
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.order_types import WireContract
from trading.simulated_gateway.requests import AskHistory, AskPositions, AskRealtimeBars
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings, Pacing
from utils.errors import ConfigError

FLAT = (20000, 20001, 19999, 20000)
CLOSE = pd.Timestamp("2024-01-02T22:00Z")
"""16:00 Chicago of Tuesday 2024-01-02; the next session opens an hour later."""


def evening_bars(*rows):
    """Return two bars before the close of a session, and bars of the next one."""
    before = make_bars([FLAT, FLAT], start="2024-01-02T21:50Z")
    after = make_bars(rows, start="2024-01-02T23:00Z")
    return pd.concat([before, after])


def codes(events):
    return [event.code for event in events if isinstance(event, ErrorMessage)]


def test_market_stands_closed_between_sessions_and_orders_wait_for_the_open():
    desk = open_desk(evening_bars((20005, 20006, 20004, 20005), FLAT))
    desk.broker.step()
    desk.broker.step()
    assert desk.broker.now() == CLOSE
    told = desk.send(1, "BUY", 1, "MKT", tif="DAY")
    assert (names(told), told[1].status) == (
        ["OpenOrder", "OrderStatusEvent", "ErrorMessage"],
        "PreSubmitted",
    )
    assert codes(told) == [399]
    assert "2024-01-02 17:00:00 US/Central" in told[2].text
    desk.broker.step()  # the open of the next session alone
    assert desk.broker.now() == CLOSE + timedelta(hours=1)
    assert desk.fills == [(1, 20005.25)]


def test_day_order_ends_with_its_session_and_a_gtc_order_lives_on():
    desk = open_desk(evening_bars((19990, 19991, 19980, 19985), FLAT))
    desk.send(1, "BUY", 1, "LMT", limit_price=19985.0, tif="DAY")
    desk.send(2, "BUY", 1, "LMT", limit_price=19985.0, tif="GTC")
    desk.broker.step()
    assert desk.statuses() == {1: "Submitted", 2: "Submitted"}
    assert codes(desk.heard_upon(desk.broker.step)) == [202]
    assert desk.statuses() == {1: "Cancelled", 2: "Submitted"}
    desk.broker.step()
    desk.broker.step()
    assert desk.fills == [(1, 19985.0)]


def test_stop_that_is_not_for_all_hours_waits_for_regular_ones():
    rows = [FLAT, (20000, 20001, 19980, 19990), (19990, 19991, 19970, 19980)]
    desk = open_desk(make_bars(rows, start="2024-01-02T14:20Z"))  # regular hours begin at 14:30
    desk.send(1, "SELL", 1, "STP", aux_price=19985.0, is_outside_rth=False)
    desk.send(2, "SELL", 1, "STP", aux_price=19985.0, is_outside_rth=True)
    desk.broker.step()
    desk.broker.step()
    assert desk.fills == [(-1, 19984.75)]
    desk.broker.step()
    assert desk.fills[1:] == [(-1, 19984.75)]


def test_step_goes_over_a_gap_within_a_session():
    bars = make_bars([FLAT, FLAT, FLAT]).drop(index=pd.Timestamp("2024-01-01T23:05Z"))
    desk = open_desk(bars.iloc[[0, 1]])
    desk.broker.step()
    assert desk.broker.now() == datetime(2024, 1, 1, 23, 10, tzinfo=UTC)
    assert len(desk.send(1, "BUY", 1, "MKT")) == 6  # an open stands


def test_end_of_the_bars_stands_still():
    desk = open_desk(make_bars([FLAT, FLAT]))
    for _ in range(4):
        desk.broker.step()
    assert desk.broker.now() == datetime(2024, 1, 1, 23, 10, tzinfo=UTC)
    desk.send(1, "BUY", 1, "MKT")
    assert desk.fills == []


def timed_desk(bars, speed):
    return open_desk(bars, pacing=Pacing.TIMED, speed=speed)


def test_timed_market_follows_the_clock_at_its_speed():
    desk = timed_desk(make_bars([FLAT, (20005, 20006, 20004, 20005), FLAT]), speed=60.0)
    assert desk.broker.seconds_to_next() == pytest.approx(5 / 60)  # a piece of five seconds
    desk.clock.pass_by(4.9)
    desk.broker.pulse()
    assert desk.broker.now() == datetime(2024, 1, 1, 23, 4, 54, tzinfo=UTC)
    assert desk.broker.market.tapes[0].n_complete == 0
    desk.clock.pass_by(0.2)
    desk.broker.pulse()
    assert desk.broker.market.tapes[0].n_complete == 1
    desk.send(1, "BUY", 1, "MKT")
    assert desk.fills[0][1] in (20005.25, 20006.25)


def test_timed_market_shows_a_bar_piece_by_piece_and_never_more_than_has_passed():
    bar = (20000, 20010, 19990, 20005)
    desk = timed_desk(make_bars([bar, FLAT], step="30s"), speed=1.0)
    contract = WireContract(local_symbol="MNQH4")
    desk.ask(AskRealtimeBars(request_id=1, contract=contract, what="TRADES", is_rth_only=False))
    desk.clock.pass_by(12.0)
    heard = desk.heard_upon(desk.broker.pulse)
    assert [type(event) for event in heard] == [RealtimeBar, RealtimeBar]
    # a leg is ten seconds: down to 19990 first, as both extremes are as near
    assert (heard[0].bar.open, heard[0].bar.low, heard[1].bar.low) == (20000.0, 19995.0, 19990.0)
    desk.clock.pass_by(18.0)
    heard += desk.heard_upon(desk.broker.pulse)
    bars = [event.bar for event in heard]
    assert len(bars) == 6
    assert max(row.high for row in bars) == 20010.0
    assert (min(row.low for row in bars), bars[-1].close) == (19990.0, 20005.0)
    assert sum(row.volume for row in bars) == 100.0


def test_kept_history_tells_the_bar_that_is_over_and_then_the_next_ones_open():
    desk = open_desk(make_bars([FLAT, (20005, 20007, 20003, 20006), FLAT]))
    request = AskHistory(
        request_id=3,
        contract=WireContract(local_symbol="MNQH4"),
        has_expired=False,
        end="",
        bar_size="5 mins",
        duration="1 D",
        is_rth_only=False,
        what="TRADES",
        date_format=2,
        keeps_up_to_date=True,
    )
    desk.ask(request)
    heard = desk.heard_upon(desk.broker.step)
    assert [type(event) for event in heard] == [HistoricalUpdate, HistoricalUpdate]
    over, forming = (event.bar for event in heard)
    assert (over.time, over.close, over.volume) == (
        datetime(2024, 1, 1, 23, 0, tzinfo=UTC),
        20000.0,
        100.0,
    )
    assert (forming.open, forming.high, forming.low, forming.close) == (20005.0,) * 4
    assert forming.volume == 0.0


def test_contracts_of_one_frame_trade_at_their_own_prices():
    frame = synthetic_contracts(12_000, seed=1)
    start = datetime(2024, 3, 1, 15, tzinfo=UTC)  # both H and M trade
    clock = MovableClock()
    market = Market({"MNQ": frame}, MarketSettings(start=start), clock)
    today = market.today()
    near, far = (
        market.contracts.find(WireContract(local_symbol=code), today, False)[0]
        for code in ("MNQH4", "MNQM4")
    )
    prices = [market.tape_of(listed) for listed in (near, far)]
    assert prices[0] is not prices[1]
    list(market.begin())
    assert prices[0].price < prices[1].price  # the later one costs its carry
    assert market.contracts.front("MNQ", today).wire.local_symbol == "MNQH4"


def test_front_contract_is_what_the_test_says():
    desk = open_desk(make_bars([FLAT, FLAT]))
    assert desk.broker.market.contracts.front("MNQ", desk.broker.market.today()).wire.expiry == (
        "20240315"
    )
    desk.broker.set_front("MNQM24")
    desk.broker.manual("BUY", 1)
    told = desk.ask(AskPositions())
    assert told[0].contract.local_symbol == "MNQM4"


WRONG = [
    pytest.param(lambda: MarketSettings(speed=0.0), "speed", id="no speed"),
    pytest.param(lambda: MarketSettings(start=datetime(2024, 1, 1)), "time zone", id="naive start"),
    pytest.param(lambda: BrokerSettings(account=" "), "account", id="no account"),
    pytest.param(lambda: BrokerSettings(slippage_ticks=-1), "slippage_ticks", id="slippage"),
    pytest.param(lambda: BrokerSettings(path_policy="best"), "path policy", id="policy"),
    pytest.param(lambda: open_desk(make_bars([FLAT])), "two bars", id="one bar"),
    pytest.param(
        lambda: Market({"MNQ": None}, MarketSettings(), MovableClock()), "no bars", id="no bars"
    ),
    pytest.param(
        lambda: Market({}, MarketSettings(), MovableClock()), "at least one", id="nothing"
    ),
]


@pytest.mark.parametrize(("make", "match"), WRONG)
def test_settings_that_make_no_gateway_are_refused_in_one_line(make, match):
    with pytest.raises(ConfigError, match=match) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_stop_that_a_fill_at_the_open_brings_comes_too_late_for_that_open():
    desk = open_desk(evening_bars((20005, 20006, 20004, 20005), FLAT))
    desk.broker.step()
    desk.broker.step()  # closed: both orders wait for the open
    desk.send(1, "BUY", 1, "MKT", should_transmit=False)
    desk.send(2, "SELL", 1, "STP", aux_price=20010.0, parent_id=1)
    desk.broker.step()
    assert desk.fills == [(1, 20005.25)]
    desk.broker.step()  # the whole bar lies below its trigger: the best price of it, slipped
    assert desk.fills[1:] == [(-1, 20005.75)]


def test_day_order_ends_before_the_next_open_also_where_the_sessions_last_bar_is_missing():
    bars = evening_bars((19980, 19981, 19979, 19980), FLAT)
    desk = open_desk(bars.drop(index=pd.Timestamp("2024-01-02T21:55Z")))
    desk.send(1, "BUY", 1, "LMT", limit_price=19990.0, tif="DAY")
    desk.broker.step()  # five minutes before the session's end
    assert desk.statuses() == {1: "Submitted"}
    desk.broker.step()  # the next session opens below the limit
    assert (desk.statuses(), desk.fills) == ({1: "Cancelled"}, [])
