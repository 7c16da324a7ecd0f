"""Train, compare and report distributional forecasts, all of them walk-forward."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from collections.abc import Callable

from scripts.forecast_commands.leaderboard import leaderboard
from scripts.forecast_commands.predict import predict
from scripts.forecast_commands.report import report
from scripts.forecast_commands.train import train
from utils.cli import DebugOption, make_app, run

COMMANDS: dict[str, Callable[..., int | None]] = {
    "train": train,
    "predict": predict,
    "leaderboard": leaderboard,
    "report": report,
}
"""What each command is called; what it returns is the exit code, None is 0."""

app = make_app()


@app.callback()
def forecast(debug: DebugOption = False) -> None:
    """Work on forecasts; `forecast.py COMMAND --help` says more."""


for name, command in COMMANDS.items():
    app.command(name)(command)


if __name__ == "__main__":
    run(app)
