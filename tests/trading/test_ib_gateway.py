"""The adapter over loopback: orders, lists that must be complete, probes, ends of sessions."""

import asyncio
import gc
import time
from typing import Any

import pytest

from tests.helpers.gateways import until
from tests.helpers.ib_links import ACCOUNT, PRICE, UNANSWERED, Link, linked, simulated_gateway
from trading.broker_events import (
    AccountsSeen,
    CommissionSeen,
    CompletedOrderSeen,
    ConnectionLost,
    EndSeen,
    ErrorSeen,
    ExecutionSeen,
    NextIdSeen,
    OpenOrderSeen,
    OrderStatusSeen,
    PositionSeen,
    ProfitSeen,
)
from trading.ib_session import FIRST_REQUEST_ID
from utils.errors import FatalGatewayError, TemporaryGatewayError

ASKS = {
    "positions": (61, "ask_positions"),
    "open_orders": (16, "ask_open_orders"),
    "executions": (7, "ask_executions"),
    "completed_orders": (99, "ask_completed_orders"),
}
"""The message by which each list is asked for, and the method."""


def test_gateway_connected_tells_accounts_and_next_id_and_nothing_of_the_account() -> None:
    async def body(link: Link) -> None:
        assert link.near.is_connected

    link = linked(body)
    assert link.of(AccountsSeen) == [AccountsSeen(accounts=(ACCOUNT,))]
    assert link.of(NextIdSeen) == [NextIdSeen(order_id=1)]
    assert not link.of(PositionSeen)
    assert not link.of(EndSeen)
    assert link.heard[-1] == ConnectionLost(reason="we closed the connection")


def test_gateway_market_order_is_told_from_open_to_commission() -> None:
    async def body(link: Link) -> None:
        link.near.send(link.order(quantity=2))
        await link.hears(CommissionSeen)

    link = linked(body)
    fill = link.of(ExecutionSeen)[0]
    assert (fill.order_id, fill.order_ref, fill.side, fill.quantity) == (
        1,
        "bot/test/entry/1",
        "BOT",
        2,
    )
    assert fill.price == PRICE + 0.25  # a tick of slippage
    assert link.of(OpenOrderSeen)[0].perm_id == fill.perm_id > 0
    assert link.of(CommissionSeen)[0].realised_usd is None
    assert "Filled" in [one.status for one in link.of(OrderStatusSeen)]


def test_gateway_stop_is_told_with_its_trigger_and_group_and_no_limit() -> None:
    async def body(link: Link) -> None:
        link.near.send(
            link.order("STP", action="SELL", stop_price=19_900.0, tif="GTC", oca_group="g")
        )
        await link.hears(OrderStatusSeen)

    seen = linked(body).of(OpenOrderSeen)[0]
    assert (seen.kind, seen.aux_price, seen.limit_price) == ("STP", 19_900.0, None)
    assert (seen.tif, seen.oca_group, seen.client_id) == ("GTC", "g", 1)


def test_gateway_order_sent_again_under_its_id_modifies_it() -> None:
    async def body(link: Link) -> None:
        order = link.order("LMT", limit_price=19_000.0)
        link.near.send(order)
        await link.hears(OpenOrderSeen)
        link.near.send(link.order("LMT", order_id=order.order_id, limit_price=19_100.0))
        await until(lambda: link.of(OpenOrderSeen)[-1].limit_price == 19_100.0)
        assert len(link.far.state()["orders"]) == 1

    linked(body)


def test_gateway_cancel_is_told_by_the_broker() -> None:
    async def body(link: Link) -> None:
        link.near.send(link.order("LMT", limit_price=19_000.0))
        await link.hears(OpenOrderSeen)
        link.near.cancel(1)
        await until(lambda: "Cancelled" in [one.status for one in link.of(OrderStatusSeen)])

    linked(body)


def test_gateway_error_on_a_live_order_is_an_error_and_no_cancel() -> None:
    """The phantom cancel: both libraries would call this order done, and it fills later."""

    async def body(link: Link) -> None:
        link.near.send(link.order("LMT", limit_price=19_000.0))
        await link.hears(OpenOrderSeen)
        await link.hears(OrderStatusSeen)
        n_before = len(link.heard)
        for code in (10349, 161, 104, 10147, 103, 201, 463, 388, 135, 399, 2109, 321):
            link.far.do("error", code=code, text="Order TIF was set to DAY", request_id=1)
        await until(lambda: len(link.of(ErrorSeen)) >= 12 + 3)
        assert {type(event) for event in link.heard[n_before:]} == {ErrorSeen}
        link.near.send(link.order("LMT", order_id=1, limit_price=PRICE + 1))
        await link.hears(ExecutionSeen)

    linked(body)


