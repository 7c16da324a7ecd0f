"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

from typer import Option

ModuleOption = Annotated[
    Path | None,
    Option(help="Python file with a dict FEATURES of your own. It is run: know what it does."),
]
