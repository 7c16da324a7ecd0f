"""List, explain, compute and check features, ours and a user's own."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from collections.abc import Callable

from scripts.features_commands.check import check
from scripts.features_commands.compute import compute
from scripts.features_commands.list_features import list_features
from scripts.features_commands.rank import rank
from scripts.features_commands.show import show
from utils.cli import DebugOption, make_app, run

COMMANDS: dict[str, Callable[..., int | None]] = {
    "list": list_features,
    "show": show,
    "compute": compute,
    "check": check,
    "rank": rank,
}
"""What each command is called; what it returns is the exit code, None is 0."""

app = make_app()


@app.callback()
def features(debug: DebugOption = False) -> None:
    """Work on features; `features.py COMMAND --help` says more."""


for name, command in COMMANDS.items():
    app.command(name)(command)


if __name__ == "__main__":
    run(app)
