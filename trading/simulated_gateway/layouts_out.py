"""What an event looks like on the wire, in the version that a session agreed on.

One literal table, by kind of event; most are one message, some are two.
"""

from collections.abc import Callable
from typing import Any

from trading.simulated_gateway import account_layouts, events, market_layouts, order_layouts
from trading.simulated_gateway.events import Event
from trading.simulated_gateway.fields import Dialect

Layout = Callable[[Any, Dialect], list[str]]

LAYOUTS: dict[type[Any], tuple[Layout, ...]] = {
    events.ManagedAccounts: (account_layouts.managed_accounts,),
    events.NextValidId: (account_layouts.next_valid_id,),
    events.ErrorMessage: (account_layouts.error_message,),
    events.CurrentTime: (account_layouts.current_time,),
    events.AccountValue: (account_layouts.account_value,),
    events.AccountSummary: (account_layouts.account_summary,),
    events.PortfolioValue: (account_layouts.portfolio_value,),
    events.AccountTime: (account_layouts.account_time,),
    events.Position: (account_layouts.position,),
    events.OpenOrder: (order_layouts.open_order,),
    events.OrderStatusEvent: (account_layouts.order_status,),
    events.Execution: (account_layouts.execution,),
    events.CommissionReport: (account_layouts.commission_report,),
    events.CompletedOrder: (order_layouts.completed_order,),
    events.ContractDetails: (market_layouts.contract_details,),
    events.HistoricalData: (market_layouts.historical_data,),
    events.HistoricalUpdate: (market_layouts.historical_update,),
    events.RealtimeBar: (market_layouts.realtime_bar,),
    events.TickPrice: (market_layouts.tick_price,),
    events.TickSize: (market_layouts.tick_size,),
    events.TickTime: (market_layouts.tick_time,),
    events.TickSetup: (market_layouts.tick_parameters, market_layouts.market_data_type),
    events.TickByTick: (market_layouts.tick_by_tick,),
    events.ProfitAndLoss: (account_layouts.profit_and_loss,),
    events.End: (account_layouts.end,),
}
"""Every kind of event, and the messages that tell of it."""


def messages_of(event: Event, dialect: Dialect) -> list[list[str]]:
    """Return the messages that tell of an event, each as its fields, the id first."""
    return [layout(event, dialect) for layout in LAYOUTS[type(event)]]
