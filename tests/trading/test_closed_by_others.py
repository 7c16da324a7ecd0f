"""Positions that others close or add to, over a real socket: nothing of ours is sold twice."""

import asyncio

import pytest

from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE, simulated_gateway
from tests.helpers.live_orders import QUICK, started, traded
from trading import protector
from trading.broker_events import PositionSeen
from trading.modes import Mode
from trading.risk_codes import DenialCode
from trading.winding_down import Left, what_is_left

LARGER = QUICK.model_copy(
    update={"limits": QUICK.limits.model_copy(update={"max_position": 3, "max_order_quantity": 6})}
)
A_SECOND = 1.0
"""Three snapshots and twenty looks of the protector."""

pytestmark = pytest.mark.faults


def test_fault_27_position_that_a_person_has_closed_is_closed_no_second_time(tmp_path):
    async def body(rig):
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("manual", side="SELL", quantity=1)
        await until(lambda: rig.mode is Mode.HALTED)
        await until(lambda: not rig.far.state()["orders"])  # a stop could open only
        answer = rig.desk.manager.reduce(0, "d2")
        assert (answer.code, rig.position) == (DenialCode.WOULD_OPEN, 1)
        rig.desk.manager.flatten("a test")
        await asyncio.sleep(A_SECOND / 4)
        assert (rig.broker_position, len(rig.far.state()["executions"])) == (0, 2)
        assert "stop_missing" not in rig.kinds()
        await until(lambda: what_is_left(rig.desk) is Left.DISPUTED)
        rig.desk.reconciler.adopt("me", "closed by hand", PRICE)
        await until(lambda: not rig.desk.manager.is_flattening)
        assert (rig.position, rig.broker_position) == (0, 0)

    traded(tmp_path / "journal.db", body)


def test_restart_knows_what_a_person_has_closed(tmp_path):
    async def in_loop(far):
        path = tmp_path / "journal.db"
        async with started(far, path, LARGER) as rig:
            rig.enter(2)
            await rig.holds(2)
            far.do("manual", side="SELL", quantity=1)
            await until(lambda: rig.is_protected(1))
            assert (rig.position, rig.mode) == (2, Mode.HALTED)
        async with started(far, path, LARGER) as rig:
            await asyncio.sleep(A_SECOND / 2)
            assert rig.is_protected(1)
            assert (rig.position, rig.desk.manager.guarded_position) == (2, 1)

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def test_stops_that_vanish_again_and_again_are_put_so_many_times_and_then_a_person_looks(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(protector, "MOST_A_MINUTE", 3)

    async def body(rig):
        rig.enter(1)
        for _ in range(4):
            await rig.holds(1)
            rig.far.do("drop_order", perm_id=rig.stop()["perm_id"])
            await until(lambda: not rig.is_protected(1))
        await until(lambda: rig.broker_position == 0 and rig.position == 0)
        placed = [ref for ref in rig.desk.manager.books.orders.orders if "/repair_stop/" in ref]
        assert (len(placed), rig.mode) == (3, Mode.HALTED)
        assert "stop_missing" in rig.kinds()

    traded(tmp_path / "journal.db", body)


def test_addition_leaves_one_stop_for_all_of_it_since_the_group_cancels_the_others(tmp_path):
    async def body(rig):
        rig.enter(1, stop=PRICE - 50.0)
        await rig.holds(1)
        rig.enter(3, "d2", stop=PRICE - 60.0)
        await until(lambda: rig.is_protected(3) and len(rig.far.state()["orders"]) == 1)
        assert (rig.stop()["remaining"], rig.stop()["aux_price"]) == (3, PRICE - 50.0)
        rig.far.do("set_price", points=PRICE - 55.0)
        await rig.holds(0)

    traded(tmp_path / "journal.db", body, LARGER, max_position=3)


def test_flatten_closes_what_a_person_has_left_of_a_position(tmp_path):
    async def in_loop(far):
        async with started(far, tmp_path / "journal.db", LARGER) as rig:
            rig.enter(2)
            await rig.holds(2)
            far.do("manual", side="SELL", quantity=1)
            await until(lambda: rig.mode is Mode.HALTED and rig.is_protected(1))
            rig.desk.manager.flatten("a test")
            await until(lambda: rig.broker_position == 0 and rig.position == 1)
            await asyncio.sleep(A_SECOND / 4)
            assert rig.broker_position == 0
            rig.desk.reconciler.adopt("me", "one of them was mine", PRICE)
            await until(lambda: not rig.desk.manager.is_flattening)

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def test_entry_after_an_adoption_keeps_its_stop_whatever_is_told_of_what_others_did(tmp_path):
    async def body(rig):
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("manual", side="SELL", quantity=1)
        await until(lambda: "drift" in rig.kinds())
        await until(lambda: not rig.desk.manager.is_in_doubt)
        rig.desk.reconciler.adopt("me", "closed by hand", PRICE)
        await until(lambda: rig.mode is Mode.TRADING and not rig.desk.manager.is_in_doubt)
        await asyncio.sleep(A_SECOND / 2)  # snapshots tell the fill by hand again
        tap, loop = rig.near.session().tap, asyncio.get_running_loop()
        listener = tap._listener
        tap._listener = lambda event: (
            loop.call_later(0.3, listener, event)
            if isinstance(event, PositionSeen)
            else listener(event)
        )
        rig.enter(1, "d2")
        await rig.holds(1)
        until_time = loop.time() + A_SECOND / 2
        while loop.time() < until_time:
            assert rig.is_protected(1)
            await asyncio.sleep(0.005)

    traded(tmp_path / "journal.db", body)
