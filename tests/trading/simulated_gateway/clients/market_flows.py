"""What a client of ib_async or ib_insync asks of accounts, contracts, history and prices."""

import asyncio

from tests.trading.simulated_gateway.clients.flow_kit import until
from tests.trading.simulated_gateway.clients.ib_client import PRICE


async def connecting_synchronises_account_and_positions(client):
    ib = client.ib
    assert ib.managedAccounts() == ["DU1234567"]
    values = {v.tag: v.value for v in ib.accountValues() if v.currency in ("USD", "")}
    assert float(values["NetLiquidation"]) > 0.0
    assert {"AvailableFunds", "InitMarginReq", "UnrealizedPnL"} <= set(values)
    assert ib.positions() == []
    assert (await client.round_trip()).tzinfo is not None


async def account_summary_tells_the_usual_tags(client):
    summary = await client.ib.accountSummaryAsync()
    tags = {row.tag for row in summary if row.account == "DU1234567"}
    assert {"NetLiquidation", "BuyingPower", "AvailableFunds"} <= tags


async def pnl_and_portfolio_follow_a_position(client):
    pnl = client.ib.reqPnL("DU1234567")
    await until(lambda: pnl.dailyPnL == pnl.dailyPnL, "a daily PnL")
    trade = client.place("MKT", "BUY", 1)
    await client.reaches(trade, "Filled")
    before = client.control.state()["unrealised_usd"]
    client.control.do("step")
    unrealised = client.control.state()["unrealised_usd"]
    assert unrealised != before
    await until(lambda: abs(pnl.unrealizedPnL - unrealised) < 0.01, pnl)
    await until(lambda: any(abs(p.unrealizedPNL - unrealised) < 0.01 for p in held(client)))
    (item,) = held(client)
    assert (item.position, item.contract.conId) == (1, client.contract.conId)
    client.ib.cancelPnL("DU1234567")


def held(client):
    """Return what the client's portfolio holds."""
    return [item for item in client.ib.portfolio() if item.position]


async def contract_details_list_expiries_and_hours(client):
    details = await client.ib.reqContractDetailsAsync(client.future())
    expiries = [d.contract.lastTradeDateOrContractMonth for d in details]
    assert len(expiries) >= 3
    assert expiries == sorted(expiries)
    first = details[0]
    assert (first.minTick, first.contract.multiplier, first.contract.symbol) == (0.25, "2", "MNQ")
    assert first.timeZoneId
    assert first.tradingHours
    assert first.liquidHours
    assert len(first.contractMonth) == 6


async def contract_details_of_continuous_future_are_of_the_front(client):
    wanted = client.lib.ContFuture("MNQ", "CME", currency="USD")
    (details,) = await client.ib.reqContractDetailsAsync(wanted)
    assert details.contract.secType == "CONTFUT"
    assert details.contract.localSymbol == client.contract.localSymbol


async def qualifying_by_con_id_fills_in_the_rest(client):
    wanted = client.lib.Contract(conId=client.contract.conId)
    (found,) = await client.ib.qualifyContractsAsync(wanted)
    assert (found.symbol, found.exchange, found.secType) == ("MNQ", "CME", "FUT")


async def unknown_contract_is_error_200(client):
    unknown = client.lib.Future("XYZ", exchange="CME", currency="USD")
    assert await client.ib.reqContractDetailsAsync(unknown) == []
    await client.heard(200)


async def history(client, **terms):
    """Return bars of the front contract."""
    chosen = {
        "endDateTime": "20240102-14:00:00",
        "durationStr": "3600 S",
        "barSizeSetting": "5 mins",
        "whatToShow": "TRADES",
        "useRTH": False,
        "formatDate": 2,
        **terms,
    }
    contract = chosen.pop("contract", client.contract)
    return await client.ib.reqHistoricalDataAsync(contract, **chosen)


async def history_with_an_end_has_the_bars_before_it(client):
    for date_format in (1, 2):
        bars = await history(client, formatDate=date_format)
        assert len(bars) == 12
        stamps = [bar.date.timestamp() for bar in bars]
        assert (stamps[0], stamps[-1]) == (1704200400.0, 1704203700.0)
        assert all(bar.low <= bar.open <= bar.high and bar.volume == 100.0 for bar in bars)


