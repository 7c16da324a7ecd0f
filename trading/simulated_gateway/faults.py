"""What can be made to go wrong, one switch each; a new gateway has none of it.

Counters say how many more times; they count down. Sessions obey the first group, the broker the
second.
"""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """The switches, set by tests or over the control socket.

    Attributes:
        is_refusing: Connections are refused: the port is closed.
        is_silent: Connections are accepted, and nothing is ever said.
        is_black_hole: What is connected stays so, and nothing goes either way any more.
        is_frozen: Nothing is read or sent until it thaws; then all of it is.
        split_bytes: Frames go out in pieces of so many bytes; 0 in one.
        delay_seconds: Everything goes out that much later.
        drop_out: How many more messages of an id are not sent, by id; -1 for ever.
        dup_out: How many more messages of an id are sent twice, by id; -1 for ever.
        ignore_in: How many more messages of an id are not read, by id; -1 for ever.
        ghost_clients: Client ids that are in use by nobody who is there: refused with 326.
        n_rejects: So many next orders are rejected.
        reject_code: With this code.
        n_stop_rejects: So many next stops are rejected, with that code too; other orders are not.
        partial_fills: Each next fill is of so many contracts at most, in this order.
        is_not_filling: Orders rest, whatever the price.
        is_execution_first: A fill is told before openOrder and orderStatus.
        is_filling_on_cancel: A cancel comes too late: the order is filled instead.
        is_mute_on_cancel: Cancels are neither done nor answered.
        cancel_delay_seconds: Cancels are done that much later.
        n_drop_orders: So many next orders are swallowed: neither kept nor answered.
        is_doubling_modify: A modify makes a second live order under the same order id.
        position_lie: Positions are told with so many contracts more than there are.
        history_gap_bars: So many bars are missing in the middle of each history.
        has_orphan_children: Children of a bracket are dropped when their parent fills.
        is_stale: Bars and ticks stop; the connection stays.
        skew_seconds: The gateway's clock is that much ahead.
        is_broker_up: Whether TWS itself is connected; without, orders get 1100.
        is_history_up: Whether the history farm is; without, requests get 162.
        is_data_up: Whether market data comes; without, requests get 10197.
        has_data_permission: Whether the account may have market data; without, history gets 162 and
            subscriptions 354.
        is_market_open: None goes by the calendar.
        is_pacing_enforced: Whether repeated history requests get 162.
        is_rate_enforced: Whether more than 50 messages a second get 100.
        is_read_only: Whether the API is read-only: orders get 321, lists of orders too.
        is_shuffling_history: Whether histories come out of order and with a bar twice.
    """

    is_refusing: bool = False
    is_silent: bool = False
    is_black_hole: bool = False
    is_frozen: bool = False
    split_bytes: int = 0
    delay_seconds: float = 0.0
    drop_out: dict[int, int] = field(default_factory=dict)
    dup_out: dict[int, int] = field(default_factory=dict)
    ignore_in: dict[int, int] = field(default_factory=dict)
    ghost_clients: set[int] = field(default_factory=set)

    n_rejects: int = 0
    reject_code: int = 201
    n_stop_rejects: int = 0
    partial_fills: list[int] = field(default_factory=list)
    is_not_filling: bool = False
    is_execution_first: bool = False
    is_filling_on_cancel: bool = False
    is_mute_on_cancel: bool = False
    cancel_delay_seconds: float = 0.0
    n_drop_orders: int = 0
    is_doubling_modify: bool = False
    position_lie: int = 0
    history_gap_bars: int = 0
    has_orphan_children: bool = False
    is_stale: bool = False
    skew_seconds: float = 0.0
    is_broker_up: bool = True
    is_history_up: bool = True
    is_data_up: bool = True
    has_data_permission: bool = True
    is_market_open: bool | None = None
    is_pacing_enforced: bool = False
    is_rate_enforced: bool = False
    is_read_only: bool = False
    is_shuffling_history: bool = False
