"""Verify a trader's journal, rebuild its tables from its events, and export them."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from collections.abc import Callable

from scripts.journal_commands.export import export
from scripts.journal_commands.replay import replay
from scripts.journal_commands.verify import verify
from utils.cli import DebugOption, make_app, run

COMMANDS: dict[str, Callable[..., int | None]] = {
    "verify": verify,
    "replay": replay,
    "export": export,
}
"""What each command is called; what it returns is the exit code, None is 0."""

app = make_app()


@app.callback()
def journal(debug: DebugOption = False) -> None:
    """Look into the journal of a trader, running or not; `journal.py COMMAND --help` says more."""


for name, command in COMMANDS.items():
    app.command(name)(command)


if __name__ == "__main__":
    run(app)
