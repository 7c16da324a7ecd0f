"""Tell a trader something, and wait for what it says to that, where one runs."""

import getpass
import os
import shlex
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.trade_commands.options import Mode

if TYPE_CHECKING:
    from trading.command_box import Answer, Command, CommandBox, CommandKind

NOT_DONE = 1
"""Exit code where a trader refused, or none answered."""

LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says, and to whom; `actor` None is the system's user.

    Attributes:
        mode: Of the trader.
        folder: Of the trader.
        actor: Who says so.
        reason: Why.
        wait_seconds: How long to wait for the answer.
    """

    mode: Mode
    folder: Path
    actor: str | None
    reason: str
    wait_seconds: float


def send(
    kind: "CommandKind", word: Word, trading_day: date | None = None, price: float | None = None
) -> int:
    """Leave a command for the trader, print its answer and return the exit code.

    Raises:
        ConfigError: If the command lacks something, or cannot be left there.
    """
    from trading.command_box import Command, CommandBox
    from trading.trader_folder import is_running
    from utils.clock import SystemClock

    command = Command(
        kind=kind,
        actor=system_user() if word.actor is None else word.actor,
        reason=" ".join(word.reason.split()),  # a line break must not stop a kill
        at=SystemClock().now(),
        id=uuid.uuid4().hex,
        trading_day=trading_day,
        price=price,
    )
    box = CommandBox(word.folder)
    files = _left(box, command)
    is_heard = is_running(word.folder, SystemClock())
    answer = _answer(box, command.id, word.wait_seconds if is_heard else 0.0)
    if answer is None:
        print(_unheard(word, files, is_heard=is_heard))
        return NOT_DONE
    print(f"{'done' if answer.is_done else 'NOT DONE'}: {answer.text}")
    return 0 if answer.is_done else NOT_DONE


def system_user() -> str:
    """Return the name of the system's user; one without a name, as in containers, is a number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"user {os.getuid()}"


def _left(box: "CommandBox", command: "Command") -> tuple[Path, ...]:
    """Leave a command; return its file, of a kill `KILL` too, which needs nobody's signature."""
    from trading.command_box import CommandKind
    from utils.errors import ConfigError

    if command.kind is not CommandKind.KILL:
        return (box.put(command),)
    try:
        left = box.put(command)
    except ConfigError as error:
        file = box.put_kill()
        raise ConfigError(f"{error}; `{file}` is there, and kills all the same") from error
    return left, box.put_kill()


def _answer(box: "CommandBox", command_id: str, wait_seconds: float) -> "Answer | None":
    until = time.monotonic() + wait_seconds
    while True:
        answer = box.answer_to(command_id)
        if answer is not None or time.monotonic() >= until:
            return answer
        time.sleep(LOOK_EVERY_SECONDS)


def _unheard(word: Word, files: Sequence[Path], *, is_heard: bool) -> str:
    """Return what to say where nobody answered: the command stays, and what becomes of it."""
    undo = "to take it back: rm " + " ".join(shlex.quote(str(file)) for file in files)
    if is_heard:
        return (
            f"the trader in `{word.folder}` has not answered within {word.wait_seconds:g} s; the "
            f"command stays with it, see `trade.py status` ({undo})"
        )
    if word.mode is Mode.SIM:
        return f"no rehearsal runs here (`{word.folder}`): the next one begins without it ({undo})"
    return f"no trader runs here (`{word.folder}`): it will be done first when one starts ({undo})"
