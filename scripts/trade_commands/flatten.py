"""The command `trade.py flatten`: close the position, and stay out until released."""

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


def flatten(
    mode: ModeOption,
    account: AccountOption = None,
    folder: FolderOption = None,
    actor: ActorOption = None,
    reason: ReasonOption = BY_HAND,
    wait: WaitOption = WAIT_SECONDS,
) -> int:
    """Close the position, cancel entries and open nothing until `release`; the trader runs on."""
    from scripts.trade_commands.sending import Word, send
    from trading.command_box import CommandKind

    where = folder_meant(mode, account, folder)
    word = Word(mode=mode, folder=where, actor=actor, reason=reason, wait_seconds=wait)
    return send(CommandKind.FLATTEN, word)
