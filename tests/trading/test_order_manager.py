"""Orders over a real socket: brackets, stops that fill, reversals, flat."""

from datetime import timedelta
from pathlib import Path

from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE
from tests.helpers.journals import rows
from tests.helpers.live_orders import QUICK, Rig, traded
from trading.broker_events import ErrorSeen
from trading.modes import Mode
from trading.placed import Placed
from trading.risk_codes import DenialCode, Denied

LARGER = QUICK.model_copy(
    update={"limits": QUICK.limits.model_copy(update={"max_position": 3, "max_order_quantity": 6})}
)


def test_enter_fills_and_leaves_its_stop_resting(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        placed = rig.enter(1)
        assert placed == Placed(("bot/d1/entry/1", "bot/d1/stop/1"))
        await rig.holds(1)
        stop = rig.stop()
        assert (stop["aux_price"], stop["tif"], stop["is_outside_rth"]) == (19_950.0, "GTC", True)
        assert stop["oca_group"] == "bot/d1/stop/1"

    traded(tmp_path / "j.db", body)


def test_message_that_cannot_be_read_has_the_broker_asked_at_once(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        asked: list[bool] = []
        rig.desk.manager.on_query = lambda: asked.append(True)
        rig.desk.manager.hear(ErrorSeen(request_id=-1, code=508, text="message 11 is unreadable"))
        await until(lambda: bool(asked))
        assert rig.alerts[-1].kind == "not_reconciled"

    traded(tmp_path / "j.db", body)


def test_enter_with_a_stop_off_the_grid_rounds_it_to_the_smaller_loss(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1, stop=PRICE - 50.1)
        await rig.holds(1)
        assert rig.stop()["aux_price"] == PRICE - 50.0

    traded(tmp_path / "j.db", body)


def test_enter_twice_on_one_decision_sends_one_entry(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        assert rig.enter(1) == Placed()
        await rig.holds(1)
        assert len(rig.far.state()["executions"]) == 1

    traded(tmp_path / "j.db", body)


def test_orders_that_the_book_forgets_are_forgotten_by_all(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        manager = rig.desk.manager
        rig.enter(1)
        await rig.holds(1)
        manager.catch_up()
        assert set(manager._desk._written) == {"bot/d1/entry/1", "bot/d1/stop/1"}
        manager.forget(rig.desk.manager.now() + timedelta(days=1))
        assert set(manager.books.orders.orders) == {"bot/d1/stop/1"}  # it may still fill
        assert set(manager._desk._written) == {"bot/d1/stop/1"}

    traded(tmp_path / "j.db", body)


def test_exits_that_are_put_back_after_a_part_was_closed_exclude_each_other(
    tmp_path: Path,
) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(3, target_price=PRICE + 100)
        await rig.holds(3)
        rig.desk.manager.reduce(1, "d2")  # its fill has the broker cancel the whole group
        await rig.holds(1)
        await until(lambda: len(rig.far.state()["orders"]) == 2)
        stop, target = sorted(rig.far.state()["orders"], key=lambda one: one["kind"] != "STP")
        assert (stop["quantity"], target["quantity"]) == (1, 1)
        assert stop["oca_group"] == target["oca_group"] == stop["ref"]
        rig.far.do("set_price", points=19_940.0)
        rig.far.do("set_price", points=20_200.0)
        await rig.holds(0)

    with_targets = QUICK.protection.model_copy(update={"target_ticks": 400.0})
    settings = LARGER.model_copy(update={"protection": with_targets})
    traded(tmp_path / "j.db", body, settings, max_position=3)


def test_fills_of_orders_that_the_book_forgot_are_no_strangers(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("set_price", points=19_940.0)
        await until(lambda: rig.position == 0 and not rig.far.state()["orders"])
        manager = rig.desk.manager
        manager.catch_up()
        manager.forget(manager.now() + timedelta(days=1))
        assert not manager.books.orders.orders
        await rig.desk.reconciler.reconcile()  # the broker tells the fills of its day again
        manager.catch_up()
        assert rig.mode is Mode.TRADING
        assert not manager.books.orders.orders
        assert "foreign_order" not in rig.kinds()

    traded(tmp_path / "j.db", body)


def test_stop_that_is_hit_leaves_flat_and_no_order(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1, target_price=PRICE + 100)
        await rig.holds(1)
        rig.far.do("set_price", points=19_940.0)
        await until(lambda: rig.position == 0)
        assert not rig.far.state()["orders"]

    traded(tmp_path / "j.db", body)


def test_reversal_is_one_order_in_the_old_stop_s_group(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.enter(-1, "d2")
        await rig.holds(-1)
        fills = rig.far.state()["executions"]
        assert [(fill["side"], fill["shares"]) for fill in fills] == [("BOT", 1), ("SLD", 2)]
        entry = next(one for one in rig.far.state()["done"] if one["ref"] == "bot/d2/entry/1")
        assert entry["oca_group"] == "bot/d1/stop/1"
        assert rig.stop()["oca_group"] == "bot/d2/stop/1"

    traded(tmp_path / "j.db", body)


def test_flatten_closes_in_the_stop_s_group_and_clears_up(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.desk.manager.flatten("the test")
        await rig.holds(0)
        await until(lambda: not rig.desk.manager.is_flattening)
        last = rig.far.state()["done"][-1]
        assert (last["ref"], last["oca_group"]) == ("bot/d1/flatten/1", "bot/d1/stop/1")

    traded(tmp_path / "j.db", body)


def test_denied_entry_is_written_down_and_not_sent(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.facts["data_age_seconds"] = 99.0
        denied = rig.enter(1)
        assert isinstance(denied, Denied)
        assert denied.code is DenialCode.STALE_DATA
        rig.enter(1)  # asked again and again, it is one denial
        await until(lambda: rows(rig.journal.reader, "denial") != [])
        assert rows(rig.journal.reader, "denial")[0]["code"] == "stale_data"
        assert rig.desk.manager.denials.since(None) == {"stale_data": 1}
        assert not rig.far.state()["orders"]

    traded(tmp_path / "j.db", body)


def test_adding_to_a_position_leaves_one_group_of_stops_for_all_of_it(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.enter(3, "d2", stop=PRICE - 40.0)
        await rig.holds(3)
        stops = [one for one in rig.far.state()["orders"] if one["kind"] == "STP"]
        assert {one["oca_group"] for one in stops} == {"bot/d1/stop/1"}

    traded(tmp_path / "j.db", body, LARGER, max_position=3)


def test_reducing_a_position_leaves_a_stop_for_what_is_left(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(3)
        await rig.holds(3)
        rig.enter(1, "d2")
        await rig.holds(1)
        assert rig.stop()["aux_price"] == PRICE - 50.0

    traded(tmp_path / "j.db", body, LARGER, max_position=3)
