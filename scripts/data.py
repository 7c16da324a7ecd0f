"""Get bars in, look at them, mend them, roll and resample them, or make some up."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from collections.abc import Callable

from scripts.data_commands.check import check
from scripts.data_commands.facts import facts
from scripts.data_commands.import_files import import_files
from scripts.data_commands.info import info
from scripts.data_commands.repair import repair
from scripts.data_commands.resample import resample
from scripts.data_commands.roll import roll
from scripts.data_commands.synth import synth
from utils.cli import DebugOption, make_app, run

COMMANDS: dict[str, Callable[..., int | None]] = {
    "import": import_files,
    "check": check,
    "repair": repair,
    "info": info,
    "resample": resample,
    "roll": roll,
    "facts": facts,
    "synth": synth,
}
"""What each command is called; what it returns is the exit code, None is 0."""

app = make_app()


@app.callback()
def data(debug: DebugOption = False) -> None:
    """Work on files of bars; `data.py COMMAND --help` says more."""


for name, command in COMMANDS.items():
    app.command(name)(command)


if __name__ == "__main__":
    run(app)
