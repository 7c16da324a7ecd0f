"""History at the gateway: what a request gets, bar by bar, and what it is refused with."""

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from tests.helpers.bars import make_bars
from tests.helpers.gateway_brokers import open_desk
from trading.simulated_gateway.events import ErrorMessage, HistoricalData
from trading.simulated_gateway.order_types import WireContract
from trading.simulated_gateway.requests import AskHistory, AskMarketData, AskTickByTick, Cancel

H4 = WireContract(local_symbol="MNQH4")
ASK = AskHistory(
    request_id=1,
    contract=H4,
    has_expired=False,
    end="",
    bar_size="5 mins",
    duration="1 D",
    is_rth_only=False,
    what="TRADES",
    date_format=2,
    keeps_up_to_date=False,
)
ROWS = [(20000 + k, 20002 + k, 19999 + k, 20001 + k) for k in range(8)]
"""From 23:00 UTC, 17:00 Chicago: the first bars of the session of 2024-01-02."""


def desk_after(n_bars, rows=ROWS, **settings):
    """Return a desk at which so many bars are over."""
    desk = open_desk(make_bars(rows), **settings)
    for _ in range(n_bars):
        desk.broker.step()
    return desk


def answer(desk, **changes):
    """Return the bars of a request, or the code of its refusal."""
    (told,) = desk.ask(replace(ASK, **changes))
    if isinstance(told, ErrorMessage):
        assert told.request_id == 1
        return told.code
    assert isinstance(told, HistoricalData)
    return told.bars


def minutes(bars):
    return [(bar.time.hour, bar.time.minute) for bar in bars]


def test_history_up_to_now_ends_with_the_forming_bar_of_which_the_open_alone_is_known():
    bars = answer(desk_after(2))
    assert [(bar.open, bar.high, bar.low, bar.close) for bar in bars] == [
        (20000.0, 20002.0, 19999.0, 20001.0),
        (20001.0, 20003.0, 20000.0, 20002.0),
        (20002.0, 20002.0, 20002.0, 20002.0),
    ]
    assert [bar.volume for bar in bars] == [100.0, 100.0, 0.0]


def test_history_never_tells_what_later_bars_are():
    others = [*ROWS[:3], *[(1, 9, 1, 5)] * 5]  # the third bar has the same open
    others[2] = (ROWS[2][0], 30000, 10000, 15000)
    assert answer(desk_after(2)) == answer(desk_after(2, others))


def test_history_with_an_end_holds_the_bars_that_are_over_by_then():
    desk = desk_after(5)
    assert minutes(answer(desk, end="20240101 23:12:00 UTC")) == [(23, 0), (23, 5)]
    assert minutes(answer(desk, end="20240101-23:10:00")) == [(23, 0), (23, 5)]
    assert minutes(answer(desk, end="20240101 17:05:00 US/Central")) == [(23, 0)]
    assert minutes(answer(desk, end="20240101 23:25:00", duration="600 S")) == [(23, 15), (23, 20)]


def test_larger_bars_lie_on_the_sessions_grid_and_the_last_is_unfinished():
    bars = answer(desk_after(5), bar_size="15 mins")
    assert minutes(bars) == [(23, 0), (23, 15)]
    # rows 0 to 2, and rows 3, 4 and the open of row 5
    assert [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars] == [
        (20000.0, 20004.0, 19999.0, 20003.0, 300.0),
        (20003.0, 20006.0, 20002.0, 20005.0, 200.0),
    ]


def test_daily_bars_are_sessions_and_a_duration_of_days_counts_them():
    days = [
        make_bars(
            [(20000 + 10 * k, 20002 + 10 * k, 19999, 20001)] * 2, start=f"2024-01-0{k}T23:00Z"
        )
        for k in (1, 2, 3)
    ]
    desk = open_desk(pd.concat(days))
    for _ in range(7):
        desk.broker.step()
    bars = answer(desk, bar_size="1 day", duration="2 D")
    assert [bar.open for bar in bars] == [20020.0, 20030.0]
    assert len(answer(desk, bar_size="1 day", duration="3 D")) == 3


def test_regular_hours_alone_leave_out_the_night():
    desk = open_desk(make_bars(ROWS, start="2024-01-02T14:15Z"))  # 08:15 Chicago
    for _ in range(6):
        desk.broker.step()
    assert minutes(answer(desk, is_rth_only=True)) == [(14, 30), (14, 35), (14, 40), (14, 45)]


