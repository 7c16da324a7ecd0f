"""Where exits are moved to, over a real socket; the model's account is made up."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE
from tests.helpers.live_orders import QUICK, Rig, traded
from trading.modes import Mode
from trading.order_steering import OrderSteering

ENTRY = 80_001
"""Ticks at which the gateway sells at PRICE, one above it; the settings' stop is 200 below."""

LARGER = QUICK.model_copy(
    update={
        "limits": QUICK.limits.model_copy(update={"max_position": 3, "max_order_quantity": 6}),
        "timers": QUICK.timers.model_copy(update={"partial_seconds": 2.0}),
    }
)


def account(position: int, stop_ticks: int | None, **terms: Any) -> Any:
    """Return a pipeline whose account holds a position behind a stop."""
    seen = {"has_new_fills": False, "is_trailing": False, "target_ticks": None} | terms
    known = SimpleNamespace(position=position)
    return SimpleNamespace(account=known, stop_ticks=stop_ticks, **seen)


NOBODY: Any = SimpleNamespace(
    account=None, stop_ticks=None, target_ticks=None, has_new_fills=False, is_trailing=True
)
"""A pipeline that was begun anew: it knows of no position."""


def steered(rig: Rig) -> OrderSteering:
    """Return what moves the exits of a rig."""
    return OrderSteering(rig.desk.manager, rig.settings.protection)


async def stands_at(rig: Rig, ticks: int, steering: OrderSteering, seen: Any) -> None:
    """Follow an account until broker and books have the one stop at a trigger."""

    def is_there() -> bool:
        steering.follow(seen)
        return bool(rig.stop()["aux_price"] == ticks / 4)

    await until(is_there)
    orders = rig.desk.manager.books.orders.orders.values()
    await until(lambda: any(one.seen and one.seen.aux_price == ticks / 4 for one in orders))


def test_stop_goes_to_its_distance_from_the_fill_either_way(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        steering.follow(NOBODY)
        rig.enter(1, stop=PRICE - 20.0)
        await rig.holds(1)
        await stands_at(rig, ENTRY - 200, steering, account(0, None, has_new_fills=True))

    traded(tmp_path / "j.db", body)


def test_stop_that_trailed_stays_where_the_account_is_lost_or_begins_anew(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        steering.follow(NOBODY)
        rig.enter(1)
        await rig.holds(1)
        await stands_at(rig, ENTRY - 40, steering, account(1, ENTRY - 40, is_trailing=True))
        for lost in (NOBODY, account(1, ENTRY - 160), account(1, ENTRY - 900), account(-1, ENTRY)):
            steering.follow(lost)
            assert steering.is_in_place(lost)
        await rig.near.probe()  # what was sent before has arrived when it is answered
        assert rig.stop()["aux_price"] == (ENTRY - 40) / 4

    traded(tmp_path / "j.db", body)


def test_stop_is_never_farther_than_the_entry_s_own_distance(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        steering.follow(NOBODY)
        rig.enter(1)
        await rig.holds(1)
        await stands_at(rig, ENTRY - 200, steering, account(1, ENTRY - 900))
        assert steering.is_in_place(account(1, ENTRY - 900))  # brought into line far below

    traded(tmp_path / "j.db", body)


def test_trailed_stop_of_what_is_left_stays_when_a_part_is_sold(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        rig.enter(3)
        await rig.holds(3)
        await stands_at(rig, ENTRY - 40, steering, account(3, ENTRY - 40, is_trailing=True))
        rig.enter(1, "d2")
        await rig.holds(1)
        await rig.near.probe()  # and what the broker said of it has been heard
        steering.follow(account(3, ENTRY - 40, is_trailing=True, has_new_fills=True))
        await rig.near.probe()
        assert rig.stop()["aux_price"] == (ENTRY - 40) / 4

    traded(tmp_path / "j.db", body, LARGER, max_position=3)


def test_fixed_stop_moves_back_to_the_new_average_after_an_addition(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        steering.follow(NOBODY)
        rig.enter(1)
        await rig.holds(1)
        await stands_at(rig, ENTRY - 200, steering, account(0, None, has_new_fills=True))
        rig.far.do("set_price", points=PRICE - 20.0)
        rig.facts["last_price"] = PRICE - 20.0
        rig.enter(2, "d2", stop=PRICE - 70.0)
        await until(lambda: rig.position == 2)

        def are_there() -> bool:
            steering.follow(account(1, ENTRY - 200, has_new_fills=True))
            prices = {one["aux_price"] for one in rig.far.state()["orders"]}
            return prices == {(ENTRY - 40 - 200) / 4}  # bought at ENTRY, and 80 ticks below

        await until(are_there)
        await rig.holds(2)

    traded(tmp_path / "j.db", body, LARGER, max_position=3)


def test_nothing_is_changed_while_the_broker_is_away(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering, trailed = steered(rig), account(1, ENTRY - 40, is_trailing=True)
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("lose")
        await until(lambda: rig.mode is Mode.SYNCING)
        steering.follow(trailed)
        await rig.near.probe()
        assert rig.stop()["aux_price"] == PRICE - 50.0
        rig.far.do("restore", is_data_lost=False)
        await until(lambda: rig.mode is Mode.TRADING, 5.0)
        await stands_at(rig, ENTRY - 40, steering, trailed)

    traded(tmp_path / "j.db", body)


def decided(target: int, quantity: int) -> Any:
    """Return what of a decision is acted on."""
    return SimpleNamespace(target=target, quantity=quantity, denial="none")


def test_decision_beside_an_entry_that_may_still_fill_opens_nothing(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        rig.far.set(is_not_filling=True)
        assert steering.act(decided(1, 1), "d1", PRICE, 0).text == "order sent"
        outcome = steering.act(decided(1, 1), "d2", PRICE, 0)
        assert outcome.text == "void: an earlier entry may still fill"
        await until(lambda: not rig.desk.manager.books.live_entries())  # it was in vain
        assert len(rig.far.state()["done"]) == 2

    traded(tmp_path / "j.db", body, LARGER)


def test_decision_on_a_position_that_has_changed_since_is_void(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        rig.enter(1)
        await rig.holds(1)  # as after a decision at a close at which it was short
        outcome = steering.act(decided(-1, -1), "d2", PRICE, -1)
        assert outcome.text == "void: the position went from -1 to +1 since the close"
        await rig.near.probe()
        assert rig.broker_position == 1

    traded(tmp_path / "j.db", body)


def test_decision_to_be_flat_closes_what_there_is_and_lets_no_entry_fill_after_it(
    tmp_path: Path,
) -> None:
    async def body(rig: Rig) -> None:
        steering = steered(rig)
        rig.far.set(partial_fills=[1], is_not_filling=True)
        steering.act(decided(3, 3), "d1", PRICE, 0)
        await until(lambda: rig.position == 1)
        rig.far.set(is_not_filling=False)
        assert steering.act(decided(0, -3), "d2", PRICE, 3).text == "order sent"
        await until(lambda: rig.position == 0 and not rig.far.state()["orders"])
        await rig.near.probe()
        assert rig.broker_position == 0

    traded(tmp_path / "j.db", body, LARGER, max_position=3)
