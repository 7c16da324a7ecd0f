"""A trader cut off in the middle of this process: nothing of it gets out, as after kill -9."""

from trading.modes import Link
from trading.trader import Trader


def cut_off(trader: Trader) -> None:
    """Let nothing that a trader still does reach the disk or the broker; then end it as any other.

    What it has written and sent stays. Whatever its parts do on their way to the end goes nowhere:
    the journal's file is closed under them, the socket aborted, and they hear nothing.
    """
    desk = trader.desk
    assert desk is not None, "only what has begun can be cut off"
    line, manager = trader.line, desk.orders.manager
    line.listen(_deaf)
    desk.hear_line = _deaf  # type: ignore[method-assign]
    manager.journal.journal.close()
    if line.gateway.is_connected:
        line.gateway.session().abort("killed")
    desk._snapshots.save = _deaf  # type: ignore[method-assign]
    manager.modes.move(Link.DISCONNECTED, "killed")


def _deaf(_: object) -> None:
    """Hear nothing."""
