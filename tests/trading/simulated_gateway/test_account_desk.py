"""The account at the gateway: money by hand, and who is told of it."""

from datetime import date

import pandas as pd
import pytest

from tests.helpers.bars import make_bars
from tests.helpers.gateway_brokers import open_desk
from trading.simulated_gateway.account import Holding
from trading.simulated_gateway.contracts import ContractList
from trading.simulated_gateway.events import AccountSummary, AccountValue, End, ProfitAndLoss
from trading.simulated_gateway.order_types import WireContract
from trading.simulated_gateway.requests import (
    AskAccounts,
    AskAccountSummary,
    AskAccountUpdates,
    AskAccountUpdatesMulti,
    AskCompletedOrders,
    AskContractDetails,
    AskExecutions,
    AskPositions,
    AskProfitAndLoss,
    Cancel,
)


def desk_long_two():
    """Return a desk that bought two MNQ at 20000.25 and sees 20010."""
    desk = open_desk()
    desk.broker.set_price(20000.0)
    desk.send(1, "BUY", 2, "MKT")
    desk.broker.set_price(20010.0)
    return desk


def test_adding_reducing_and_reversing_leave_these_costs_and_gains():
    contracts = ContractList(["MNQ"])
    holding = Holding(listed=contracts.front("MNQ", date(2024, 1, 2)))
    receipts = [holding.book(2, 80000), holding.book(1, 80030), holding.book(-1, 80040)]
    # three at an average of 80010 ticks; one of them sold 30 ticks higher: 15.00, less 2 x 0.62
    assert [receipt.realised_usd for receipt in receipts] == [None, None, pytest.approx(13.76)]
    assert holding.average_cost == pytest.approx(80010 * 0.5)
    assert holding.realised_usd == pytest.approx(15.0)
    receipt = holding.book(-3, 80000)  # closes two ten ticks lower, opens a short of one
    assert receipt.realised_usd == pytest.approx(-10.0 - 2 * 1.24)
    assert (holding.position, holding.average_cost) == (-1, 40000.0)
    assert holding.unrealised_usd(79990) == pytest.approx(5.0)
    assert holding.fees_usd == pytest.approx(7 * 0.62)


def test_values_of_the_account_are_these():
    told = desk_long_two().ask(AskAccountUpdates(is_wanted=True, account=""))
    values = {event.key: event.value for event in told if isinstance(event, AccountValue)}
    # cash less two commissions; 2 x 9.75 points x 2 USD open; margins of two contracts
    assert values["TotalCashValue"] == "99998.76"
    assert values["UnrealizedPnL"] == "39.00"
    assert values["NetLiquidation"] == "100037.76"
    assert values["InitMarginReq"] == "6660.00"
    assert values["MaintMarginReq"] == "6054.00"
    assert values["AvailableFunds"] == "93377.76"
    assert values["AccountReady"] == "true"
    portfolio, _, end = told[-3:]
    assert (portfolio.position, portfolio.market_price, portfolio.unrealised_usd) == (
        2,
        20010.0,
        39,
    )
    assert end == End(of="account", account="DU1234567")


def test_summary_holds_the_tags_that_were_asked_for():
    told = desk_long_two().ask(
        AskAccountSummary(request_id=4, group="All", tags="NetLiquidation, AccountType,Nonsense")
    )
    rows = [(row.tag, row.value) for row in told if isinstance(row, AccountSummary)]
    assert rows == [("NetLiquidation", "100037.76"), ("AccountType", "INDIVIDUAL")]
    assert told[-1] == End(of="account_summary", request_id=4)


def test_profit_is_told_at_once_and_with_every_fill_until_it_is_cancelled():
    desk = desk_long_two()
    (first,) = desk.ask(AskProfitAndLoss(request_id=6, account=""))
    assert (first.daily_usd, first.unrealised_usd, first.realised_usd) == (37.76, 39.0, -1.24)
    told = [event for event in desk.send(2, "SELL", 2, "MKT") if isinstance(event, ProfitAndLoss)]
    # sold at 20009.75: 2 x 9.5 x 2 = 38.00, less four commissions
    assert (told[-1].daily_usd, told[-1].unrealised_usd, told[-1].realised_usd) == (35.52, 0, 35.52)
    desk.ask(Cancel(of="pnl", request_id=6))
    assert not [e for e in desk.send(3, "BUY", 1, "MKT") if isinstance(e, ProfitAndLoss)]


