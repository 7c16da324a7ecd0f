"""Exits follow the position: those that close it, to where the model's account has them."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from config.instruments import get_instrument
from config.trading_settings import OrderTimers, ProtectionSettings
from tests.helpers.broker_words import (
    ACCOUNT,
    CON_ID,
    ENTRY_REF,
    OUR_CLIENT,
    STOP_REF,
    at,
    executed,
    opened,
)
from trading.gateway import OrderToSend
from trading.modes import Mode
from trading.order_steering import OrderSteering
from trading.own_position import OwnFills
from trading.trader_books import TraderBooks
from trading.working_orders import WorkingOrders

MNQ = get_instrument("MNQ")
REPAIR = "bot/20250610T143500Z-m1/repair_stop/1"
SETTINGS = ProtectionSettings(stop_ticks=60)


@dataclass
class Manager:
    """An order manager that notes what it is to change."""

    books: TraderBooks
    is_flattening: bool = False
    modes: Any = field(default_factory=lambda: SimpleNamespace(mode=Mode.TRADING))
    changed: list[tuple[str, int, float]] = field(default_factory=list)

    def change(self, key: str, quantity: int, price: float, _: str) -> None:
        self.changed.append((key, quantity, price))


def pipeline(position: int, stop_ticks: int | None, has_new_fills: bool = False) -> Any:
    """Return what the model's account says."""
    return SimpleNamespace(
        account=SimpleNamespace(position=position),
        stop_ticks=stop_ticks,
        target_ticks=None,
        has_new_fills=has_new_fills,
        is_trailing=False,
    )


def resting(books: TraderBooks, ref: str, side: str, stop: float, order_id: int) -> None:
    """Have a stop of 2 contracts rest at the broker."""
    order = OrderToSend(
        ref=ref, order_id=order_id, con_id=CON_ID, account=ACCOUNT, action=side, quantity=2,
        kind="STP", stop_price=stop, oca_group="g",
    )  # fmt: skip
    books.orders.add(order, at(0))
    books.orders.change(order, at(0))
    seen = opened(order_ref=ref, order_id=order_id, perm_id=900 + order_id, action=side,
                  kind="STP", aux_price=stop)  # fmt: skip
    books.orders.hear(seen, at(1))


@pytest.fixture
def long() -> Manager:
    """Return a manager whose books hold 2 contracts, bought at 20000, with a stop at 19950."""
    books = TraderBooks(
        account=ACCOUNT,
        con_id=CON_ID,
        instrument=MNQ,
        orders=WorkingOrders("bot", OUR_CLIENT, OrderTimers()),
        fills=OwnFills(instruments={CON_ID: MNQ}),
    )
    resting(books, STOP_REF, "SELL", 19_950.0, 12)
    books.fills.hear(executed(2))
    return Manager(books)


def steered(manager: Manager, told: Any) -> list[tuple[str, int, float]]:
    """Return what is changed where the account is like this."""
    steering: Any = OrderSteering(manager, SETTINGS)  # type: ignore[arg-type]
    steering.follow(told)
    return manager.changed


def test_stop_follows_to_where_the_account_has_it(long: Manager) -> None:
    assert steered(long, pipeline(2, 79_960)) == [(STOP_REF, 2, 19_990.0)]


def test_stop_follows_the_fill_until_the_account_has_it(long: Manager) -> None:
    assert steered(long, pipeline(0, None, has_new_fills=True)) == [(STOP_REF, 2, 19_985.0)]


def test_stop_of_a_position_before_a_reversal_is_not_moved_beyond_the_market(
    long: Manager,
) -> None:
    steering: Any = OrderSteering(long, SETTINGS)  # type: ignore[arg-type]
    steering.follow(pipeline(2, 79_940))
    # sold 4 at 20000 since: its stop buys at 20015, and the one that sells is about to be cancelled
    resting(long.books, REPAIR, "BUY", 20_010.0, 13)
    fill = executed(4, "e.2.01", side="SLD", order_ref=ENTRY_REF, time=at(2))
    long.books.fills.hear(fill)
    assert long.books.position == -2
    long.changed.clear()
    steering.follow(pipeline(2, 79_940, has_new_fills=True))
    assert long.changed == [(REPAIR, 2, 20_015.0)]


def test_stop_of_an_adopted_position_is_not_where_the_account_had_the_one_before(
    long: Manager,
) -> None:
    # the account is still short, with its stop above the market
    assert steered(long, pipeline(-2, 80_060)) == [(STOP_REF, 2, 19_985.0)]


def test_exits_are_in_place_whatever_is_left_of_a_position_before_them(long: Manager) -> None:
    far = ProtectionSettings(stop_ticks=200)
    steering = OrderSteering(long, far)  # type: ignore[arg-type]
    resting(long.books, REPAIR, "BUY", 19_000.0, 13)
    assert not steering.is_in_place(pipeline(2, 79_840))
    assert steering.is_in_place(pipeline(2, 79_800))
