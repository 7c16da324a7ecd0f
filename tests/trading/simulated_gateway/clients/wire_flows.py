"""What clients of ib_async or ib_insync go through when the line or the gateway fails."""

import asyncio

from tests.trading.simulated_gateway.clients.flow_kit import QUIET_SECONDS, until
from tests.trading.simulated_gateway.clients.ib_client import PRICE


async def notices_1100_1101_1102_2103_and_2104_are_heard(client):
    client.control.do("lose")
    await client.heard(1100)
    client.control.do("restore")
    await client.heard(1102)
    client.control.do("lose")
    client.control.do("restore", is_data_lost=True)
    await client.heard(1101)
    for code in (2103, 2104):
        client.control.do("error", code=code, text="farm")
        await client.heard(code)
    assert client.ib.isConnected()


def working(client):
    """Return the trades that work; ib_insync also counts rejected ones as open."""
    return [trade for trade in client.ib.openTrades() if trade.orderStatus.status == "Submitted"]


async def reset_is_noticed_and_reconnecting_synchronises(client):
    resting = client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0, orderRef="rests")
    await client.reaches(resting, "Submitted")
    client.control.do("kick", client_id=3)
    await until(lambda: not client.ib.isConnected(), "the end of the connection")
    client.control.do("manual", side="BUY", quantity=1)
    client.ib = await client.connect(client.new_ib())
    assert [trade.order.orderRef for trade in working(client)] == ["rests"]
    assert sum(position.position for position in client.ib.positions()) == 1


async def id_in_use_is_326(client):
    second = client.new_ib()
    try:
        await client.connect(second, timeout=0.3)
    except (TimeoutError, ConnectionError):
        await client.heard(326)
    else:
        raise AssertionError("two clients of one id")
    finally:
        second.disconnect()


async def restart_on_the_same_port_keeps_orders(client):
    await client.reaches(client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0), "Submitted")
    client.control.do("stop")
    await until(lambda: not client.ib.isConnected(), "the end of the connection")
    client.control.do("start")
    client.ib = await client.connect(client.new_ib())
    assert len(working(client)) == 1


async def split_frames_are_put_together(client):
    client.control.set(split_bytes=3)
    trade = client.place("MKT", "BUY", 1)
    await client.reaches(trade, "Filled")
    await client.position_is(1)


async def delayed_frames_come_in_order(client):
    client.control.set(delay_seconds=0.05)
    trade = client.place("MKT", "BUY", 1)
    await client.reaches(trade, "Filled")
    statuses = [entry.status for entry in trade.log if entry.status]
    assert statuses[-1] == "Filled"


async def doubled_callbacks_make_one_fill(client):
    client.control.set(dup_out={"3": 3, "11": 3, "59": 3})
    trade = client.place("MKT", "BUY", 1)
    await client.reaches(trade, "Filled")
    await client.round_trip()
    assert len({fill.execution.execId for fill in trade.fills}) == 1
    await client.position_is(1)


async def dropped_callbacks_are_found_by_asking(client):
    client.control.set(drop_out={"3": -1, "5": -1, "11": -1})
    client.place("MKT", "BUY", 1, orderRef="unheard")
    await client.position_is(1)
    client.control.do("heal")
    fills = await client.ib.reqExecutionsAsync()
    assert "unheard" in {fill.execution.orderRef for fill in fills}


async def swallowed_order_is_nowhere(client):
    client.control.set(n_drop_orders=1)
    client.place("MKT", "BUY", 1, orderRef="swallowed")
    await client.round_trip()
    assert await client.ib.reqAllOpenOrdersAsync() == []
    assert client.control.state()["positions"] == {}


async def hundred_requests_at_once_are_all_answered(client):
    futures = [client.ib.reqContractDetailsAsync(client.contract) for _ in range(100)]
    answers = await asyncio.wait_for(asyncio.gather(*futures), 15.0)
    assert [len(answer) for answer in answers] == [1] * 100


async def rate_over_fifty_is_error_100(client):
    client.control.set(is_rate_enforced=True)
    for _ in range(60):
        client.ib.client.reqMarketDataType(1)
    await client.heard(100)


async def unanswered_list_leaves_a_client_without_truth(client):
    client.control.do("manual", side="BUY", quantity=1)
    client.control.set(ignore_in={"61": -1})
    other = client.new_ib()
    await client.connect(other, client_id=9, timeout=0.4)
    try:
        assert other.positions() == []
        assert sum(client.control.state()["positions"].values()) == 1
    finally:
        other.disconnect()


async def half_open_line_still_looks_connected(client):
    client.control.set(is_black_hole=True)
    with_answer = asyncio.ensure_future(client.ib.reqCurrentTimeAsync())
    await asyncio.sleep(QUIET_SECONDS)
    assert client.ib.isConnected()
    assert not with_answer.done()
    client.control.do("heal")
    client.ib.disconnect()
    with_answer.cancel()
    client.ib = await client.connect(client.new_ib())


async def client_zero_hears_of_orders_by_hand(client):
    master = await client.connect(client.new_ib(), client_id=0)
    try:
        client.control.do("manual", side="SELL", quantity=1)
        await until(lambda: any(position.position == -1 for position in master.positions()))
    finally:
        master.disconnect()


FLOWS = (
    notices_1100_1101_1102_2103_and_2104_are_heard,
    reset_is_noticed_and_reconnecting_synchronises,
    id_in_use_is_326,
    restart_on_the_same_port_keeps_orders,
    split_frames_are_put_together,
    delayed_frames_come_in_order,
    doubled_callbacks_make_one_fill,
    dropped_callbacks_are_found_by_asking,
    swallowed_order_is_nowhere,
    hundred_requests_at_once_are_all_answered,
    rate_over_fifty_is_error_100,
    unanswered_list_leaves_a_client_without_truth,
    half_open_line_still_looks_connected,
    client_zero_hears_of_orders_by_hand,
)
