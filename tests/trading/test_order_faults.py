"""Faults of orders, by their numbers in the fault matrix, each over a real socket."""

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE
from tests.helpers.live_orders import QUICK, Rig, traded
from trading.broker_events import ExecutionSeen
from trading.modes import Mode
from trading.order_builder import ExitTerms
from trading.order_identity import Role
from trading.risk_codes import DenialCode, Denied

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


@pytest.mark.parametrize("code", [10349, 161, 399, 2109, 321])
def test_fault_20_error_on_a_live_stop_leaves_it_live(tmp_path: Path, code: int) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        before = rig.stop()
        rig.far.do("error", code=code, text="an error", request_id=before["order_id"])
        await until(lambda: any(getattr(event, "code", 0) == code for event in rig.heard))
        await until(lambda: rig.state_of(STOP) == "WORKING")
        assert rig.stop()["perm_id"] == before["perm_id"]

    traded(tmp_path / "j.db", body)


def test_fault_21_cancel_that_is_never_answered_gets_no_exit_beside_it(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.set(is_mute_on_cancel=True)
        rig.desk.manager.cancel(STOP)
        await until(lambda: "order_unknown" in rig.kinds(), 5.0)
        stops = [one for one in rig.far.state()["orders"] if one["kind"] == "STP"]
        groups = {one["oca_group"] for one in stops}
        assert groups == {STOP}  # of all that rest, one fills
        rig.far.set(is_mute_on_cancel=False)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_22_fill_that_races_a_cancel_is_a_fill(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(is_not_filling=True)
        rig.enter(1)
        await until(lambda: rig.state_of(ENTRY) == "WORKING")
        rig.far.set(is_not_filling=False, is_filling_on_cancel=True)
        rig.desk.manager.cancel(ENTRY)
        await until(lambda: rig.state_of(ENTRY) == "FILLED")
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_23_cancel_of_an_unknown_order_asks_for_the_truth(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("error", code=10147, text="not found", request_id=rig.stop()["order_id"])
        await until(lambda: any(getattr(event, "code", 0) == 10147 for event in rig.heard))
        await until(lambda: rig.state_of(STOP) == "WORKING")
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_24_duplicated_modify_has_the_extra_cancelled(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.set(is_doubling_modify=True)
        rig.desk.manager.change(STOP, 1, PRICE - 40.0, "the test")
        await until(lambda: "order_duplicated" in rig.kinds())
        rig.far.set(is_doubling_modify=False)
        await until(lambda: rig.is_protected(1), 5.0)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_25_orphaned_position_gets_its_stop(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(has_orphan_children=True)
        rig.enter(1)
        await until(lambda: rig.position == 1)
        await rig.holds(1)
        assert rig.stop()["ref"] == "bot/d1/repair_stop/1"

    traded(tmp_path / "j.db", body)


def test_fault_25_stop_without_position_is_cancelled(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        order = ExitTerms(role=Role.REPAIR_STOP, quantity=-1, stop=PRICE - 60.0, oca_group="other")
        rig.desk.manager.place_exit(order)
        rig.far.do("set_price", points=19_945.0)
        await rig.holds(0)

    traded(tmp_path / "j.db", body)


def test_fault_26_order_ids_go_on_after_a_rollback(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.set(ignore_in={"3": 2})
        rig.enter(1)
        await until(lambda: rig.state_of(ENTRY) in {"SENT", "UNKNOWN"})
        rig.far.do("kick")
        await until(lambda: rig.supervisor.is_up and rig.mode is Mode.TRADING, 5.0)
        await until(lambda: rig.state_of(ENTRY) == "LOST", 5.0)
        assert rig.desk.manager.books.next_valid_id == 1
        rig.enter(1, "d2")
        await rig.holds(1)
        assert rig.stop()["order_id"] == 4

    traded(tmp_path / "j.db", body)


def test_fault_27_manual_trade_halts_entries(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.do("manual", side="BUY", quantity=1)
        await until(lambda: "drift" in rig.kinds(), 5.0)
        assert rig.mode is Mode.HALTED
        denied = rig.enter(1)
        assert isinstance(denied, Denied)
        assert denied.code is DenialCode.HALTED
        assert rig.broker_position == 1
        assert "foreign_order" in rig.kinds()

    traded(tmp_path / "j.db", body, is_settled=False)


def test_fault_27_adopted_position_is_protected_and_trades_on(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.far.do("manual", side="BUY", quantity=1)
        await until(lambda: "drift" in rig.kinds(), 5.0)
        rig.desk.reconciler.adopt("me", "my own trade", PRICE)
        await rig.holds(1)
        assert rig.mode is Mode.TRADING

    traded(tmp_path / "j.db", body)


def test_fault_28_position_that_lies_halts_and_trades_nothing(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        n_orders = len(rig.far.state()["done"])
        rig.far.set(position_lie=2)
        await until(lambda: rig.mode is Mode.HALTED, 5.0)
        assert "drift" in rig.kinds()
        assert len(rig.far.state()["done"]) == n_orders
        assert rig.position == 1

    traded(tmp_path / "j.db", body)


def test_fault_43_journal_that_cannot_be_written_sends_nothing_but_a_flatten(
    tmp_path: Path,
) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.journal._connection.execute("PRAGMA query_only = 1")
        denied = rig.enter(-1, "d2")
        assert isinstance(denied, Denied)
        assert denied.code is DenialCode.JOURNAL_NOT_WRITABLE
        rig.desk.manager.flatten("no journal")
        await until(lambda: rig.broker_position == 0)
        await until(lambda: rig.mode is Mode.REDUCE_ONLY)
        assert "journal_failure" in rig.kinds()
        rig.journal._connection.execute("PRAGMA query_only = 0")
        await rig.holds(0)
        await until(lambda: rig.mode is Mode.TRADING)

    traded(tmp_path / "j.db", body)
