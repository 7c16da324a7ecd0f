"""A status says what the trader's parts know: by hand without a broker, and over a real socket."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from config.connection_settings import ConnectionSettings
from config.instruments import get_instrument
from config.trading_settings import TradingSettings
from tests.helpers.clocks import StoppedClock
from tests.helpers.gateways import ScriptedGateway, until
from tests.helpers.ib_links import PRICE
from tests.helpers.journals import ACCOUNT, CON_ID, NOON, open_journal
from tests.helpers.live_orders import traded
from trading.broker_events import ErrorSeen, ExecutionSeen
from trading.connection import ConnectionSupervisor
from trading.contract_facts import ContractFacts
from trading.journal_desk import JournalDesk
from trading.modes import Hold, Link, Mode
from trading.order_desk import OrderDesk
from trading.order_manager import TraderPorts
from trading.own_position import OwnFills
from trading.risk_view import RiskView
from trading.status import (
    ConnectionStatus,
    DataStatus,
    HoldingStatus,
    OrdersStatus,
    ProfitStatus,
    StopStatus,
    TraderStatus,
)
from trading.status_builder import StatusSource, build_status
from trading.trader_books import TraderBooks
from trading.working_orders import WorkingOrders

MNQ = get_instrument("MNQ")
CLOCK = StoppedClock(NOON.isoformat())
FACTS = ContractFacts(
    con_id=CON_ID,
    symbol="MNQ",
    local_symbol="MNQH4",
    exchange="CME",
    expiry="20240315 08:30 US/Central",
    multiplier=2.0,
    tick_size=0.25,
    time_zone="US/Central",
    trading_hours="",
)
PROFIT = ProfitStatus(
    realised_usd=None, unrealised_usd=None, commission_usd=None, daily_loss_limit_usd=500.0
)


@pytest.fixture
def source(tmp_path):
    """Yield the parts of a trader that has just begun and knows nothing."""
    settings = TradingSettings()
    orders = WorkingOrders("bot", 1, settings.timers)
    books = TraderBooks(
        account=ACCOUNT,
        con_id=CON_ID,
        instrument=MNQ,
        orders=orders,
        fills=OwnFills(instruments={CON_ID: MNQ}),
    )
    gateway = ScriptedGateway()
    ports = TraderPorts(
        gateway=gateway,
        clock=CLOCK,
        facts=lambda: RiskView(instrument=MNQ),
        alert=lambda alert: None,
    )
    line = ConnectionSettings()
    with open_journal(tmp_path / "j.db") as journal:
        yield StatusSource(
            venue="sim",
            desk=OrderDesk(ports, books, {}, JournalDesk(journal), settings),
            supervisor=ConnectionSupervisor(gateway, line, CLOCK, lambda event: None),
            contract=None,
            profit=PROFIT,
            data=DataStatus(),
        )


def filled(quantity, price, exec_id="0000e0d5.6847.01.01"):
    return ExecutionSeen(
        exec_id=exec_id,
        order_id=1,
        perm_id=1,
        client_id=1,
        order_ref="bot/d1/entry/1",
        con_id=CON_ID,
        account=ACCOUNT,
        time=NOON,
        side="BOT",
        quantity=quantity,
        price=price,
    )


def test_status_of_a_trader_that_knows_nothing_says_so(source):
    assert build_status(source) == TraderStatus(
        at=NOON,
        venue="sim",
        account="DU***67",
        mode=Mode.DISCONNECTED,
        connection=ConnectionStatus(
            link=Link.DISCONNECTED, since=NOON, probe_ms=None, clock_offset_seconds=None
        ),
        holding=HoldingStatus(contract=""),
        profit=PROFIT,
        data=DataStatus(),
        decision=None,
        orders=OrdersStatus(working=(), sent_today=None, denials={}),
    )
    assert build_status(source).profit.day_usd is None


def test_status_of_a_holding_has_its_contract_and_average_entry(source):
    source.desk.manager.books.fills.hear(filled(1, 18_000.25))
    source.desk.manager.books.fills.hear(filled(2, 18_001.0, "0000e0d5.6847.02.01"))
    assert build_status(replace(source, contract=FACTS)).holding == HoldingStatus(
        contract="MNQH4", expiry=date(2024, 3, 15), position=3, average_price=18_000.75
    )


@pytest.mark.parametrize("text", ["", "202403", "unknown"])
def test_status_of_a_contract_whose_last_day_cannot_be_read_has_none(source, text):
    contract = replace(FACTS, expiry=text)
    assert build_status(replace(source, contract=contract)).holding.expiry is None


def test_status_of_a_fill_off_the_grid_has_a_position_without_a_price(source):
    source.desk.manager.books.fills.hear(filled(1, 18_000.1))
    holding = build_status(source).holding
    assert (holding.position, holding.average_price) == (1, None)


def test_status_of_a_desk_in_doubt_is_reduce_only(source):
    manager = source.desk.manager
    for link in (Link.CONNECTING, Link.SYNCING, Link.RECONCILED):
        manager.modes.move(link, "")
    assert build_status(source).mode is Mode.TRADING
    manager.is_in_doubt = True
    assert build_status(source).mode is Mode.REDUCE_ONLY


def test_status_says_what_holds_the_trader_back(source):
    source.desk.manager.modes.hold(Hold.STALE_DATA, "no tick for 34 s")
    status = build_status(source)
    source.desk.manager.modes.hold(Hold.OPERATOR, "lunch")
    assert status.holds == {Hold.STALE_DATA: "no tick for 34 s"}


def test_status_counts_the_denials_of_its_trading_day(source):
    denials = source.desk.manager.denials
    denials.note("margin", NOON - timedelta(hours=30))
    denials.note("stale_data", NOON - timedelta(hours=1))
    begun = datetime(2024, 3, 4, 23, tzinfo=UTC)
    assert build_status(replace(source, day_begun=begun)).orders.denials == {"stale_data": 1}
    assert build_status(source).orders.denials == {"stale_data": 1, "margin": 1}


def source_of(rig):
    """Return the source of an order desk's status over a real socket."""
    return StatusSource(
        venue="sim",
        desk=rig.desk,
        supervisor=rig.supervisor,
        contract=None,
        profit=PROFIT,
        data=DataStatus(),
    )


