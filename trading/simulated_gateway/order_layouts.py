"""Orders as TWS tells of them: openOrder and completedOrder, some hundred and thirty fields each.

Each layout is a literal row of slots, in the order of the wire. A slot has a name, what stands
there where an order says nothing of it, and the versions that have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from trading.simulated_gateway.events import CompletedOrder, MarginImpact, OpenOrder
from trading.simulated_gateway.fields import UNSET, Dialect, contract_fields, text_of
from trading.simulated_gateway.order_types import OrderRequest

OPEN_ORDER_ID, COMPLETED_ORDER_ID = "5", "101"
_ANY_VERSION = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place in a layout.

    Attributes:
        name: Under which an order's value is looked up.
        default: What stands there where there is none.
        since: First version that has it.
        until: Last version that has it.
    """

    name: str
    default: str
    since: int = 0
    until: int = _ANY_VERSION


def _empty(*names: str) -> tuple[Slot, ...]:
    return tuple(Slot(name=name, default="") for name in names)


def _zero(*names: str) -> tuple[Slot, ...]:
    return tuple(Slot(name=name, default="0") for name in names)


_ORDER = (
    *_empty("action", "quantity", "type", "limit", "aux", "tif", "oca_group", "account"),
    *_empty("open_close"),
)
_FINANCIAL_ADVISER = (
    *_empty("fa_group", "fa_method", "fa_percentage"),
    Slot(name="fa_profile", default="", until=176),
)
_TO_SHORT_SALE = (
    *_empty("model", "good_till", "rule_80a", "percent_offset", "settling_firm"),
    *_zero("short_sale_slot"),
    *_empty("designated_location"),
    Slot(name="exempt_code", default="-1"),
)
_PRICES_OF_AUCTIONS = _empty(
    "starting_price", "stock_reference_price", "delta", "range_low", "range_high", "display_size"
)
_VOLATILITY = (
    *_empty("volatility"),
    *_zero("volatility_type"),
    *_empty("delta_neutral_type", "delta_neutral_aux"),
    *_zero("continuous_update", "reference_price_type"),
)
_LEGS = (*_empty("legs_text"), *_zero("n_legs", "n_order_legs", "n_smart_parameters"))
_SCALES = _empty("scale_initial", "scale_subsequent", "scale_increment", "hedge_type")
_PEGS = tuple(
    Slot(name=name, default="", since=170)
    for name in ("min_trade", "min_compete", "compete_offset", "mid_whole", "mid_half")
)
_MARGINS = tuple(
    Slot(name=f"{what}_{when}", default=UNSET)
    for when in ("before", "change", "after")
    for what in ("initial", "maintenance", "equity")
)

OPEN_ORDER = (
    *_ORDER,
    *_zero("origin"),
    *_empty("order_ref", "client_id", "perm_id", "outside_rth"),
    *_zero("hidden", "discretionary"),
    *_empty("good_after", "shares_allocation"),
    *_FINANCIAL_ADVISER,
    *_TO_SHORT_SALE,
    *_zero("auction_strategy"),
    *_PRICES_OF_AUCTIONS,
    *_zero("block", "sweep", "all_or_none"),
    *_empty("min_quantity", "oca_type"),
    *_zero("electronic_only", "firm_quote"),
    *_empty("nbbo_cap", "parent_id"),
    *_zero("trigger_method"),
    *_VOLATILITY,
    *_empty("trail_stop", "trail_percent", "basis_points", "basis_points_type"),
    *_LEGS,
    *_SCALES,
    *_zero("opt_out_smart"),
    *_empty("clearing_account", "clearing_intent"),
    *_zero("not_held", "delta_neutral_contract"),
    *_empty("algorithm"),
    *_zero("solicited"),
    *_empty("what_if", "status"),
    *_MARGINS,
    *(Slot(name=f"{kind}commission", default=UNSET) for kind in ("", "min_", "max_")),
    *_empty("commission_currency", "warning"),
    *_zero("randomises_size", "randomises_price", "n_conditions"),
    Slot(name="adjusted_type", default="None"),
    Slot(name="trigger", default=UNSET),
    *_empty("trail_stop"),
    Slot(name="limit_offset", default=UNSET),
    *(Slot(name=f"adjusted_{name}", default=UNSET) for name in ("stop", "stop_limit", "trail")),
    *_zero("adjusted_unit"),
    *_empty("soft_dollar_name", "soft_dollar_value", "soft_dollar_text"),
    *_zero("cash_quantity", "no_auto_price", "is_oms", "discretionary_to_limit", "price_algorithm"),
    Slot(name="duration", default="", since=158),
    Slot(name="post_to_ats", default="", since=160),
    Slot(name="cancels_parent", default="0", since=162),
    *_PEGS,
)

