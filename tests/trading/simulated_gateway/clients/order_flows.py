"""What becomes of orders of ib_async or ib_insync: filled, held, cancelled, refused."""

import asyncio

from tests.trading.simulated_gateway.clients.flow_kit import QUIET_SECONDS, until
from tests.trading.simulated_gateway.clients.ib_client import PRICE

TICK = 0.25


async def market_order_is_filled_and_told_whole(client):
    trade = client.place("MKT", "BUY", 2, orderRef="bot/1/entry/1")
    await client.reaches(trade, "Filled")
    await until(lambda: trade.fills and trade.fills[0].commissionReport.commission > 0.0)
    (fill,) = trade.fills
    assert (fill.execution.side, fill.execution.shares) == ("BOT", 2)
    assert fill.execution.price == PRICE + TICK
    assert fill.execution.orderRef == "bot/1/entry/1"
    assert fill.execution.time.tzinfo is not None
    (told,) = client.control.state()["executions"][-1:]
    assert fill.execution.execId == told["exec_id"]
    assert fill.commissionReport.commission == told["commission_usd"]
    await client.position_is(2)
    await client.reaches(client.place("MKT", "SELL", 2), "Filled")
    await client.position_is(0)


async def limit_order_rests_is_changed_and_cancelled(client):
    trade = client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0)
    await client.reaches(trade, "Submitted")
    trade.order.lmtPrice = PRICE - 12.0
    client.ib.placeOrder(client.contract, trade.order)
    await until(lambda: client.control.state()["orders"][0]["limit_price"] == PRICE - 12.0)
    client.ib.cancelOrder(trade.order)
    await client.reaches(trade, "Cancelled")
    await client.heard(202)
    assert client.control.state()["orders"] == []


async def limit_order_is_filled_no_worse_than_its_price(client):
    trade = client.place("LMT", "SELL", 1, lmtPrice=PRICE + 5.0)
    await client.reaches(trade, "Submitted")
    client.control.price(PRICE + 6.0)
    await client.reaches(trade, "Filled")
    assert trade.fills[0].execution.price == PRICE + 6.0


async def stop_rests_at_the_broker_and_triggers(client):
    trade = client.place("STP", "SELL", 1, auxPrice=PRICE - 5.0)
    await client.reaches(trade, "PreSubmitted")
    client.control.price(PRICE - 6.0)
    await client.reaches(trade, "Filled")
    await client.position_is(-1)


async def stop_limit_triggers_and_rests(client):
    trade = client.place("STP LMT", "SELL", 1, auxPrice=PRICE - 5.0, lmtPrice=PRICE - 4.0)
    await client.reaches(trade, "PreSubmitted")
    client.control.price(PRICE - 6.0)
    await client.round_trip()
    assert not trade.fills
    client.control.price(PRICE - 3.0)
    await client.reaches(trade, "Filled")


async def trailing_stop_follows_and_triggers(client):
    trade = client.place("TRAIL", "SELL", 1, auxPrice=8.0, trailStopPrice=PRICE - 8.0)
    await client.reaches(trade, "PreSubmitted")
    client.control.price(PRICE + 20.0)
    client.control.price(PRICE + 11.0)
    await client.reaches(trade, "Filled")


async def bracket(client):
    """Return the trades of an entry with target and stop, transmitted with the last."""
    orders = client.ib.bracketOrder("BUY", 1, PRICE - 2.0, PRICE + 8.0, PRICE - 8.0)
    for order in orders:
        order.tif, order.outsideRth, order.account = "GTC", True, "DU1234567"
    return orders


async def bracket_is_held_silently_and_then_released(client):
    orders = await bracket(client)
    entry = client.ib.placeOrder(client.contract, orders[0])
    await asyncio.sleep(QUIET_SECONDS)
    client.control.price(PRICE - 3.0)
    await client.round_trip()
    assert entry.orderStatus.status in ("PendingSubmit", "PreSubmitted")
    assert not entry.fills
    client.control.price(PRICE)
    target, stop = (client.ib.placeOrder(client.contract, order) for order in orders[1:])
    await client.reaches(entry, "Submitted")
    client.control.price(PRICE - 3.0)
    await client.reaches(entry, "Filled")
    await client.reaches(target, "Submitted")
    client.control.price(PRICE - 9.0)
    await client.reaches(stop, "Filled")
    await client.reaches(target, "Cancelled")
    await client.position_is(0)


