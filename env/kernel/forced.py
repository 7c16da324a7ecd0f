"""What happens to an account without its asking: session ends, rolls, margin calls, losses, ruin.

Each cancels all orders and closes the position at the next open, for a reason of its own. Only the
end of the data, and of a session with no further bar, closes at the close.
"""

import numpy as np

from env.kernel.names import BarFlag, OrderKind, Reason, Status
from env.kernel.orders import cancel_all, cancel_day_orders, place_market_order
from env.kernel.types import MARKET_SLOT
from utils.jit import lean_jit


@lean_jit
def begin_session(account: np.record) -> None:
    """Let a new session begin at the equity of the last close; day orders are gone."""
    account.session_start_usd = account.equity_usd
    account.session_trades = 0
    account.is_locked = 0
    account.drawdown_peak_usd = max(account.drawdown_peak_usd, account.equity_usd)
    cancel_day_orders(account)


@lean_jit
def closing_reason(account: np.record, bar: np.record) -> int:
    """Return why whatever is open must be closed at this very close, or -1 if it need not."""
    if account.bar == account.last_bar:
        return Reason.END_OF_DATA.value
    if bar.flag_bits & BarFlag.FLATTEN and bar.flag_bits & BarFlag.LAST_CHANCE:
        return _flatten_reason(bar)
    return -1


@lean_jit
def force_exits(account: np.record, bar: np.record) -> None:
    """Find out at a close what an account must close at the next open; the gravest reason wins."""
    if account.status == Status.ACTIVE:
        reason = _exit_reason(account, bar)
        if reason >= 0:
            cancel_all(account)
            place_market_order(account, -account.position, reason)
    if account.status == Status.LIQUIDATING and account.position == 0:
        account.status = Status.RUINED


@lean_jit
def _exit_reason(account: np.record, bar: np.record) -> int:
    """Return why the position must go at the next open, or -1; note what else follows from it."""
    limits = account.limits
    if account.equity_usd <= limits.ruin_usd:
        account.status = Status.LIQUIDATING
        return Reason.LIQUIDATION.value
    if account.equity_usd <= _drawdown_floor_usd(account):
        account.status = Status.LIQUIDATING
        return Reason.DRAWDOWN.value
    if account.equity_usd - account.session_start_usd <= -limits.daily_loss_usd:
        account.is_locked = 1
        if limits.ends_on_daily_loss:
            account.status = Status.LIQUIDATING
        return Reason.DAILY_LOSS.value
    if account.equity_usd < abs(account.position) * limits.maintenance_margin_usd:
        return Reason.MARGIN_CALL.value
    if bar.flag_bits & BarFlag.FLATTEN:
        return _flatten_reason(bar)
    return -1


@lean_jit
def _drawdown_floor_usd(account: np.record) -> float:
    """Return the equity at which the drawdown limit ends the account."""
    limits = account.limits
    if not limits.is_drawdown_daily:
        account.drawdown_peak_usd = max(account.drawdown_peak_usd, account.equity_usd)
    return float(min(account.drawdown_peak_usd - limits.drawdown_usd, limits.drawdown_floor_usd))


@lean_jit
def _flatten_reason(bar: np.record) -> int:
    return Reason.ROLL.value if bar.flag_bits & BarFlag.ROLL_AHEAD else Reason.SESSION_END.value


@lean_jit
def shift_orders(account: np.record, ticks: int) -> None:
    """Move the prices of all that waits to those of a new contract."""
    for slot in range(len(account.orders)):
        order = account.orders[slot]
        if order.kind != OrderKind.NONE and slot != MARKET_SLOT:
            order.trigger_ticks += ticks
            order.limit_ticks += ticks