COMPLETED_ORDER = (
    *_ORDER,
    *_zero("origin"),
    *_empty("order_ref", "perm_id", "outside_rth"),
    *_zero("hidden", "discretionary"),
    *_empty("good_after"),
    *_FINANCIAL_ADVISER,
    *_TO_SHORT_SALE,
    *_PRICES_OF_AUCTIONS,
    *_zero("sweep", "all_or_none"),
    *_empty("min_quantity", "oca_type"),
    *_zero("trigger_method"),
    *_VOLATILITY,
    *_empty("trail_stop", "trail_percent"),
    *_LEGS,
    *_SCALES,
    *_empty("clearing_account", "clearing_intent"),
    *_zero("not_held", "delta_neutral_contract"),
    *_empty("algorithm"),
    *_zero("solicited"),
    *_empty("status"),
    *_zero("randomises_size", "randomises_price", "n_conditions"),
    *_empty("trail_stop"),
    Slot(name="limit_offset", default=UNSET),
    *_zero("cash_quantity", "no_auto_price", "is_oms"),
    *_empty("auto_cancel_date", "filled"),
    *_zero("reference_con_id", "cancels_parent"),
    *_empty("shareholder"),
    *_zero("imbalance_only", "route_to_bbo", "parent_perm_id"),
    *_empty("completed_time", "completed_status"),
    *_PEGS,
)


def fields_in_slots(slots: tuple[Slot, ...], values: Mapping[str, str], version: int) -> list[str]:
    """Return a layout's fields in one version, filled with what there is."""
    return [
        values.get(slot.name, slot.default) for slot in slots if slot.since <= version <= slot.until
    ]


def open_order(event: OpenOrder, dialect: Dialect) -> list[str]:
    """Return the fields of openOrder, its id first."""
    values = {
        **_values_of(event.request),
        "client_id": str(event.client_id),
        "perm_id": str(event.perm_id),
        "status": str(event.status),
        "what_if": text_of(event.request.is_what_if),
        **(_impact_values(event.what_if) if event.what_if is not None else {}),
    }
    head = [OPEN_ORDER_ID, str(event.request.order_id), *contract_fields(event.request.contract)]
    return head + fields_in_slots(OPEN_ORDER, values, dialect.version)


def completed_order(event: CompletedOrder, dialect: Dialect) -> list[str]:
    """Return the fields of completedOrder, its id first."""
    values = {
        **_values_of(event.request),
        "perm_id": str(event.perm_id),
        "status": str(event.status),
        "filled": str(event.filled),
        "completed_time": dialect.stamp(event.completed_time),
        "completed_status": event.completed_status,
    }
    head = [COMPLETED_ORDER_ID, *contract_fields(event.request.contract)]
    return head + fields_in_slots(COMPLETED_ORDER, values, dialect.version)


def _values_of(order: OrderRequest) -> dict[str, str]:
    """Return what an order says of itself, by slot."""
    return {
        "action": order.action,
        "quantity": str(order.quantity),
        "type": order.kind,
        "limit": text_of(order.limit_price),
        "aux": text_of(order.aux_price),
        "tif": order.tif or "DAY",
        "oca_group": order.oca_group,
        "account": order.account,
        "order_ref": order.order_ref,
        "outside_rth": text_of(order.is_outside_rth),
        "oca_type": str(order.oca_type),
        "parent_id": str(order.parent_id),
        "trail_stop": text_of(order.trail_stop_price),
        "trail_percent": text_of(order.trail_percent),
    }


def _impact_values(impact: MarginImpact) -> dict[str, str]:
    """Return what an order would change, by slot; a change is what comes after less before."""
    values = {
        "commission": text_of(impact.commission),
        "commission_currency": "USD",
    }
    figures = {
        "initial": (impact.initial_before, impact.initial_after),
        "maintenance": (impact.maintenance_before, impact.maintenance_after),
        "equity": (impact.equity_before, impact.equity_after),
    }
    for what, (before, after) in figures.items():
        values[f"{what}_before"] = text_of(before)
        values[f"{what}_after"] = text_of(after)
        values[f"{what}_change"] = text_of(after - before)
    return values