REFUSED = [
    pytest.param({"bar_size": "7 mins"}, 321, id="a size that is none"),
    pytest.param({"bar_size": "1 min"}, 162, id="finer than the bars"),
    pytest.param({"duration": "5 X"}, 321, id="no duration"),
    pytest.param({"duration": "100000 S"}, 321, id="more seconds than a day"),
    pytest.param({"duration": "400 D"}, 321, id="more days than a year"),
    pytest.param({"what": "GOSSIP"}, 321, id="no kind of data"),
    pytest.param({"end": "yesterday"}, 10314, id="no end"),
    pytest.param({"end": "20240101 23:10:00 Mars/Phobos"}, 10314, id="no zone"),
    pytest.param({"end": "20230601 12:00:00"}, 162, id="before all bars"),
    pytest.param({"end": "20240101 23:10:00", "keeps_up_to_date": True}, 321, id="end and update"),
    pytest.param(
        {"contract": WireContract(symbol="MNQ", sec_type="CONTFUT"), "end": "20240101 23:10:00"},
        10339,
        id="a continuous future's end",
    ),
    pytest.param({"contract": WireContract(local_symbol="MNQZ3")}, 200, id="expired, not meant"),
    pytest.param(
        {"contract": WireContract(local_symbol="MNQZ1"), "has_expired": True}, 200,
        id="expired more than two years ago",
    ),
    pytest.param({"contract": WireContract(symbol="XYZ")}, 200, id="unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), REFUSED)
def test_request_for_history_that_cannot_be_answered_gets_its_code(changes, code):
    assert answer(desk_after(2), **changes) == code


def test_expired_contract_that_is_meant_has_its_history():
    assert len(answer(desk_after(2), contract=WireContract(local_symbol="MNQZ3"), has_expired=True))


def test_continuous_future_without_an_end_has_the_front_contracts_bars():
    desk = desk_after(2)
    continuous = WireContract(symbol="MNQ", sec_type="CONTFUT")
    assert answer(desk, contract=continuous) == answer(desk)


def test_pacing_is_enforced_only_when_it_is_told_to_be():
    desk = desk_after(2)
    assert len(answer(desk)) == len(answer(desk)) == 3
    desk.faults.is_pacing_enforced = True
    assert answer(desk) == 162  # the same again at once
    desk.clock.pass_by(15.0)
    assert len(answer(desk)) == 3


def test_sixth_request_for_a_contract_within_two_seconds_is_one_too_many():
    desk = desk_after(2)
    desk.faults.is_pacing_enforced = True
    answers = [answer(desk, duration=f"{600 + k} S") for k in range(6)]
    assert [isinstance(one, tuple) for one in answers] == [True] * 5 + [False]


def test_more_than_sixty_requests_in_ten_minutes_are_too_many():
    desk = desk_after(2)
    desk.faults.is_pacing_enforced = True
    answers = []
    for k in range(61):
        desk.clock.pass_by(3.0)
        answers.append(answer(desk, duration=f"{600 + k} S"))
    assert all(isinstance(one, tuple) for one in answers[:60])
    assert answers[60] == 162
    desk.clock.pass_by(600.0)
    assert len(answer(desk)) == 3


def test_history_farm_that_is_down_and_a_competing_session_have_their_codes():
    desk = desk_after(2)
    desk.faults.is_history_up = False
    assert answer(desk) == 162
    desk.faults.is_history_up, desk.faults.is_data_up = True, False
    assert answer(desk, keeps_up_to_date=True) == 10197
    assert len(answer(desk)) == 3


def test_history_without_a_permission_is_refused_with_162_and_says_for_what():
    desk = desk_after(2)
    desk.faults.has_data_permission = False
    (told,) = desk.ask(ASK)
    assert (told.code, told.text.rpartition(":")[2]) == (
        162,
        "No market data permissions for CME FUT",
    )


def test_history_may_have_a_gap_or_come_out_of_order_with_a_bar_twice():
    desk = desk_after(7)
    whole = answer(desk)
    desk.faults.history_gap_bars = 3
    assert minutes(answer(desk)) == [(23, 0), (23, 5), (23, 10), (23, 30), (23, 35)]
    desk.faults.history_gap_bars, desk.faults.is_shuffling_history = 0, True
    spoilt = answer(desk)
    assert len(spoilt) == len(whole) + 1
    assert list(spoilt) != sorted(spoilt, key=lambda bar: bar.time)
    assert set(spoilt) == set(whole)


def test_kept_history_ends_with_its_cancel_and_a_second_cancel_is_refused():
    desk = desk_after(1)
    answer(desk, keeps_up_to_date=True)
    assert len(desk.heard_upon(desk.broker.step)) == 2
    assert desk.ask(Cancel(of="history", request_id=1)) == []
    assert desk.heard_upon(desk.broker.step) == []
    assert [event.code for event in desk.ask(Cancel(of="history", request_id=1))] == [366]


def test_kept_history_of_larger_bars_tells_the_bar_as_it_grows():
    desk = desk_after(1)
    answer(desk, bar_size="15 mins", keeps_up_to_date=True)
    told = [event.bar for event in desk.heard_upon(desk.broker.step)]
    assert [(bar.time.minute, bar.close, bar.volume) for bar in told] == [
        (0, 20002.0, 200.0),
        (0, 20002.0, 200.0),
    ]


def test_ticks_and_trades_tell_the_price_that_stands():
    desk = desk_after(1)
    told = desk.ask(AskMarketData(request_id=5, contract=H4, is_snapshot=True))
    prices = {event.kind: event.price for event in told if hasattr(event, "price")}
    assert prices == {1: 20001.0, 2: 20001.25, 4: 20001.0}
    assert told[-1].of == "tick_snapshot"
    desk.ask(AskTickByTick(request_id=6, contract=H4, kind="Last"))
    trades = desk.heard_upon(desk.broker.step)
    assert [event.price for event in trades] == [20002.0, 20002.0]  # a close, and the next open
    assert trades[0].time == datetime(2024, 1, 1, 23, 10, tzinfo=UTC)
    unknown = desk.ask(
        AskMarketData(request_id=7, contract=WireContract(symbol="X"), is_snapshot=True)
    )
    assert [event.code for event in unknown] == [200]
    assert [event.code for event in desk.ask(Cancel(of="market_data", request_id=9))] == [300]
