"""The learning curves as one picture: shares of the optimum over seconds, and over timesteps."""

import io
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.benchmarks.learning_clock import SECONDS
from scripts.benchmarks.learning_curves import shares_by, shares_within, trainings
from scripts.benchmarks.learning_run import STOCK
from scripts.benchmarks.learning_store import Finished
from utils.files import write_bytes_atomically
from utils.visualize import GRID_COLOUR, LOSS_COLOUR, MAIN_COLOUR, OTHER_COLOURS

CURVES = {
    "EPG": ("EPG", MAIN_COLOUR),
    "EPG-sequence": ("EPG, sequence mode", OTHER_COLOURS[3]),
    "PPO": ("PPO", OTHER_COLOURS[1]),
    "A2C": ("A2C", OTHER_COLOURS[2]),
    STOCK: ("Stable-Baselines3's PPO as it comes", OTHER_COLOURS[0]),
}
PREDICTOR = "DP-ridge"
TIMESTEPS = tuple(int(digit * 10**power) for power in (4, 5, 6) for digit in (1, 1.5, 2, 3, 5, 7))
SIZE_INCHES, DOTS_PER_INCH = (11.0, 5.4), 100
LOWEST, HIGHEST = -0.7, 1.05
"""Of the share axis; who loses more than that has learnt nothing."""

TITLE = "Planted edge, LSTM: median of seeds, from the worst to the best"

Ends = tuple[float, float, float, float]
"""At, worst, median, best."""


def draw_learning(done: Finished, file: Path, title: str = TITLE) -> None:
    """Write the picture as PNG.

    Args:
        done: Trainings; who is not among them is not drawn.
        file: Where; replaced.
        title: Above it.
    """
    picture = _picture(done, title)
    png = io.BytesIO()
    picture.savefig(png, dpi=DOTS_PER_INCH, format="png")
    write_bytes_atomically(file, png.getvalue())


def _picture(done: Finished, title: str) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    by_time, by_steps = figure.subplots(1, 2, sharey=True)
    for method, (label, colour) in CURVES.items():
        _draw(by_time, list(_over_seconds(done, method)), label, colour)
        _draw(by_steps, list(_over_timesteps(done, method)), label, colour)
    for axes in (by_time, by_steps):
        _draw_levels(axes, done)
    by_time.set_xlabel("seconds of training, on one core")
    by_steps.set_xlabel("timesteps (bars, for EPG)")
    by_time.set_ylabel("share of the optimum on unseen bars")
    handles, labels = by_time.get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=9, ncols=3, loc="outside lower center")
    figure.suptitle(title, fontsize=11)
    return figure


def _over_seconds(done: Finished, method: str) -> Iterator[Ends]:
    longest = max((task.seconds for task in trainings(done, method)), default=0.0)
    for seconds in SECONDS:
        if seconds <= longest:
            yield _ends(seconds, shares_by(done, method, seconds))


def _over_timesteps(done: Finished, method: str) -> Iterator[Ends]:
    for timesteps in TIMESTEPS:
        reached = shares_within(done, method, timesteps)
        if reached:
            yield _ends(timesteps, reached)


def _ends(at: float, reached: list[float]) -> Ends:
    return at, min(reached), statistics.median(reached), max(reached)


def _draw(axes: Any, ends: list[Ends], label: str, colour: str) -> None:
    if not ends:
        return
    at, worst, median, best = zip(*ends, strict=True)
    axes.plot(at, median, color=colour, linewidth=1.8, marker="o", markersize=3, label=label)
    axes.fill_between(at, worst, best, color=colour, alpha=0.12, linewidth=0)


def _draw_levels(axes: Any, done: Finished) -> None:
    """Draw the optimum, staying flat, and the predictor with dynamic programming; set the scale."""
    fitted = shares_by(done, PREDICTOR, 0.0)
    if fitted:
        level = statistics.median(fitted)
        axes.axhline(level, color=LOSS_COLOUR, linestyle="--", label="ridge + dynamic programming")
    axes.axhline(0.0, color="black", linewidth=0.8)
    axes.axhline(1.0, color="black", linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_ylim(LOWEST, HIGHEST)
    axes.grid(color=GRID_COLOUR)
