"""Every message, in every version, as ib_async's decoder reads it; one row by hand as well."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from ib_async.decoder import Decoder
from ib_async.util import UNSET_DOUBLE

from tests.helpers.fake_broker import ACCOUNT, NOW
from tests.helpers.wire_samples import (
    BAR,
    COMPLETED,
    DETAILS,
    EVENTS,
    EXECUTION,
    HISTORY,
    IMPACT,
    OPEN_ORDER,
    STOP,
    TRAIL,
)
from trading.simulated_gateway import events
from trading.simulated_gateway.fields import Dialect
from trading.simulated_gateway.layouts_out import LAYOUTS, messages_of

VERSIONS = range(157, 179)


class Hearing:
    """Stands for ib_async's wrapper: it keeps what it is told."""

    def __init__(self):
        self.heard = []
        self.defaultTimezone = UTC
        self.ib = self
        self.TimezoneTWS = "UTC"

    def __getattr__(self, name):
        return lambda *arguments: self.heard.append((name, *arguments))


def heard(event, version=176, zone="UTC"):
    """Return what a client of a version hears of an event: names and arguments."""
    hearing = Hearing()
    decoder = Decoder(hearing, version)
    for fields in messages_of(event, Dialect(version=version, zone=zone)):
        decoder.handlers[int(fields[0])](fields)
    return hearing.heard


def test_layouts_are_there_for_every_kind_of_event():
    assert set(LAYOUTS) == set(get_args(events.Event))
    assert set(LAYOUTS) == {type(event) for event in EVENTS}


@pytest.mark.conformance
@pytest.mark.parametrize("version", VERSIONS)
def test_layouts_of_every_event_are_read_whole(version, caplog):
    for event in EVENTS:
        assert heard(event, version), event
    assert caplog.records == []


@pytest.mark.parametrize("version", VERSIONS)
def test_layout_of_open_order_tells_the_order(version):
    ((name, order_id, contract, order, state),) = heard(OPEN_ORDER, version)
    assert (name, order_id, state.status) == ("openOrder", 48, "PreSubmitted")
    assert (contract.conId, contract.symbol, contract.secType) == (620730920, "MNQ", "FUT")
    assert (contract.lastTradeDateOrContractMonth, contract.multiplier) == ("20240315", "2")
    assert (contract.exchange, contract.localSymbol) == ("CME", "MNQH4")
    assert (order.action, order.totalQuantity, order.orderType) == ("SELL", 3, "STP LMT")
    assert (order.lmtPrice, order.auxPrice, order.tif) == (17990.25, 17991.5, "GTC")
    assert (order.ocaGroup, order.ocaType, order.account) == ("exit 48", 1, ACCOUNT)
    assert (order.orderRef, order.clientId, order.permId) == ("bot/1/stop/1", 3, 880001)
    assert (order.outsideRth, order.parentId, order.whatIf) == (True, 47, False)
    assert order.trailStopPrice == UNSET_DOUBLE


@pytest.mark.parametrize("version", VERSIONS)
def test_layout_of_trailing_order_tells_its_distance_and_its_trigger(version):
    ((_, _, _, order, _),) = heard(replace(OPEN_ORDER, request=TRAIL), version)
    assert (order.lmtPrice, order.auxPrice) == (UNSET_DOUBLE, 12.5)
    assert (order.trailStopPrice, order.trailingPercent) == (17980.75, UNSET_DOUBLE)


@pytest.mark.parametrize("version", VERSIONS)
def test_layout_of_what_if_tells_margins_and_commission(version):
    what_if = replace(OPEN_ORDER, request=replace(STOP, is_what_if=True), what_if=IMPACT)
    ((_, _, _, order, state),) = heard(what_if, version)
    assert order.whatIf
    assert (state.initMarginBefore, state.initMarginAfter) == ("0", "5100.5")
    assert state.initMarginChange == "5100.5"
    assert (state.maintMarginBefore, state.maintMarginChange) == ("1.5", "4598.5")
    assert (state.equityWithLoanBefore, state.equityWithLoanAfter) == ("100000", "99998.14")
    assert (state.commission, state.commissionCurrency) == (1.86, "USD")


