"""The command `trade.py status`: what a trader does, as it last said."""

import sys
from typing import Annotated

from typer import Option

from scripts.trade_commands.options import (
    AccountOption,
    FolderOption,
    ModeOption,
    folder_meant,
)

IS_DEAD = 1
"""Exit code where no trader has spoken lately."""


def status(
    mode: ModeOption,
    account: AccountOption = None,
    folder: FolderOption = None,
    as_json: Annotated[bool, Option("--json", help="Print the file as it is.")] = False,
) -> int:
    """Print what the trader does; exit 1 if it has not said so within the last minute."""
    from trading.live_view import plain_text
    from trading.status_age import read_at
    from trading.status_file import STATUS_FILE, read_status
    from trading.trader_folder import YOUNG_SECONDS
    from utils.clock import SystemClock
    from utils.errors import DataError

    path = folder_meant(mode, account, folder) / STATUS_FILE
    try:
        said = read_status(path)
        now = read_at(said, path, SystemClock())
    except DataError as error:
        print(f"error: {error}", file=sys.stderr)
        return IS_DEAD
    seconds = (now - said.at).total_seconds()
    print(path.read_text(encoding="utf-8").rstrip() if as_json else plain_text(said, now))
    if not as_json:
        print(f"{'told':<10}  {seconds:.0f} s ago, in {path}")
    return IS_DEAD if abs(seconds) > YOUNG_SECONDS else 0
