"""The live terminal view of a trader; plain lines where there is no terminal.

What it says is left to trading/live_lines.py.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from trading.live_lines import Line, Tone, headline, position_words, status_lines
from trading.status import TraderStatus

WIDE_COLUMNS = 110
"""From here on, two columns stand beside each other."""

STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.CAREFUL: "yellow", Tone.BAD: "bold red"}


def live_panel(status: TraderStatus, now: datetime, width: int) -> RenderableType:
    """Return a status as a panel.

    Args:
        status: What the trader last said.
        now: When it is read, aware UTC.
        width: Columns of the terminal, >= 40.
    """
    lines = status_lines(status, now)
    body = _columns(lines) if width >= WIDE_COLUMNS else _table(lines)
    border = "red" if any(line.tone is Tone.BAD for line in lines) else "cyan"
    stamp = f"{status.at:%Y-%m-%d %H:%M:%S} UTC"
    return Panel(
        body, title=Text(headline(status)), subtitle=stamp, border_style=border, width=width
    )


def plain_text(status: TraderStatus, now: datetime) -> str:
    """Return a status as plain lines, as `trade.py status` prints it into a file."""
    lines = status_lines(status, now)
    rows = (f"{line.label:<10}  {line.text}" for line in lines)
    return "\n".join((headline(status), *rows))


class LiveView:
    """Shows statuses as they come.

    On a terminal one panel is drawn over; elsewhere a few words are printed where something has
    changed that is worth a line.

    Args:
        console: Where to.
        live: The area that is drawn over, or None where there is no terminal.
    """

    def __init__(self, console: Console, live: Live | None) -> None:
        self._console = console
        self._live = live
        self._last = ""

    def show(self, status: TraderStatus, now: datetime) -> None:
        """Show a status as of `now`."""
        if self._live is not None:
            self._live.update(live_panel(status, now, self._console.width), refresh=True)
            return
        words = _news(status)
        if words != self._last:
            self._last = words
            line = f"{now:%Y-%m-%dT%H:%M:%S}Z {words}"  # as in the log
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def live_view(console: Console) -> Iterator[LiveView]:
    """Yield a view on a console; whatever else is printed there meanwhile stands above it.

    Standard error that goes elsewhere goes on going there.
    """
    if not console.is_terminal:
        yield LiveView(console, None)
        return
    is_shared = sys.stderr.isatty()
    with Live(console=console, auto_refresh=False, redirect_stderr=is_shared) as live:
        yield LiveView(console, live)


def _news(status: TraderStatus) -> str:
    """Return the part of a status that does not change from second to second."""
    decision = status.decision
    words = [
        status.mode.value,
        status.connection.link.value.lower(),
        position_words(status.holding),
        *([f"{len(status.orders.working)} working"] if status.holding.is_known else []),
    ]
    if decision is not None:
        words.append(f"{decision.decided_at:%H:%M:%S}Z {decision.action}: {decision.reason}")
    if status.open_alerts:
        words.append(f"alerts: {', '.join(status.open_alerts)}")
    return "; ".join(words)


def _table(lines: list[Line]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for line in lines:
        table.add_row(line.label, Text(line.text, style=STYLES[line.tone]))
    return table


def _columns(lines: list[Line]) -> Table:
    """Put the second half of the lines beside the first."""
    half = (len(lines) + 1) // 2
    table = Table.grid(padding=(0, 4), expand=True)
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    table.add_row(_table(lines[:half]), _table(lines[half:]))
    return table