async def bracket_target_cancels_its_stop(client):
    orders = await bracket(client)
    entry, target, stop = (client.ib.placeOrder(client.contract, order) for order in orders)
    client.control.price(PRICE - 3.0)
    await client.reaches(entry, "Filled")
    client.control.price(PRICE + 9.0)
    await client.reaches(target, "Filled")
    await client.reaches(stop, "Cancelled")


async def cancelled_entry_takes_its_children_along(client):
    orders = await bracket(client)
    trades = [client.ib.placeOrder(client.contract, order) for order in orders]
    await client.reaches(trades[0], "Submitted")
    client.ib.cancelOrder(trades[0].order)
    for trade in trades:
        await client.reaches(trade, "Cancelled")


async def oca_group_cancels_the_others(client):
    group = {"ocaGroup": "exit 1", "ocaType": 1}
    limit = client.place("LMT", "SELL", 1, lmtPrice=PRICE + 5.0, **group)
    stop = client.place("STP", "SELL", 1, auxPrice=PRICE - 5.0, **group)
    await client.reaches(stop, "PreSubmitted")
    client.control.price(PRICE + 6.0)
    await client.reaches(limit, "Filled")
    await client.reaches(stop, "Cancelled")


async def what_if_tells_margin_and_keeps_nothing(client):
    order = client.order("MKT", "BUY", 1)
    state = await asyncio.wait_for(client.ib.whatIfOrderAsync(client.contract, order), 15.0)
    assert float(state.initMarginChange) > 0.0
    assert state.commission > 0.0
    assert client.control.state()["orders"] == []
    assert client.control.state()["positions"] == {}


async def partial_fills_add_up(client):
    client.control.set(partial_fills=[1, 1])
    trade = client.place("MKT", "BUY", 3)
    for _ in range(3):
        client.control.price(PRICE)
        await client.round_trip()
    await client.reaches(trade, "Filled")
    await until(lambda: sum(fill.execution.shares for fill in trade.fills) == 3, trade.fills)
    assert len(trade.fills) == 3
    assert len({fill.execution.execId for fill in trade.fills}) == 3


async def execution_before_open_order_is_understood(client):
    client.control.set(is_execution_first=True)
    trade = client.place("MKT", "BUY", 1)
    await until(lambda: "Filled" in [entry.status for entry in trade.log], trade.log)
    assert [fill.execution.shares for fill in trade.fills] == [1]
    await client.position_is(1)


async def fill_that_races_a_cancel_wins(client):
    client.control.set(is_filling_on_cancel=True)
    trade = client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0)
    await client.reaches(trade, "Submitted")
    client.ib.cancelOrder(trade.order)
    await client.position_is(1)
    assert client.control.state()["executions"][-1]["shares"] == 1


async def closed_market_holds_a_market_order(client):
    client.control.set(is_market_open=False)
    trade = client.place("MKT", "BUY", 1, tif="DAY")
    await client.heard(399)
    await asyncio.sleep(QUIET_SECONDS)
    assert not trade.fills
    assert len(client.control.state()["orders"]) == 1


async def order_without_tif_is_told_10349(client):
    trade = client.place("LMT", "BUY", 1, tif="", lmtPrice=PRICE - 10.0)
    assert (await client.heard(10349))[0] == trade.order.orderId
    (order,) = client.control.state()["orders"]
    assert order["tif"] == "DAY"


