"""How far a download is, and how long it will take: a bar on a terminal, lines elsewhere."""

from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from data.ib_history_plan import Chunk
from scripts.printing import console


class ProgressListener:
    """Shows a download as a bar, with the time that is left; used as a context."""

    def __init__(self) -> None:
        """Make the bar; it is shown from `begin` on."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> "ProgressListener":
        """Take the terminal's last line."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back."""
        self._bar.stop()

    def begin(self, n_done: int, n_chunks: int, seconds: float) -> None:
        """Say how much there is to do."""
        n_missing = n_chunks - n_done
        console.print(
            f"{n_chunks} requests' worth of bars, {n_done} of them here already: {n_missing} to "
            f"ask for, at least {_minutes(seconds)} within Interactive Brokers' limits"
        )
        self._task = self._bar.add_task("", total=n_missing, left=_minutes(seconds))

    def advance(self, chunk: Chunk, seconds: float) -> None:
        """Move the bar on."""
        assert self._task is not None
        self._bar.update(self._task, advance=1, description=chunk.contract.code)
        task = self._bar.tasks[0]
        n_left = (task.total or 0.0) - task.completed
        so_far = (task.elapsed or 0.0) / task.completed * n_left
        self._bar.update(self._task, left=f"{_minutes(max(so_far, seconds))} left")

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        console.print(text, soft_wrap=True)


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60.0 else f"{seconds / 60.0:.0f} min"
