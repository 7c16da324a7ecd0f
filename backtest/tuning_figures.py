"""Pictures of a study: how the best score grew, and which settings it depends on.

Pages are whole, with plotly.js in them, so that they open without a network; pictures are for
documents. What cannot be drawn of so few trials is told, not drawn.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import plotly.io
from optuna import Study
from optuna.importance import get_param_importances
from optuna.trial import TrialState
from optuna.visualization import plot_optimization_history, plot_param_importances

from utils.files import atomic_path, write_text_atomically
from utils.visualize import GRID_COLOUR, MAIN_COLOUR, OTHER_COLOURS

HISTORY = "history"
IMPORTANCE = "importance"

LEAST_TRIALS = 3
"""Completed trials, of different scores, from which importances are made."""

SIZE_INCHES = (9.0, 4.5)
DPI = 120


def write_figures(folder: Path, study: Study) -> list[str]:
    """Write history.html and .png, and importance.html and .png where there are any.

    Returns:
        Sentences on what was left out, without full stops.
    """
    for name in (HISTORY, IMPORTANCE):  # nothing of an earlier look is left beside this one
        for suffix in (".html", ".png"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
    scores = [trial.value for trial in _completed(study)]
    if not scores:
        return ["no figures: no trial was completed"]
    _write(folder, HISTORY, plot_optimization_history(study), lambda axes: _history(axes, study))
    if len(set(scores)) < 2 or len(scores) < LEAST_TRIALS:
        return [
            f"no importances: they take {LEAST_TRIALS} completed trials with different scores, "
            f"there are {len(scores)} with {len(set(scores))}"
        ]
    importances = get_param_importances(study)
    page = plot_param_importances(study)
    _write(folder, IMPORTANCE, page, lambda axes: _importance(axes, importances))
    return []


def _completed(study: Study) -> list[Any]:
    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def _write(folder: Path, name: str, page: Any, draw: Callable[[Any], None]) -> None:
    """Write a page of plotly's, and a picture of matplotlib's."""
    page.update_layout(template="plotly_white", autosize=True)
    html = plotly.io.to_html(
        page,
        include_plotlyjs=True,
        div_id=name,
        config={"responsive": True, "displaylogo": False},
    )
    write_text_atomically(folder / f"{name}.html", html)
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and seldom needed

    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    draw(figure.subplots())
    with atomic_path(folder / f"{name}.png") as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": None})


def _history(axes: Any, study: Study) -> None:
    trials = _completed(study)
    numbers = [trial.number for trial in trials]
    scores = np.array([trial.value for trial in trials])
    axes.plot(numbers, scores, "o", color=OTHER_COLOURS[0], label="trial")
    axes.step(numbers, np.maximum.accumulate(scores), where="post", color=MAIN_COLOUR, label="best")
    axes.set_xlabel("trial")
    axes.set_ylabel("score")
    axes.grid(color=GRID_COLOUR)
    axes.legend()


def _importance(axes: Any, importances: dict[str, float]) -> None:
    names = list(importances)[::-1]
    axes.barh(names, [importances[name] for name in names], color=MAIN_COLOUR)
    axes.set_xlabel("share of the score's variation")
    axes.grid(color=GRID_COLOUR, axis="x")