def test_multi_values_come_under_their_request():
    told = desk_long_two().ask(AskAccountUpdatesMulti(request_id=8, account=""))
    assert {event.request_id for event in told} == {8}
    assert told[-1].of == "account_multi"


def test_positions_are_told_without_exchange_trouble_and_again_when_flat():
    desk = desk_long_two()
    told = desk.ask(AskPositions())
    assert (told[0].position, told[0].average_cost, told[-1].of) == (2, 40000.5, "positions")
    told = [event for event in desk.send(2, "SELL", 2, "MKT") if hasattr(event, "average_cost")]
    assert [(event.position, event.average_cost) for event in told] == [(0, 0.0)]
    desk.ask(AskPositions(is_wanted=False))
    assert not [e for e in desk.send(3, "BUY", 1, "MKT") if hasattr(e, "average_cost")]


def test_profit_of_the_day_begins_anew_with_a_session_and_executions_of_yesterday_are_gone():
    flat = (20000, 20001, 19999, 20000)
    bars = make_bars([flat, (20010, 20011, 20009, 20010)], start="2024-01-02T21:50Z")
    later = make_bars([(20020, 20021, 20019, 20020)] * 2, start="2024-01-02T23:00Z")
    desk = open_desk(pd.concat([bars, later]))
    desk.send(1, "BUY", 1, "MKT")  # at 20000.25
    desk.broker.step()
    desk.broker.step()
    assert desk.broker.state()["day_pnl_usd"] == pytest.approx(19.5 - 0.62)
    assert len(desk.ask(AskExecutions(request_id=1))) == 3  # closed: still those of the last one
    desk.broker.step()
    assert len(desk.ask(AskExecutions(request_id=1))) == 1
    assert desk.broker.state()["day_pnl_usd"] == 0.0
    assert len(desk.ask(AskCompletedOrders(is_of_api_only=True))) == 1
    assert desk.position == 1


def test_contract_details_list_the_expiries_with_hours():
    desk = desk_long_two()
    wanted = WireContract(symbol="MNQ", sec_type="FUT", exchange="CME")
    told = desk.ask(AskContractDetails(request_id=2, contract=wanted))
    assert [row.contract.local_symbol for row in told[:3]] == ["MNQH4", "MNQM4", "MNQU4"]
    assert (told[0].minimum_tick, told[0].contract.multiplier) == (0.25, "2")
    assert told[0].trading_hours.startswith("20240101:1700-20240102:1600;20240102:1700")
    assert told[0].liquid_hours.startswith("20240102:0830-20240102:1500")
    assert told[-1] == End(of="contract_details", request_id=2)
    expired = desk.ask(AskContractDetails(request_id=2, contract=wanted, has_expired=True))
    assert expired[0].contract.expiry == "20220318"  # two years before, less a day or more


def test_continuous_future_has_the_front_contracts_number():
    desk = desk_long_two()
    wanted = WireContract(symbol="MNQ", sec_type="CONTFUT", exchange="CME")
    (continuous, _) = desk.ask(AskContractDetails(request_id=1, contract=wanted))
    dated = WireContract(con_id=continuous.contract.con_id)
    (front, _) = desk.ask(AskContractDetails(request_id=2, contract=dated))
    assert (continuous.contract.sec_type, front.contract.sec_type) == ("CONTFUT", "FUT")
    assert front.contract.local_symbol == "MNQH4"


def test_products_are_known_by_their_names_at_the_broker():
    desk = open_desk(symbol="6E")
    (euro, _) = desk.ask(
        AskContractDetails(request_id=1, contract=WireContract(local_symbol="6EH4"))
    )
    assert (euro.contract.symbol, euro.contract.multiplier) == ("EUR", "125000")
    assert desk.ask(AskAccounts())[0].accounts == "DU1234567"
