"""How TWS tells of accounts, positions, fills and the rest that is neither order nor market."""

from trading.simulated_gateway import events
from trading.simulated_gateway.fields import UNSET, Dialect, contract_fields, epoch, row

_FIRST_VERSION_WITH_REJECT_JSON = 166
_FIRST_VERSION_WITH_PENDING_REVISION = 178


def managed_accounts(event: events.ManagedAccounts, _: Dialect) -> list[str]:
    """Return managedAccounts."""
    return row(15, 1, event.accounts)


def next_valid_id(event: events.NextValidId, _: Dialect) -> list[str]:
    """Return nextValidId."""
    return row(9, 1, event.order_id)


def error_message(event: events.ErrorMessage, dialect: Dialect) -> list[str]:
    """Return error."""
    fields = row(4, 2, event.request_id, event.code, event.text)
    if dialect.version >= _FIRST_VERSION_WITH_REJECT_JSON:
        fields.append(event.reject_json)
    return fields


def current_time(event: events.CurrentTime, _: Dialect) -> list[str]:
    """Return currentTime."""
    return row(49, 1, epoch(event.time))


def account_value(event: events.AccountValue, _: Dialect) -> list[str]:
    """Return accountValue, or accountUpdateMulti where a request id goes with it."""
    figure = (event.key, event.value, event.currency)
    if event.request_id is None:
        return row(6, 2, *figure, event.account)
    return row(73, 1, event.request_id, event.account, "", *figure)


def account_summary(event: events.AccountSummary, _: Dialect) -> list[str]:
    """Return accountSummary."""
    figure = (event.tag, event.value, event.currency)
    return row(63, 1, event.request_id, event.account, *figure)


def portfolio_value(event: events.PortfolioValue, _: Dialect) -> list[str]:
    """Return portfolioValue; where others have the exchange it has the primary one."""
    return [
        *row(7, 8),
        *contract_fields(event.contract),
        *row(event.position, event.market_price, event.market_value, event.average_cost),
        *row(event.unrealised_usd, event.realised_usd, event.account),
    ]


def account_time(event: events.AccountTime, dialect: Dialect) -> list[str]:
    """Return accountUpdateTime, to the minute."""
    return row(8, 1, f"{dialect.local(event.time):%H:%M}")


def position(event: events.Position, _: Dialect) -> list[str]:
    """Return position; its contract comes without exchange."""
    contract = contract_fields(event.contract)
    contract[7] = ""
    return [*row(61, 3, event.account), *contract, *row(event.position, event.average_cost)]


def order_status(event: events.OrderStatusEvent, _: Dialect) -> list[str]:
    """Return orderStatus."""
    return row(
        3,
        event.order_id,
        str(event.status),
        event.filled,
        event.remaining,
        event.average_price,
        event.perm_id,
        event.parent_id,
        event.last_price,
        event.client_id,
        event.why_held,
        0,
    )


def execution(event: events.Execution, dialect: Dialect) -> list[str]:
    """Return execDetails."""
    fields = [
        *row(11, event.request_id, event.order_id),
        *contract_fields(event.contract),
        *row(event.exec_id, dialect.stamp(event.time), event.account, event.contract.exchange),
        *row(event.side, event.shares, event.price, event.perm_id, event.client_id, 0),
        *row(event.cumulative, event.average_price, event.order_ref, "", "", "", 1),
    ]
    if dialect.version >= _FIRST_VERSION_WITH_PENDING_REVISION:
        fields.append("0")
    return fields


def commission_report(event: events.CommissionReport, _: Dialect) -> list[str]:
    """Return commissionReport; a profit that there is none of is unset, not empty."""
    realised = UNSET if event.realised_usd is None else event.realised_usd
    return row(59, 1, event.exec_id, event.commission_usd, "USD", realised, UNSET, "")


def profit_and_loss(event: events.ProfitAndLoss, _: Dialect) -> list[str]:
    """Return pnl."""
    return row(94, event.request_id, event.daily_usd, event.unrealised_usd, event.realised_usd)


_ENDS = {
    "open_orders": (53, 1),
    "completed_orders": (102,),
    "positions": (62, 1),
    "executions": (55, 1),
    "contract_details": (52, 1),
    "account": (54, 1),
    "account_multi": (74, 1),
    "account_summary": (64, 1),
    "tick_snapshot": (57, 1),
}
"""Id and version of each end, by what ends."""


def end(event: events.End, _: Dialect) -> list[str]:
    """Return the end of a list."""
    head = row(*_ENDS[event.of])
    if event.of == "account":
        return [*head, event.account]
    return head if event.request_id is None else [*head, str(event.request_id)]
