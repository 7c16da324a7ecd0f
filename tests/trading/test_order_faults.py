"""Faults of orders on their way and of their stops, by number, each over a real socket."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE
from tests.helpers.live_orders import QUICK, Rig, traded
from trading.broker_events import ExecutionSeen
from trading.modes import Mode
from trading.placed import Placed
from trading.risk_codes import DenialCode, Denied

pytestmark = pytest.mark.faults

ENTRY, STOP = "bot/d1/entry/1", "bot/d1/stop/1"

LARGER: dict[str, Any] = {
    "limits": QUICK.limits.model_copy(update={"max_position": 3, "max_order_quantity": 6})
}


def test_fault_11_order_swallowed_is_never_resent(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(n_drop_orders=2)
        rig.enter(1)
        await until(lambda: rig.state_of(ENTRY) == rig.state_of(STOP) == "LOST", 5.0)
        assert "order_lost" in rig.kinds()
        state = rig.far.state()
        assert not state["orders"] + state["done"]
        rig.enter(1, "d2")
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_11_entry_beside_one_that_is_unknown_is_denied(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(n_drop_orders=2)
        rig.enter(1)
        await until(lambda: rig.state_of(ENTRY) == "UNKNOWN")
        denied = rig.enter(1, "d2")
        assert isinstance(denied, Denied)
        assert denied.code in {DenialCode.UNKNOWN_ENTRY, DenialCode.REDUCE_ONLY}
        await until(lambda: rig.state_of(ENTRY) == "LOST", 5.0)

    traded(tmp_path / "j.db", body)


def test_fault_12_acks_lost_of_a_fill_are_found_and_it_is_protected(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(drop_out={"3": 4, "5": 3, "11": 1, "59": 1})
        rig.enter(1)
        await until(lambda: rig.position == 1, 5.0)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_13_duplicated_callbacks_count_once(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(dup_out={"3": -1, "11": -1, "59": -1, "5": -1})
        rig.enter(1)
        await rig.holds(1)
        told = [event for event in rig.heard if isinstance(event, ExecutionSeen)]
        assert len(told) >= 2
        assert rig.position == 1

    traded(tmp_path / "j.db", body)


def test_fault_14_execution_before_the_ack_is_a_fill(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(is_execution_first=True)
        rig.enter(1)
        await rig.holds(1)
        assert rig.state_of(ENTRY) == "FILLED"

    traded(tmp_path / "j.db", body)


def test_fault_15_partial_fill_that_stalls_is_protected_and_its_rest_cancelled(
    tmp_path: Path,
) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(partial_fills=[1], is_not_filling=True)
        rig.enter(3)
        await until(lambda: rig.position == 1)
        await until(lambda: rig.far.state()["orders"][-1]["is_working"])  # before the rest is gone
        await until(lambda: rig.state_of(ENTRY) == rig.state_of(STOP) == "CANCELLED", 5.0)
        await rig.holds(1)
        assert rig.stop()["ref"] == "bot/d1/repair_stop/1"

    settings = QUICK.model_copy(update=LARGER)
    traded(tmp_path / "j.db", body, settings, max_position=3)


def test_fault_16_partial_fill_of_a_stop_leaves_the_rest_covered(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(3)
        await rig.holds(3)
        rig.far.set(partial_fills=[1], is_not_filling=True)
        rig.far.do("set_price", points=19_940.0)
        await until(lambda: rig.position == 2)
        await rig.holds(2)
        orders = rig.far.state()["orders"]
        assert [one["ref"] for one in orders] == [STOP]
        rig.far.set(is_not_filling=False)
        rig.far.do("set_price", points=19_939.0)
        await rig.holds(0)

    settings = QUICK.model_copy(update=LARGER)
    traded(tmp_path / "j.db", body, settings, max_position=3)


def test_fault_17_rejected_entry_is_not_tried_again(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(n_rejects=1)
        rig.enter(1)
        await until(lambda: rig.state_of(ENTRY) == "REJECTED")
        await until(lambda: rig.state_of(STOP) not in {"SENT", "WORKING", "UNKNOWN"}, 5.0)
        assert "order_rejected" in rig.kinds()
        rig.enter(1)
        assert len(rig.far.state()["done"]) == 2
        assert not rig.far.state()["orders"]

    traded(tmp_path / "j.db", body)


def test_fault_18_rejected_stop_is_tried_again(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(n_stop_rejects=2)
        rig.enter(1)
        await rig.holds(1)
        assert "stop_rejected" in rig.kinds()
        assert rig.stop()["ref"] == "bot/d1/repair_stop/2"
        assert rig.stop()["aux_price"] == PRICE - 50.0

    traded(tmp_path / "j.db", body)


def test_fault_18_stop_rejected_for_ever_is_flattened_and_held(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(n_stop_rejects=99)
        rig.enter(1)
        await until(lambda: rig.mode is Mode.HALTED, 5.0)
        await until(lambda: rig.position == 0, 5.0)
        assert {"stop_rejected", "stop_missing"} <= rig.kinds()
        rig.far.set(n_stop_rejects=0)
        await rig.holds(0)

    traded(tmp_path / "j.db", body)


def test_fault_19_stop_silently_gone_is_found_and_placed_again(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("drop_order", perm_id=rig.stop()["perm_id"])
        await rig.holds(1)
        assert rig.stop()["ref"] == "bot/d1/repair_stop/1"
        assert rig.stop()["aux_price"] == PRICE - 50.0
        assert rig.state_of(STOP) in {"UNKNOWN", "LOST"}

    traded(tmp_path / "j.db", body)


def test_fault_6_frozen_gateway_that_thaws_gets_no_order_twice(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(is_frozen=True)
        rig.enter(1)
        await until(lambda: rig.state_of(ENTRY) == "UNKNOWN")
        rig.far.set(is_frozen=False)
        await rig.holds(1)
        assert rig.enter(1) == Placed()
        assert len(rig.far.state()["executions"]) == 1

    traded(tmp_path / "j.db", body)


def test_fault_18_flatten_that_fails_is_told_and_goes_on(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.set(is_not_filling=True)
        rig.desk.manager.flatten("the test")
        await until(lambda: "flatten_failed" in rig.kinds(), 5.0)
        assert len([one for one in rig.far.state()["orders"] if one["kind"] == "MKT"]) == 1
        rig.far.set(is_not_filling=False)
        rig.far.do("set_price", points=PRICE)
        await rig.holds(0)

    traded(tmp_path / "j.db", body)
