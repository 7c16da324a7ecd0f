"""The command `trade.py adopt`: take the broker's position for ours."""

from typing import Annotated

from typer import Option

from scripts.trade_commands.options import (
    WAIT_SECONDS,
    AccountOption,
    ActorOption,
    FolderOption,
    ModeOption,
    ReasonOption,
    WaitOption,
    folder_meant,
)


def adopt(
    mode: ModeOption,
    reason: ReasonOption,
    price: Annotated[float, Option(help="Points that what differs counts as traded at.")],
    account: AccountOption = None,
    folder: FolderOption = None,
    actor: ActorOption = None,
    wait: WaitOption = WAIT_SECONDS,
) -> int:
    """Take the broker's position for the trader's own, e.g. after somebody closed it by hand."""
    from scripts.trade_commands.sending import Word, send
    from trading.command_box import CommandKind

    where = folder_meant(mode, account, folder)
    word = Word(mode=mode, folder=where, actor=actor, reason=reason, wait_seconds=wait)
    return send(CommandKind.ADOPT, word, price=price)
