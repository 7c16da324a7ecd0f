"""Show how far a training has come: a bar in a terminal, a few plain lines elsewhere.

A Stable-Baselines3 callback that changes nothing of what is learnt.
"""

import math
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from stable_baselines3.common.callbacks import BaseCallback

from models.callback_validation import Validation
from models.episode_totals import EpisodeTotals
from utils.wording import counted

PLAIN_LINES = 10
"""Lines that a whole training prints where the output is no terminal."""


class RichProgress(BaseCallback):
    """Show steps, steps per second, time to go, the training episodes' trades, the last evaluation.

    In a terminal this is a bar; elsewhere PLAIN_LINES lines at equal distances.
    """

    def __init__(
        self, total_timesteps: int, headline: str | None = None, console: Console | None = None
    ):
        """Create the display.

        Args:
            total_timesteps: Steps that the training is asked for.
            headline: A line to print when the training begins, i.e. once all is checked.
            console: Where to write; None takes standard error.
        """
        super().__init__()
        self._total = total_timesteps
        self._headline = headline
        self._console = console or Console(stderr=True, soft_wrap=True, highlight=False)
        self._totals = EpisodeTotals()
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} steps"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[news]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task(
            "training", total=total_timesteps, rate="", news=""
        )
        self._first_step = 0
        self._resumed_step = 0
        self._started = self._seconds_timed = 0.0
        self._steps_timed = 0
        self._validation: Validation | None = None
        self._lines_printed = 0

    def follow(self, first_step: int, validation: Validation | None) -> None:
        """Say of which training this is.

        Args:
            first_step: Timestep at which it began, which may have been in an earlier process.
            validation: What evaluates it.
        """
        self._first_step = first_step
        self._validation = validation

    def _on_training_start(self) -> None:
        self._resumed_step = self.num_timesteps
        self._started = time.perf_counter()
        if self._headline is not None:
            self._console.print(self._headline, markup=False)
        self._progress.reset(self._task, completed=self._done())
        self._progress.start()
        self._lines_printed = self._done() * PLAIN_LINES // self._total

    def _on_step(self) -> bool:
        self._totals.add_finished(self.locals)
        done, rate = self._done(), self._rate()
        if self._progress.disable:
            if done * PLAIN_LINES >= (self._lines_printed + 1) * self._total:
                self._print_line(done, rate)
        else:
            pace = "" if rate is None else f"{rate:,.0f}/s"
            self._progress.update(self._task, completed=done, rate=pace, news=self._news())
        return True

    def _on_training_end(self) -> None:
        self.close()

    def close(self) -> None:
        """Leave the last state on the screen and give the cursor back; more than once does no harm.

        A training that is interrupted, or fails, does not call `_on_training_end`.
        """
        self._progress.stop()

    def _done(self) -> int:
        return min(self.num_timesteps - self._first_step, self._total)

    def _rate(self) -> float | None:
        """Return the steps per second of this process, updates and all; None before the first."""
        return self._steps_timed / self._seconds_timed if self._steps_timed else None

    def _on_rollout_start(self) -> None:
        """Note the time where an update has just been completed."""
        self._steps_timed = self.num_timesteps - self._resumed_step
        self._seconds_timed = time.perf_counter() - self._started

    def _print_line(self, done: int, rate: float | None) -> None:
        self._lines_printed = done * PLAIN_LINES // self._total
        said = f"training: {done:,}/{self._total:,} steps"
        pace = ""
        if rate is not None:
            pace = f"{rate:,.0f}/s, {_clock(math.ceil((self._total - done) / rate))} to go"
        self._console.print(", ".join(part for part in (said, pace, self._news()) if part))

    def _news(self) -> str:
        """Return what finished training episodes and the last evaluation came to, if any."""
        evaluations = [] if self._validation is None else self._validation.evaluations
        news = [self._trades()] if self._totals.n_episodes else []
        if evaluations:
            last = evaluations[-1]
            news.append(
                f"validation {last.net_pnl_usd:+,.0f} USD by {counted(last.n_trades, 'trade')} "
                f"at {last.timestep:,}"
            )
        return "; ".join(news)

    def _trades(self) -> str:
        totals = self._totals
        won = f" ({totals.win_rate:.0%} won)" if totals.n_trades else ""
        return (
            f"{counted(totals.n_trades, 'trade')}{won} in "
            f"{counted(totals.n_episodes, 'finished episode')}, "
            f"net {totals.net_pnl_usd:+,.0f} USD"
        )


def _clock(seconds: int) -> str:
    """Return h:mm:ss."""
    minutes, left = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{left:02d}"
