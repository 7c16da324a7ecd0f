"""Faults of errors, cancels, numbers, strangers and the journal, by number, over a real socket."""

from pathlib import Path

import pytest

from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE
from tests.helpers.live_orders import Rig, traded
from trading.modes import Mode
from trading.order_builder import ExitTerms
from trading.order_identity import Role
from trading.risk_codes import DenialCode, Denied

pytestmark = pytest.mark.faults

ENTRY, STOP = "bot/d1/entry/1", "bot/d1/stop/1"


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


def test_fault_27_adopted_position_has_a_stop_of_its_own_and_not_one_of_a_trade_that_is_over(
    tmp_path: Path,
) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.desk.manager.flatten("the test")
        await rig.holds(0)
        rig.far.do("set_price", points=PRICE + 80.0)
        rig.far.do("manual", side="BUY", quantity=1)
        await until(lambda: "drift" in rig.kinds(), 5.0)
        rig.desk.reconciler.adopt("me", "my own trade", PRICE + 80.0)
        await rig.holds(1)
        assert rig.stop()["aux_price"] == PRICE + 30.0  # 200 ticks, not 50 points below PRICE

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
