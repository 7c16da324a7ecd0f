"""List saved models, show and compare what they are, and verify that they are whole."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from collections.abc import Callable

from scripts.models_commands.diff import diff
from scripts.models_commands.list_models import list_models
from scripts.models_commands.show import show
from scripts.models_commands.verify import verify
from utils.cli import DebugOption, make_app, run

COMMANDS: dict[str, Callable[..., int | None]] = {
    "list": list_models,
    "show": show,
    "diff": diff,
    "verify": verify,
}
"""What each command is called; what it returns is the exit code, None is 0."""

app = make_app()


@app.callback()
def models(debug: DebugOption = False) -> None:
    """Look at saved models; `models.py COMMAND --help` says more."""


for name, command in COMMANDS.items():
    app.command(name)(command)


if __name__ == "__main__":
    run(app)
