"""Options that several commands of scripts/trade.py have, and what follows from them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Option


class Mode(StrEnum):
    """Where orders go."""

    PAPER = "paper"
    LIVE = "live"
    SIM = "sim"


ModeOption = Annotated[Mode, Option(help="Whose trader: where its orders go.")]
AccountOption = Annotated[
    str | None, Option(help="Account id that the trader was started with.", show_default=False)
]
FolderOption = Annotated[
    Path | None, Option(help="Folder of the trader.", show_default="var/trading/MODE[-ACCOUNT]")
]
ActorOption = Annotated[str | None, Option(help="Who says so.", show_default="the system's user")]
ReasonOption = Annotated[str, Option(help="Why; it is written down.")]
WaitOption = Annotated[float, Option(min=0.0, max=3_600.0, help="Seconds to wait for an answer.")]

BY_HAND = "by hand"
"""The reason of a command that needs none."""

WAIT_SECONDS = 10.0


def folder_meant(mode: Mode, account: str | None, folder: Path | None) -> Path:
    """Return the folder of the trader that a command is for.

    Raises:
        ConfigError: If several traders of the mode could be meant.
    """
    from trading.trader_folder import folder_of_mode, trader_folder
    from utils import paths

    if folder is not None:
        return folder
    root = paths.VAR_DIR / "trading"
    return folder_of_mode(root, mode) if account is None else trader_folder(root, mode, account)
