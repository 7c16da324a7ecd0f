"""How far a walk-forward run has come: a bar in a terminal, a few plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from models.forecast.walk import OnBlock
from models.forecast.walk_plan import WalkBlock
from utils.clock import Clock, SystemClock
from utils.wording import counted

PLAIN_LINES = 10
"""Lines that a whole run prints where the output is no terminal."""

SECONDS_SAID = 120.0
"""Up to here seconds are said, then minutes."""


@contextmanager
def block_progress(n_blocks: int, console: Console | None = None) -> Iterator[OnBlock]:
    """Show on standard error which block is done, of how many, and the time left."""
    target = console or Console(stderr=True, soft_wrap=True, highlight=False)
    progress = Progress(
        TextColumn("forecasting"),
        BarColumn(),
        TextColumn("block {task.completed:,.0f} of {task.total:,.0f}"),
        TimeRemainingColumn(),
        console=target,
        transient=True,
        disable=not target.is_terminal,
    )
    task = progress.add_task("forecasting", total=n_blocks)
    plain = _PlainLines(n_blocks, target, SystemClock())

    def told(block: WalkBlock, is_kept: bool) -> None:
        if progress.disable:
            plain.told(is_kept)
        else:
            progress.advance(task)

    with progress:
        yield told


class _PlainLines:
    """Prints PLAIN_LINES lines at equal distances; what is kept is said in one."""

    def __init__(self, n_blocks: int, console: Console, clock: Clock) -> None:
        self._n_blocks, self._console, self._clock = n_blocks, console, clock
        self._started = clock.now()
        self._n_kept = self._n_done = self._n_said = 0

    def told(self, is_kept: bool) -> None:
        """Take note of a block."""
        self._n_kept += is_kept
        self._n_done += not is_kept
        there = self._n_kept + self._n_done
        is_last = there == self._n_blocks
        if not is_last and (is_kept or there * PLAIN_LINES < (self._n_said + 1) * self._n_blocks):
            return
        self._n_said = there * PLAIN_LINES // self._n_blocks
        kept = f", {counted(self._n_kept, 'block')} kept as before" if self._n_kept else ""
        left = "" if is_last else f", about {self._left(there)} left"
        self._console.print(f"forecasting: block {there} of {self._n_blocks}{kept}{left}")

    def _left(self, there: int) -> str:
        """Return the time that the missing blocks take if they are as long as those so far."""
        elapsed = (self._clock.now() - self._started).total_seconds()
        seconds = elapsed / self._n_done * (self._n_blocks - there)
        return f"{seconds:.0f} s" if seconds < SECONDS_SAID else f"{seconds / 60.0:.0f} min"
