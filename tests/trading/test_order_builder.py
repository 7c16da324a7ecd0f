"""Orders as they will lie on the wire, by hand."""

import math

import pytest

from config.instruments import get_instrument
from trading.order_builder import BracketNames, EntryTerms, ExitTerms, bracket, exit_order, on_grid
from trading.order_identity import OrderRef, Role

MNQ = get_instrument("MNQ")


def ref(role: Role, n: int = 1) -> OrderRef:
    return OrderRef(bot="bot", decision="d1", role=role, n=n)


@pytest.mark.parametrize(
    ("target", "stop", "price", "on_stop", "on_price"),
    [
        (1, 19_949.90, 20_100.10, 19_950.00, 20_100.25),  # towards less loss; to the better price
        (-1, 20_050.10, 19_899.90, 20_050.00, 19_899.75),
        (1, 19_950.00, None, 19_950.00, None),
    ],
)
def test_terms_off_the_grid_are_rounded_away_from_risk(
    target: int, stop: float, price: float | None, on_stop: float, on_price: float | None
) -> None:
    fitted = on_grid(
        EntryTerms(decision_id="d1", target=target, stop=stop, target_price=price), MNQ
    )
    assert (fitted.stop, fitted.target_price) == (on_stop, on_price)


def test_terms_without_a_number_stay_so_that_the_guard_denies_them() -> None:
    fitted = on_grid(EntryTerms(decision_id="d1", target=1, stop=math.nan), MNQ)
    assert math.isnan(fitted.stop)


def test_bracket_is_transmitted_with_its_last_leg_and_its_exits_are_one_group() -> None:
    names = BracketNames(
        refs=(ref(Role.ENTRY), ref(Role.STOP), ref(Role.TARGET)),
        order_ids=(7, 8, 9),
        entry_group="old",
    )
    terms = EntryTerms(decision_id="d1", target=-1, stop=20_050.0, target_price=19_900.0)
    entry, stop, target = bracket(terms, -2, names, 5, "DU1")
    assert [one.should_transmit for one in (entry, stop, target)] == [False, False, True]
    assert (entry.action, entry.quantity, entry.kind, entry.tif) == ("SELL", 2, "MKT", "DAY")
    assert entry.oca_group == "old"
    assert (stop.action, stop.quantity, stop.kind, stop.stop_price) == ("BUY", 1, "STP", 20_050.0)
    assert (target.kind, target.limit_price, target.stop_price) == ("LMT", 19_900.0, None)
    assert {stop.oca_group, target.oca_group} == {"bot/d1/stop/1"}
    assert {stop.tif, target.tif} == {"GTC"}
    assert (stop.parent_id, target.parent_id) == (7, 7)
    assert stop.is_outside_rth


def test_exit_without_a_group_founds_one() -> None:
    order = exit_order(ExitTerms(role=Role.FLATTEN, quantity=-2), ref(Role.FLATTEN), 3, 5, "DU1")
    assert (order.action, order.quantity, order.kind, order.tif) == ("SELL", 2, "MKT", "DAY")
    assert order.oca_group == "bot/d1/flatten/1"
