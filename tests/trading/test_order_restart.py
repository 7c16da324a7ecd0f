"""Kills in the middle: new objects over the same journal and the same gateway."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.instruments import get_instrument
from config.trading_settings import OrderTimers
from tests.helpers.broker_words import charged, told
from tests.helpers.clocks import StoppedClock
from tests.helpers.gateways import until
from tests.helpers.ib_links import simulated_gateway
from tests.helpers.journals import (
    ACCOUNT,
    CON_ID,
    NOON,
    OWNER,
    execution,
    intent,
    open_journal,
)
from tests.helpers.live_orders import Rig, started
from trading.broker_events import CommissionSeen, ExecutionSeen
from trading.journal import Journal
from trading.journal_events import IntentState
from trading.modes import Hold, Mode
from trading.order_restore import Traded, restore
from trading.order_transitions import OrderState
from trading.own_position import OwnFills
from trading.reconciliation import REMEMBERED
from trading.simulated_gateway.in_thread import GatewayInThread

ENTRY, STOP = "bot/d1/entry/1", "bot/d1/stop/1"
INSTRUMENTS = {CON_ID: get_instrument("MNQ")}
TRADED = Traded(bot="bot", client_id=1, account=ACCOUNT, con_id=CON_ID, instruments=INSTRUMENTS)
Life = Callable[[Rig], Awaitable[None]]


def lives(path: Path, *bodies: Life) -> None:
    """Run one process after the other, each killed at the end of its body; then check."""

    async def in_loop(far: GatewayInThread) -> None:
        for number, body in enumerate(bodies, start=1):
            async with started(far, path) as rig:
                await body(rig)
                if number == len(bodies):
                    rig.check()

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


@pytest.mark.faults
def test_fault_30_killed_with_a_position_finds_it_and_its_stop_again(tmp_path: Path) -> None:
    async def first(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)

    async def second(rig: Rig) -> None:
        assert rig.began_with == (1, 2)
        assert rig.mode is Mode.TRADING
        await rig.holds(1)
        assert rig.stop()["ref"] == STOP
        assert rig.state_of(STOP) == "WORKING"
        rig.desk.manager.flatten("the test")
        await rig.holds(0)

    lives(tmp_path / "j.db", first, second)


@pytest.mark.faults
def test_fault_30_killed_right_after_sending_finds_its_fill_and_enters_no_second_time(
    tmp_path: Path,
) -> None:
    async def first(rig: Rig) -> None:
        rig.enter(1)  # killed before a word came back

    async def second(rig: Rig) -> None:
        assert rig.began_with == (0, 2)
        rig.enter(1)
        await rig.holds(1)
        assert len(rig.far.state()["executions"]) == 1

    lives(tmp_path / "j.db", first, second)


@pytest.mark.faults
def test_fault_30_killed_before_sending_loses_the_order_and_does_not_send_it(
    tmp_path: Path,
) -> None:
    async def first(rig: Rig) -> None:
        rig.far.set(n_drop_orders=2)
        rig.enter(1)

    async def second(rig: Rig) -> None:
        await until(lambda: rig.state_of(ENTRY) == rig.state_of(STOP) == "LOST", 5.0)
        rig.enter(1, "d2")
        await rig.holds(1)
        assert rig.stop()["order_id"] == 4

    lives(tmp_path / "j.db", first, second)


@pytest.mark.faults
def test_fault_30_stop_filled_while_nobody_ran_is_found(tmp_path: Path) -> None:
    async def first(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)

    async def second(rig: Rig) -> None:
        await until(lambda: rig.position == 0)
        assert rig.state_of(STOP) == "FILLED"

    async def hit(rig: Rig) -> None:
        await first(rig)
        rig.far.do("kick")
        rig.far.do("set_price", points=19_940.0)

    lives(tmp_path / "j.db", hit, second)


@pytest.mark.faults
def test_fault_30_journal_of_one_event_beside_a_position_is_a_mismatch(tmp_path: Path) -> None:
    async def first(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)

    async def in_loop(far: GatewayInThread) -> None:
        async with started(far, tmp_path / "one.db") as rig:
            await first(rig)
        async with started(far, tmp_path / "two.db", is_waiting=False) as rig:
            await until(lambda: rig.mode is Mode.HALTED, 5.0)
            assert Hold.POSITION_MISMATCH in rig.desk.manager.modes.state.holds
            assert rig.position == 0
            assert rig.broker_position == 1
        async with started(far, tmp_path / "two.db") as rig:
            assert rig.mode is Mode.HALTED
            assert Hold.POSITION_MISMATCH in rig.restored.holds

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


@pytest.mark.faults
def test_fault_30_adopted_position_is_adopted_after_a_restart(tmp_path: Path) -> None:
    async def first(rig: Rig) -> None:
        rig.far.do("manual", side="BUY", quantity=1)
        await until(lambda: rig.mode is Mode.HALTED, 5.0)
        await until(lambda: "drift" in rig.kinds(), 5.0)
        rig.desk.reconciler.adopt("me", "my own trade", 20_000.0)
        await rig.holds(1)

    async def second(rig: Rig) -> None:
        assert rig.began_with[0] == 1
        assert rig.mode is Mode.TRADING
        await rig.holds(1)
        await asyncio.sleep(0.4)  # another snapshot tells the stranger's fill again
        assert rig.mode is Mode.TRADING

    lives(tmp_path / "j.db", first, second)


def test_restored_books_are_those_of_the_killed_process(tmp_path: Path) -> None:
    seen: list[tuple[object, ...]] = []

    def told(rig: Rig) -> tuple[object, ...]:
        books = rig.desk.manager.books
        holding = books.fills.holding(books.con_id)
        lives = {
            ref: (booked.life.perm_id, booked.life.executed, booked.order.stop_price)
            for ref, booked in books.orders.orders.items()
        }
        return holding, books.fills.commissions_usd(), lives

    async def first(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.enter(-1, "d2")
        await rig.holds(-1)
        rig.desk.manager.modes.hold(Hold.OPERATOR, "lunch", "me")
        rig.desk.manager.tick()
        seen.append(told(rig))

    async def second(rig: Rig) -> None:
        await rig.holds(-1)
        assert told(rig) == seen[0]
        assert rig.restored.holds == {Hold.OPERATOR: "lunch"}

    lives(tmp_path / "j.db", first, second)


def one_fill(quantity: int, version: int = 1) -> ExecutionSeen:
    return execution(f"x.01.0{version}", order_ref=ENTRY, quantity=quantity)


@pytest.mark.parametrize(
    ("state", "words", "missing"),
    [
        ("FILLED", [], 2),
        ("FILLED", [one_fill(1)], 1),
        ("FILLED", [one_fill(2)], 0),
        ("FILLED", [told("Filled", 1, perm_id=501), one_fill(1)], 0),  # enlarged too late
        ("FILLED", [one_fill(1, version=2)], 0),  # a correction: the executions alone know
        ("CANCELLED", [told("Cancelled", 1, perm_id=501)], 1),
        ("CANCELLED", [told("Cancelled", 1, perm_id=501), one_fill(1)], 0),
        ("CANCELLED", [], 0),
    ],
)
def test_restored_order_knows_of_the_fills_that_nobody_told(
    tmp_path: Path, state: str, words: list[Any], missing: int
) -> None:
    with open_journal(tmp_path / "j.db") as journal:
        ended = IntentState(ref=ENTRY, state=OrderState(state), perm_id=501)
        for event in (intent(n=1, quantity=2), *words, ended):
            journal.append(event)
        books = restore(journal.reader, TRADED, OrderTimers(), NOON).books
    assert books.orders.orders[ENTRY].life.missing_executions == missing


def test_restored_fill_that_was_corrected_costs_what_its_first_report_said(tmp_path: Path) -> None:
    first = execution("x.01.01", order_ref=ENTRY)
    corrected = execution("x.01.02", order_ref=ENTRY, price=18_000.5)
    paid, in_euros = (
        charged(0.85, "x.01.01"),
        CommissionSeen(exec_id="x.01.02", commission_usd=0.75, currency="EUR", realised_usd=None),
    )
    lived = OwnFills(instruments=INSTRUMENTS)
    with open_journal(tmp_path / "j.db") as journal:
        for event in (intent(n=1, ref=ENTRY), first, paid, corrected, in_euros):
            journal.append(event)
        restored = restore(journal.reader, TRADED, OrderTimers(), NOON).books.fills
    lived.hear(first)
    lived.hear_commission(paid)
    lived.hear(corrected)
    lived.hear_commission(in_euros)
    assert (lived.commissions_usd(), restored.commissions_usd()) == (0.85, 0.85)


def test_restored_book_has_a_stop_that_filled_today_though_it_was_placed_a_week_ago(
    tmp_path: Path,
) -> None:
    path, filled = tmp_path / "j.db", NOON + timedelta(days=7)
    placed = [
        intent(n=1, ref=ENTRY),
        IntentState(ref=ENTRY, state="FILLED", perm_id=501),
        intent(role="stop", n=1, ref=STOP),
        IntentState(ref=STOP, state="WORKING", perm_id=502),
    ]
    with open_journal(path) as journal:
        for event in placed:
            journal.append(event)
    with Journal.open(path, StoppedClock(filled.isoformat()), OWNER) as journal:
        journal.append(execution("x.02.01", order_ref=STOP, perm_id=502, side="SLD", time=filled))
        journal.append(IntentState(ref=STOP, state="FILLED", perm_id=502))
        later = filled + timedelta(hours=1)
        restored = restore(journal.reader, TRADED, OrderTimers(), later).books.orders
    assert list(restored.orders) == [STOP]
    restored.forget(later - REMEMBERED)
    assert list(restored.orders) == [STOP]