def test_gateway_fill_while_disconnected_is_shown_by_the_executions() -> None:
    async def body(link: Link) -> None:
        link.near.send(link.order("LMT", limit_price=19_900.0, tif="GTC"))
        await link.hears(OpenOrderSeen)
        await link.near.close()
        link.far.do("set_price", points=19_800.0)
        await link.near.connect()
        assert not link.of(ExecutionSeen)
        await link.near.ask_executions()
        assert [fill.order_ref for fill in link.of(ExecutionSeen)] == ["bot/test/entry/1"]
        await link.near.ask_completed_orders()
        done = link.of(CompletedOrderSeen)
        assert [(order.order_ref, order.status) for order in done] == [
            ("bot/test/entry/1", "Filled")
        ]

    linked(body)


def test_gateway_positions_have_average_prices_in_points() -> None:
    async def body(link: Link) -> None:
        link.near.send(link.order())
        await link.hears(CommissionSeen)
        await link.near.ask_positions()
        seen = link.of(PositionSeen)[-1]
        assert (seen.position, seen.average_price) == (1, PRICE + 0.25)
        assert link.heard[-1] == EndSeen(of="positions")

    linked(body)


def test_gateway_open_orders_are_those_of_all_clients() -> None:
    async def body(link: Link) -> None:
        link.far.set(is_not_filling=True)
        link.far.do("manual", side="BUY", quantity=1)
        await link.near.ask_open_orders()
        assert [order.order_ref for order in link.of(OpenOrderSeen)] == [""]

    linked(body)


@pytest.mark.parametrize("of", sorted(ASKS))
def test_gateway_list_that_is_not_answered_is_an_error(of: str) -> None:
    async def body(link: Link) -> None:
        number, method = ASKS[of]
        link.far.set(ignore_in={number: 1})
        with pytest.raises(TemporaryGatewayError, match="did not tell all"):
            await getattr(link.near, method)()
        assert link.near.is_connected

    linked(body, list_seconds=UNANSWERED)


@pytest.mark.parametrize(("of", "end"), [("positions", 62), ("executions", 55)])
def test_gateway_list_without_its_end_marker_is_an_error(of: str, end: int) -> None:
    async def body(link: Link) -> None:
        link.near.send(link.order())
        await link.hears(CommissionSeen)
        link.far.set(drop_out={end: 1})
        with pytest.raises(TemporaryGatewayError, match="what came is incomplete"):
            await getattr(link.near, ASKS[of][1])()

    linked(body, list_seconds=UNANSWERED)


def test_gateway_list_during_which_1100_comes_is_an_error_at_once() -> None:
    async def body(link: Link) -> None:
        link.far.set(ignore_in={61: 1})
        asked = asyncio.ensure_future(link.near.ask_positions())
        await asyncio.sleep(0.05)
        link.far.do("lose")
        with pytest.raises(TemporaryGatewayError, match="broken off: 1100 came meanwhile"):
            await asked

    linked(body, list_seconds=30.0)


def test_gateway_list_during_which_the_connection_ends_is_an_error_at_once() -> None:
    async def body(link: Link) -> None:
        link.far.set(ignore_in={61: 1})
        asked = asyncio.ensure_future(link.near.ask_positions())
        await asyncio.sleep(0.05)
        link.far.do("kick")
        with pytest.raises(TemporaryGatewayError, match="positions was broken off"):
            await asked

    linked(body, list_seconds=30.0)


def test_gateway_probe_tells_the_broker_s_clock() -> None:
    async def body(link: Link) -> None:
        link.far.set(skew_seconds=90.0)
        skew = (await link.near.probe()).timestamp() - time.time()
        assert 85 < skew < 91

    linked(body)


def test_gateway_probes_at_once_share_one_answer() -> None:
    async def body(link: Link) -> None:
        first, second = await asyncio.gather(link.near.probe(), link.near.probe())
        assert first == second

    linked(body)


def test_gateway_probe_that_nobody_waits_for_any_more_fails_without_a_complaint() -> None:
    complaints: list[dict[str, Any]] = []

    async def body(link: Link) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, text: complaints.append(text))
        link.far.set(is_black_hole=True)
        asking = asyncio.ensure_future(link.near.probe())
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        await link.hears(ConnectionLost)
        await until(lambda: link.near._probe is not None and link.near._probe.done())
        link.near._probe = None
        gc.collect()

    linked(body, probe_seconds=0.05)
    assert complaints == []