@pytest.mark.parametrize("version", VERSIONS)
def test_layout_of_completed_order_tells_its_end(version):
    ((name, contract, order, state),) = heard(COMPLETED, version)
    assert (name, contract.conId, order.orderId) == ("completedOrder", 620730920, 0)
    assert (order.permId, order.orderRef, order.filledQuantity) == (880001, "bot/1/stop/1", 1)
    assert (state.status, state.completedStatus) == ("Cancelled", "Cancelled by Trader")
    assert state.completedTime.startswith("20240305 ")


@pytest.mark.parametrize("version", VERSIONS)
def test_layout_of_execution_tells_the_fill(version):
    ((name, request_id, contract, fill),) = heard(EXECUTION, version)
    assert (name, request_id, contract.conId) == ("execDetails", -1, 620730920)
    assert (fill.execId, fill.orderId, fill.permId) == (EXECUTION.exec_id, 48, 880001)
    assert (fill.side, fill.shares, fill.price) == ("SLD", 2, 17991.25)
    assert (fill.cumQty, fill.avgPrice, fill.orderRef) == (3, 17991.5, "bot/1/stop/1")
    assert (fill.time, fill.acctNumber, fill.clientId) == (NOW, ACCOUNT, 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_layout_of_contract_details_tells_the_contract(version):
    ((name, request_id, details),) = heard(DETAILS, version)
    contract = details.contract
    assert (name, request_id, contract.conId) == ("contractDetails", 11, 620730920)
    assert (contract.localSymbol, contract.tradingClass, contract.multiplier) == (
        "MNQH4",
        "MNQ",
        "2",
    )
    assert (details.minTick, details.contractMonth) == (0.25, "202403")
    assert (details.timeZoneId, details.realExpirationDate) == ("US/Central", "20240315")
    assert details.tradingHours == "20240305:1700-20240306:1600"
    assert details.liquidHours == "20240306:0830-20240306:1500"


def test_layout_of_history_tells_bars_as_text_as_epoch_or_as_days():
    first, second, end = heard(HISTORY)
    assert (first[0], first[1], first[2].date) == ("historicalData", 12, "20240305 15:30:00 UTC")
    assert (first[2].open, first[2].high, first[2].low) == (18001.25, 18004.5, 17999.75)
    assert (first[2].close, first[2].volume) == (18002.0, 321.0)
    assert (first[2].average, first[2].barCount) == (18001.875, 45)
    assert second[2].close == 18003.0
    assert end[0] == "historicalDataEnd"
    assert heard(HISTORY, 170)[0][2].date == "20240305  15:30:00"
    assert heard(HISTORY, zone="US/Central")[0][2].date == "20240305 09:30:00 US/Central"
    assert heard(replace(HISTORY, date_format=2))[0][2].date == "1709652600"
    assert heard(replace(HISTORY, is_daily=True))[0][2].date == "20240305"


def test_layout_of_history_update_has_its_own_order():
    ((name, request_id, bar),) = heard(
        events.HistoricalUpdate(request_id=12, bar=BAR, date_format=1)
    )
    assert (name, request_id) == ("historicalDataUpdate", 12)
    assert (bar.open, bar.high, bar.low, bar.close) == (18001.25, 18004.5, 17999.75, 18002.0)
    assert (bar.average, bar.volume, bar.barCount) == (18001.875, 321.0, 45)


def test_layout_of_position_comes_without_exchange():
    position = next(event for event in EVENTS if isinstance(event, events.Position))
    ((_, account, contract, quantity, cost),) = heard(position)
    assert (account, contract.conId, contract.exchange) == (ACCOUNT, 620730920, "")
    assert (quantity, cost) == (-2, 36002.5)


def test_layout_of_error_has_reject_text_from_166_on():
    error = events.ErrorMessage(request_id=48, code=201, text="no", reject_json="{}")
    assert messages_of(error, Dialect(version=165)) == [["4", "2", "48", "201", "no"]]
    assert messages_of(error, Dialect(version=166)) == [["4", "2", "48", "201", "no", "{}"]]


def test_layout_of_commission_without_profit_is_the_unset_number():
    report = events.CommissionReport(exec_id="1.1", commission_usd=0.62, realised_usd=None)
    ((_, told),) = heard(report)
    assert (told.commission, told.currency, told.realizedPNL) == (0.62, "USD", UNSET_DOUBLE)


def test_layout_of_times_in_another_zone_is_the_same_moment():
    ((_, _, _, fill),) = heard(EXECUTION, 176, zone="US/Central")
    assert fill.time == datetime(2024, 3, 5, 15, 30, 7, tzinfo=UTC)