def shown(rig):
    """Return position, average entry, and the orders that work, as the status shows them."""
    status = build_status(source_of(rig))
    orders = [
        (one.ref, one.side, one.quantity, one.price, one.state) for one in status.orders.working
    ]
    return status.holding.position, status.holding.average_price, sorted(orders)


def true(rig):
    """Return the same by the gateway's own books; MNQ has 2 USD a point."""
    state = rig.far.state()
    orders = [
        (
            one["ref"],
            one["action"],
            one["remaining"],
            one["aux_price"] if one["kind"] == "STP" else one["limit_price"],
            "working",
        )
        for one in state["orders"]
    ]
    costs = [cost / 2.0 for cost in state["average_costs"].values()]
    return rig.broker_position, costs[0] if costs else None, sorted(orders)


def test_status_over_a_socket_shows_what_the_gateway_has(tmp_path):
    async def body(rig):
        status = build_status(source_of(rig))
        assert (status.mode, status.connection.is_up) == (Mode.TRADING, True)
        assert 0 < status.connection.probe_ms < 1_000
        assert abs(status.connection.clock_offset_seconds) < 2
        assert shown(rig) == true(rig) == (0, None, [])
        rig.enter(1)
        await rig.holds(1)
        await until(lambda: shown(rig) == true(rig))
        status = build_status(source_of(rig))
        assert status.holding.stop == StopStatus(price=PRICE - 50.0, quantity=1, is_covering=True)
        assert status.holding.unprotected_since is None
        rig.enter(-1, "d2")
        await rig.holds(-1)
        await until(lambda: shown(rig) == true(rig))
        assert build_status(source_of(rig)).holding.stop.price == PRICE + 50.0
        rig.desk.manager.flatten("enough")
        await until(lambda: shown(rig) == true(rig) == (0, None, []))

    traded(tmp_path / "j.db", body)


def test_status_over_a_socket_shows_an_entry_that_waits_and_no_stop_before_it_fills(tmp_path):
    async def body(rig):
        rig.far.set(is_not_filling=True)
        rig.enter(1)
        await until(lambda: {one[-1] for one in shown(rig)[2]} == {"working"})
        assert shown(rig) == true(rig)
        status = build_status(source_of(rig))
        assert [one.role for one in status.orders.working] == ["entry", "stop"]
        assert status.holding.stop is None
        rig.far.set(is_not_filling=False)
        rig.far.do("set_price", points=PRICE)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_status_over_a_socket_that_is_lost_keeps_the_stop_as_last_known(tmp_path):
    async def body(rig):
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("stop")
        await until(lambda: not rig.supervisor.is_up)
        status = build_status(source_of(rig))
        assert not status.connection.is_up
        assert status.connection.probe_ms is None
        expected = StopStatus(price=PRICE - 50.0, quantity=1, is_covering=True, is_confirmed=False)
        assert status.holding.stop == expected
        rig.far.do("start")
        await rig.holds(1)
        confirmed = replace(expected, is_confirmed=True)
        await until(lambda: build_status(source_of(rig)).holding.stop == confirmed)

    traded(tmp_path / "j.db", body)


def test_status_over_a_socket_of_a_gateway_that_lost_the_broker_says_so(tmp_path):
    async def body(rig):
        rig.supervisor.hear(ErrorSeen(request_id=-1, code=1100, text="lost"))
        line = build_status(source_of(rig)).connection
        assert (line.is_broker_up, line.is_up) == (False, False)
        rig.supervisor.hear(ErrorSeen(request_id=-1, code=1102, text="restored"))
        assert build_status(source_of(rig)).connection.is_broker_up

    traded(tmp_path / "j.db", body)