def test_gateway_half_open_is_closed_within_the_probe_s_limit() -> None:
    async def body(link: Link) -> None:
        link.far.set(is_black_hole=True)
        assert link.near.is_connected
        began = time.monotonic()
        with pytest.raises(TemporaryGatewayError, match="did not tell its clock within 0.3 s"):
            await link.near.probe()
        assert 0.29 < time.monotonic() - began < 3.0
        assert not link.near.is_connected
        assert "did not tell its clock" in link.of(ConnectionLost)[0].reason

    linked(body, probe_seconds=UNANSWERED)


def test_gateway_reset_in_mid_session_is_told_once() -> None:
    async def body(link: Link) -> None:
        link.far.do("kick")
        await link.hears(ConnectionLost)
        assert not link.near.is_connected
        with pytest.raises(TemporaryGatewayError, match="nothing was sent"):
            link.near.send(link.order())
        with pytest.raises(TemporaryGatewayError, match="no connection"):
            await link.near.probe()

    assert len(linked(body).of(ConnectionLost)) == 1


def test_gateway_reconnected_hears_each_message_once() -> None:
    async def body(link: Link) -> None:
        for _ in range(3):
            await link.near.close()
            await link.near.connect()
        link.near.send(link.order())
        await link.hears(CommissionSeen)
        assert len(link.of(ExecutionSeen)) == 1

    assert len(linked(body).of(ConnectionLost)) == 4


def test_gateway_whose_client_id_is_in_use_says_so_and_keeps_it() -> None:
    async def body(link: Link) -> None:
        link.far.set(ghost_clients=[1])
        with pytest.raises(TemporaryGatewayError, match="client id 1 is in use"):
            await link.near.connect()
        assert [error.code for error in link.of(ErrorSeen)] == [326]
        link.far.set(ghost_clients=[])
        await link.near.connect()
        assert link.near.is_connected
        assert link.far.do("state")["clients"] == [1]

    linked(body, should_open=False)


def test_gateway_whose_port_is_closed_says_who_is_missing() -> None:
    async def body(link: Link) -> None:
        link.far.set(is_refusing=True)
        with pytest.raises(TemporaryGatewayError, match="nobody listens at 127.0.0.1:"):
            await link.near.connect()

    linked(body, should_open=False)


def test_gateway_that_accepts_and_is_silent_is_given_up() -> None:
    async def body(link: Link) -> None:
        link.far.set(is_silent=True)
        with pytest.raises(TemporaryGatewayError, match="complete the handshake within 0.3 s"):
            await link.near.connect()
        assert not link.near.is_connected
        link.far.set(is_silent=False)
        await link.near.connect()

    linked(body, should_open=False, connect_seconds=UNANSWERED)


def test_gateway_executions_told_twice_are_both_passed_on() -> None:
    async def body(link: Link) -> None:
        link.far.set(dup_out={3: -1, 11: -1, 59: -1})
        link.near.send(link.order())
        await link.hears(CommissionSeen, 2)

    fills = linked(body).of(ExecutionSeen)
    assert len(fills) == 2
    assert fills[0] == fills[1]


def test_gateway_whose_acks_are_dropped_finds_the_fill_by_asking() -> None:
    async def body(link: Link) -> None:
        link.far.set(drop_out={3: -1, 5: -1, 11: -1})
        link.near.send(link.order())
        await link.hears(CommissionSeen)
        link.far.do("heal")
        await link.near.ask_executions()
        assert [fill.order_ref for fill in link.of(ExecutionSeen)] == ["bot/test/entry/1"]

    linked(body)


def test_gateway_fill_before_the_order_is_known_comes_first() -> None:
    async def body(link: Link) -> None:
        link.far.set(is_execution_first=True)
        link.near.send(link.order())
        await link.hears(CommissionSeen)
        await link.hears(OpenOrderSeen)

    link = linked(body)
    kinds = [type(event) for event in link.heard]
    assert kinds.index(ExecutionSeen) < kinds.index(OpenOrderSeen)


def test_gateway_frames_in_single_bytes_are_understood() -> None:
    async def body(link: Link) -> None:
        link.far.set(split_bytes=1)
        link.near.send(link.order())
        await link.hears(CommissionSeen)
        await link.near.ask_positions()
        assert link.of(PositionSeen)[-1].position == 1

    linked(body)


def test_gateway_order_in_a_contract_that_was_not_qualified_is_refused() -> None:
    async def body(link: Link) -> None:
        with pytest.raises(FatalGatewayError, match="contract 5 was not qualified"):
            link.near.send(link.order(con_id=5))

    linked(body)


