"""An order as a client puts it on the wire: some ninety fields, of which futures need twenty.

The rest is passed over in its order, as it depends on version and kind which of them are there.
"""

from dataclasses import replace

from trading.simulated_gateway.fields import Dialect, FieldReader, MalformedMessageError
from trading.simulated_gateway.order_types import OrderRequest
from trading.simulated_gateway.requests import PlaceOrder

_LAST_VERSION_WITH_PROFILE = 176

_FA = ("fa group", "fa method", "fa percentage")
_OF_SHORT_SALES = ("model code", "short sale slot", "designated location", "exempt code")
_AFTER_OCA = (
    "rule 80A",
    "settling firm",
    "all or none",
    "minimum quantity",
    "percent offset",
    "electronic trade only",
    "firm quote only",
    "nbbo price cap",
    "auction strategy",
    "starting price",
    "stock reference price",
    "delta",
    "stock range lower",
    "stock range upper",
    "override constraints",
    "volatility",
    "volatility type",
)
_OF_DELTA_NEUTRAL = (
    "con id",
    "settling firm",
    "clearing account",
    "clearing intent",
    "open close",
    "short sale",
    "short sale slot",
    "designated location",
)
_OF_SCALES = (
    "price adjustment",
    "adjustment interval",
    "profit offset",
    "auto reset",
    "initial position",
    "initial fill",
    "random percent",
)


def read_place_order(reader: FieldReader, dialect: Dialect) -> PlaceOrder:
    """Return the order that a message places or modifies.

    Raises:
        MalformedMessageError: If a field is missing or beyond reading, or it is of several legs.
    """
    order = _read_main(reader)
    oca_type = _read_to_oca_type(reader, dialect)
    trail_stop_price, trail_percent = _read_to_trail(reader)
    is_what_if = _read_to_what_if(reader)
    return PlaceOrder(
        order=replace(
            order,
            oca_type=oca_type,
            trail_stop_price=trail_stop_price,
            trail_percent=trail_percent,
            is_what_if=is_what_if,
        )
    )


def _read_main(reader: FieldReader) -> OrderRequest:
    """Return the order so far as its first fields tell, those that every order fills in."""
    order_id, contract = reader.id("order id"), reader.contract()
    if contract.sec_type == "BAG":
        raise MalformedMessageError("combinations are not traded here")
    reader.skip("security id type", "security id")
    action, quantity, kind = reader.text("action"), reader.quantity("quantity"), reader.text("type")
    limit_price, aux_price = reader.number("limit price"), reader.number("auxiliary price")
    tif, oca_group, account = reader.text("tif"), reader.text("oca group"), reader.text("account")
    reader.skip("open close", "origin")
    order_ref, should_transmit = reader.text("order ref"), reader.flag("transmit")
    parent_id = reader.integer("parent id")
    reader.skip("block order", "sweep to fill", "display size", "trigger method")
    is_outside_rth = reader.flag("outside rth")
    reader.skip("hidden")
    return OrderRequest(
        order_id=order_id,
        contract=contract,
        action=action,
        quantity=quantity,
        kind=kind,
        limit_price=limit_price,
        aux_price=aux_price,
        tif=tif,
        oca_group=oca_group,
        account=account,
        order_ref=order_ref,
        should_transmit=should_transmit,
        parent_id=parent_id,
        is_outside_rth=is_outside_rth,
    )


def _read_to_oca_type(reader: FieldReader, dialect: Dialect) -> int:
    reader.skip("shares allocation", "discretionary amount", "good after", "good till", *_FA)
    if dialect.version <= _LAST_VERSION_WITH_PROFILE:
        reader.skip("fa profile")
    reader.skip(*_OF_SHORT_SALES)
    return reader.integer("oca type")


def _read_to_trail(reader: FieldReader) -> tuple[float | None, float | None]:
    reader.skip(*_AFTER_OCA)
    delta_neutral = reader.text("delta neutral order type")
    reader.skip("delta neutral auxiliary price")
    if delta_neutral:
        reader.skip(*_OF_DELTA_NEUTRAL)
    reader.skip("continuous update", "reference price type")
    return reader.number("trail stop price"), reader.number("trailing percent")


def _read_to_what_if(reader: FieldReader) -> bool:
    reader.skip("scale initial size", "scale subsequent size")
    if (reader.number("scale increment") or 0.0) > 0.0:
        reader.skip(*_OF_SCALES)
    reader.skip("scale table", "active start", "active stop")
    if reader.text("hedge type"):
        reader.skip("hedge parameter")
    reader.skip("opt out of smart routing", "clearing account", "clearing intent", "not held")
    if reader.flag("delta neutral contract"):
        reader.skip("con id", "delta", "price")
    if reader.text("algorithm"):
        for _ in range(reader.integer("number of parameters")):
            reader.skip("tag", "value")
    reader.skip("algorithm id")
    return reader.flag("what if")
