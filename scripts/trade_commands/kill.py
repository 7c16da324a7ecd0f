"""The command `trade.py kill`: the kill switch."""

from scripts.trade_commands.options import (
    BY_HAND,
    WAIT_SECONDS,
    AccountOption,
    ActorOption,
    FolderOption,
    ModeOption,
    ReasonOption,
    WaitOption,
    folder_meant,
)


def kill(
    mode: ModeOption,
    account: AccountOption = None,
    folder: FolderOption = None,
    actor: ActorOption = None,
    reason: ReasonOption = BY_HAND,
    wait: WaitOption = WAIT_SECONDS,
) -> int:
    """Pull the kill switch: cancel entries, close the position, and open nothing until `release`.

    The file KILL in the trader's folder does the same, whoever makes it.
    """
    from scripts.trade_commands.sending import Word, send
    from trading.command_box import CommandKind

    where = folder_meant(mode, account, folder)
    word = Word(mode=mode, folder=where, actor=actor, reason=reason, wait_seconds=wait)
    return send(CommandKind.KILL, word)