def test_gateway_contract_that_the_broker_does_not_know_is_fatal() -> None:
    async def body(link: Link) -> None:
        with pytest.raises(FatalGatewayError, match="refused a request with 200"):
            await link.near.qualify(5)

    linked(body)


def test_gateway_error_of_a_request_can_not_be_taken_for_an_order_s() -> None:
    """Both libraries would count requests on from the next order id."""

    async def body(link: Link) -> None:
        with pytest.raises(FatalGatewayError):
            await link.near.qualify(5)
        assert [one.request_id >= FIRST_REQUEST_ID for one in link.of(ErrorSeen)][-1]
        link.near.send(link.order("LMT", limit_price=19_000.0))
        await link.hears(OpenOrderSeen)
        with pytest.raises(FatalGatewayError):
            await link.near.qualify(5)
        assert link.of(ErrorSeen)[-1].request_id > link.of(ErrorSeen)[-2].request_id
        assert link.of(OpenOrderSeen)[-1].order_id < FIRST_REQUEST_ID

    linked(body)


def test_gateway_futures_come_by_expiry_with_their_facts() -> None:
    async def body(link: Link) -> None:
        found = await link.near.futures("MNQ", "CME")
        assert [one.expiry for one in found] == sorted(one.expiry for one in found)
        assert (found[0].multiplier, found[0].tick_size, found[0].exchange) == (2.0, 0.25, "CME")

    linked(body)


def test_gateway_profit_is_told_for_its_account() -> None:
    async def body(link: Link) -> None:
        link.near.follow_profit(ACCOUNT)
        assert (await link.hears(ProfitSeen)).account == ACCOUNT

    linked(body)


def test_gateway_burst_beyond_the_limit_is_refused_and_nothing_is_queued() -> None:
    async def body(link: Link) -> None:
        await asyncio.sleep(1.0)  # since the requests that opened the link
        for _ in range(10):
            link.near.send(link.order("LMT", limit_price=19_000.0))
        with pytest.raises(TemporaryGatewayError, match="must be <= 10 a second"):
            link.near.send(link.order("LMT", limit_price=19_000.0))
        await until(lambda: len(link.far.state()["orders"]) == 10)

    linked(body, max_messages_per_second=10)


def test_gateway_told_of_a_new_port_tries_it_and_the_old_one_in_turn() -> None:
    async def body(link: Link) -> None:
        text = "TWS socket port has been reset. Please reconnect on the new port - 10"
        link.far.do("error", code=1300, text=text, request_id=-1)
        await until(lambda: link.of(ErrorSeen)[-1].code == 1300)
        await link.near.close()
        with pytest.raises(TemporaryGatewayError, match="nobody listens at 127.0.0.1:10 "):
            await link.near.connect()
        await link.near.connect()
        assert link.near.is_connected

    linked(body)


def test_gateway_that_moved_is_looked_for_where_it_moved_to_until_it_is_not_there() -> None:
    async def body(link: Link) -> None:
        with simulated_gateway() as moved:
            text = f"Please reconnect on the new port - {moved.port}"
            link.far.do("error", code=1300, text=text, request_id=-1)
            await until(lambda: link.of(ErrorSeen)[-1].code == 1300)
            for _ in range(2):
                await link.near.close()
                await link.near.connect()
                assert moved.state()["clients"] == [1]
                await until(lambda: link.far.state()["clients"] == [])
        await link.near.close()
        with pytest.raises(TemporaryGatewayError, match=f"nobody listens at .*:{moved.port} "):
            await link.near.connect()
        await link.near.connect()
        assert link.far.state()["clients"] == [1]

    linked(body)


def test_gateway_whose_closing_is_broken_off_closes_at_once_though_nobody_reads() -> None:
    async def body(link: Link) -> None:
        session = link.near.session()
        link.far.set(is_frozen=True)
        frames = b"\0\0\0\x0549\x001\0" * 1_000_000  # requests for the time, not to be read
        session.client.conn.transport.write(frames)
        closing = asyncio.ensure_future(link.near.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        closing.cancel()
        await asyncio.wait({closing})
        async with asyncio.timeout(5.0):
            await session.ended()

    linked(body, close_seconds=60.0)


def test_gateway_lists_that_waited_for_one_another_fail_alike_when_the_line_breaks() -> None:
    async def body(link: Link) -> None:
        link.far.set(is_frozen=True)
        asked = [link.near.ask_positions(), link.near.ask_open_orders()]
        asking = [asyncio.ensure_future(one) for one in asked]
        await asyncio.sleep(0.05)
        link.far.do("kick")
        for failed in await asyncio.gather(*asking, return_exceptions=True):
            assert isinstance(failed, TemporaryGatewayError)

    linked(body)