async def refusals_are_103_110_200_201_and_321(client):
    good = client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0)
    await client.reaches(good, "Submitted")
    client.ib.cancelOrder(good.order)
    await client.reaches(good, "Cancelled")
    client.ib.client.placeOrder(good.order.orderId, client.contract, good.order)
    await client.heard(103)
    client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.1)
    await client.heard(110)
    unknown = client.lib.Contract(conId=5, exchange="CME", secType="FUT")
    client.ib.placeOrder(unknown, client.order("MKT", "BUY", 1))
    await client.heard(200)
    client.control.set(n_rejects=1)
    client.place("MKT", "BUY", 1)
    await client.heard(201)
    client.control.set(is_read_only=True)
    client.place("MKT", "BUY", 1)
    await client.heard(321)
    assert client.control.state()["positions"] == {}


async def cancels_of_nothing_are_10147_10148_and_161(client):
    client.ib.client.cancelOrder(900_000, "")
    assert (await client.heard(10147))[0] == 900_000
    done = client.place("MKT", "BUY", 1)
    await client.reaches(done, "Filled")
    client.ib.client.cancelOrder(done.order.orderId, "")
    await client.heard(10148)
    client.control.set(cancel_delay_seconds=0.3)
    slow = client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0)
    await client.reaches(slow, "Submitted")
    client.ib.client.cancelOrder(slow.order.orderId, "")
    client.ib.client.cancelOrder(slow.order.orderId, "")
    await client.heard(161)
    await until(lambda: client.control.state()["orders"] == [], "the late cancel")


async def global_cancel_cancels_all(client):
    trades = [client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0 - i) for i in range(3)]
    await client.reaches(trades[-1], "Submitted")
    client.ib.reqGlobalCancel()
    for trade in trades:
        await client.reaches(trade, "Cancelled")


async def open_completed_and_executed_orders_can_be_asked_for(client):
    resting = client.place("LMT", "BUY", 1, lmtPrice=PRICE - 10.0, orderRef="rests")
    filled = client.place("MKT", "BUY", 1, orderRef="filled")
    await client.reaches(resting, "Submitted")
    await client.reaches(filled, "Filled")
    opened = await client.ib.reqAllOpenOrdersAsync()
    assert [trade.order.orderRef for trade in opened] == ["rests"]
    completed = await client.ib.reqCompletedOrdersAsync(True)
    done = {trade.order.orderRef: trade for trade in completed}
    assert done["filled"].orderStatus.status == "Filled"
    assert done["filled"].order.permId == filled.order.permId
    fills = await client.ib.reqExecutionsAsync()
    assert "filled" in {fill.execution.orderRef for fill in fills}


async def manual_trade_and_orders_of_others_are_seen(client):
    client.control.do("manual", side="BUY", quantity=2)
    await client.position_is(2)
    other = await client.connect(client.new_ib(), client_id=8)
    try:
        order = client.order("LMT", "BUY", 1, lmtPrice=PRICE - 10.0)
        other.placeOrder(client.contract, order)
        await until(lambda: len(client.control.state()["orders"]) == 1)
        opened = await client.ib.reqAllOpenOrdersAsync()
        assert [trade.order.clientId for trade in opened] == [8]
    finally:
        other.disconnect()


FLOWS = (
    market_order_is_filled_and_told_whole,
    limit_order_rests_is_changed_and_cancelled,
    limit_order_is_filled_no_worse_than_its_price,
    stop_rests_at_the_broker_and_triggers,
    stop_limit_triggers_and_rests,
    trailing_stop_follows_and_triggers,
    bracket_is_held_silently_and_then_released,
    bracket_target_cancels_its_stop,
    cancelled_entry_takes_its_children_along,
    oca_group_cancels_the_others,
    what_if_tells_margin_and_keeps_nothing,
    partial_fills_add_up,
    execution_before_open_order_is_understood,
    fill_that_races_a_cancel_wins,
    closed_market_holds_a_market_order,
    order_without_tif_is_told_10349,
    refusals_are_103_110_200_201_and_321,
    cancels_of_nothing_are_10147_10148_and_161,
    global_cancel_cancels_all,
    open_completed_and_executed_orders_can_be_asked_for,
    manual_trade_and_orders_of_others_are_seen,
)
