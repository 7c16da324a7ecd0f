"""The command `trade.py release`: lift what only a person lifts."""

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


def release(
    mode: ModeOption,
    reason: ReasonOption,
    account: AccountOption = None,
    folder: FolderOption = None,
    actor: ActorOption = None,
    wait: WaitOption = WAIT_SECONDS,
) -> int:
    """Let the trader trade again after flatten, kill, a mismatch, a foreign order or a lost stop.

    The daily loss lock stays: that is what `reset-lock` is for.
    """
    from scripts.trade_commands.sending import Word, send
    from trading.command_box import CommandKind

    where = folder_meant(mode, account, folder)
    word = Word(mode=mode, folder=where, actor=actor, reason=reason, wait_seconds=wait)
    return send(CommandKind.RELEASE, word)