async def history_of_days_is_told_by_date(client):
    bars = await history(client, durationStr="2 D", barSizeSetting="1 day", formatDate=1)
    assert [f"{bar.date:%Y%m%d}" for bar in bars] == ["20240102"]


async def history_of_continuous_future_has_no_end(client):
    continuous = client.lib.ContFuture("MNQ", "CME", currency="USD")
    assert not await history(client, contract=continuous)
    await client.heard(10339)
    assert len(await history(client, contract=continuous, endDateTime="")) > 0


async def history_that_keeps_up_to_date_goes_on(client):
    kept = await history(client, endDateTime="", keepUpToDate=True)
    n_before, heard = len(kept), []
    kept.updateEvent += lambda bars, has_new: heard.append(has_new)
    client.control.do("step")
    await until(lambda: len(kept) == n_before + 1 and any(heard), "the next bar")
    client.ib.cancelHistoricalData(kept)
    await client.round_trip()


async def history_errors_are_321_162_and_pacing(client):
    await history(client, barSizeSetting="7 mins", timeout=0.3)  # ib_async takes it for a warning
    await client.heard(321)
    assert not await history(client, endDateTime="20230301-14:00:00")
    await client.heard(162)
    client.errors.clear()
    client.control.set(is_pacing_enforced=True)
    for _ in range(3):
        await history(client, durationStr="1800 S", barSizeSetting="5 mins")
        if 162 in client.codes():
            break
    assert "pacing" in (await client.heard(162))[1]


async def realtime_bars_come_with_each_price(client):
    bars = client.ib.reqRealTimeBars(client.contract, 5, "TRADES", False)
    await client.round_trip()
    client.control.price(PRICE + 1.0)
    await until(lambda: len(bars) == 1, "a five-second bar")
    assert (bars[0].close, bars[0].time.tzinfo is not None) == (PRICE + 1.0, True)
    client.ib.cancelRealTimeBars(bars)
    await client.round_trip()


async def market_data_ticks_and_snapshot(client):
    ticker = client.ib.reqMktData(client.contract)
    await until(lambda: ticker.last == PRICE, "a last price")
    client.control.price(PRICE + 0.5)
    await until(lambda: ticker.last == PRICE + 0.5, "the next last price")
    assert ticker.bid <= ticker.last < ticker.ask
    assert ticker.minTick == 0.25
    client.ib.cancelMktData(client.contract)
    (snapshot,) = await asyncio.wait_for(client.ib.reqTickersAsync(client.contract), 15.0)
    assert snapshot.last == PRICE + 0.5


async def tick_by_tick_tells_each_trade(client):
    ticker = client.ib.reqTickByTickData(client.contract, "AllLast")
    await client.round_trip()
    client.control.price(PRICE + 0.75)
    await until(lambda: any(t.price == PRICE + 0.75 for t in ticker.tickByTicks) or False)
    client.ib.cancelTickByTickData(client.contract, "AllLast")
    await client.round_trip()


async def stale_data_and_competing_session(client):
    client.control.set(is_data_up=False)
    client.ib.reqMktData(client.contract)
    await client.heard(10197)


FLOWS = (
    connecting_synchronises_account_and_positions,
    account_summary_tells_the_usual_tags,
    pnl_and_portfolio_follow_a_position,
    contract_details_list_expiries_and_hours,
    contract_details_of_continuous_future_are_of_the_front,
    qualifying_by_con_id_fills_in_the_rest,
    unknown_contract_is_error_200,
    history_with_an_end_has_the_bars_before_it,
    history_of_days_is_told_by_date,
    history_of_continuous_future_has_no_end,
    history_that_keeps_up_to_date_goes_on,
    history_errors_are_321_162_and_pacing,
    realtime_bars_come_with_each_price,
    market_data_ticks_and_snapshot,
    tick_by_tick_tells_each_trade,
    stale_data_and_competing_session,
)
