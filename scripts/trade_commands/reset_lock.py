"""The command `trade.py reset-lock`: let a trading day go on that its loss has locked."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

from typer import Option

from scripts.trade_commands.options import (
    WAIT_SECONDS,
    AccountOption,
    ActorOption,
    FolderOption,
    Mode,
    ModeOption,
    ReasonOption,
    WaitOption,
    folder_meant,
)

CALENDAR = "equity_index"
"""Whose trading days are meant where none is named; 17:00 Chicago begins the next one."""


def reset_lock(
    mode: ModeOption,
    reason: ReasonOption,
    day: Annotated[
        str | None, Option(help="Trading day that is meant.", show_default="the one that is on")
    ] = None,
    account: AccountOption = None,
    folder: FolderOption = None,
    actor: ActorOption = None,
    wait: WaitOption = WAIT_SECONDS,
) -> int:
    """Unlock the trading day that reached its loss limit; its loss counts anew from now."""
    from scripts.trade_commands.sending import Word, send
    from trading.command_box import CommandKind

    where = folder_meant(mode, account, folder)
    meant = _day_on(mode, where) if day is None else _parsed(day)
    word = Word(mode=mode, folder=where, actor=actor, reason=reason, wait_seconds=wait)
    return send(CommandKind.RESET_LOCK, word, trading_day=meant)


def _parsed(day: str) -> date:
    from utils.errors import ConfigError

    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise ConfigError(f"`--day` must be a date, e.g. 2025-11-20, was {day!r}") from error


def _day_on(mode: Mode, folder: Path) -> date:
    """Return the trading day that it is now where the trader trades."""
    from data.calendar import calendar
    from trading.risk_day import trading_day

    return trading_day(_market_time(mode, folder), calendar(CALENDAR))


def _market_time(mode: Mode, folder: Path) -> datetime:
    """Return the time that the trader's market has: in a simulation it is what its status says."""
    from trading.status_age import read_at
    from trading.status_file import STATUS_FILE, read_status
    from utils.clock import SystemClock

    if mode is not Mode.SIM:
        return SystemClock().now()
    path = folder / STATUS_FILE
    return read_at(read_status(path), path, SystemClock())
