"""Commands to a trader, and somebody who answers them as a trader would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.helpers.trader_statuses import healthy
from trading.command_box import Command, CommandBox, CommandKind
from trading.status_file import STATUS_FILE, write_status

AT = datetime(2025, 11, 20, 15, 0, 7, 250_000, tzinfo=UTC)


def command(kind: str = "flatten", **changes: Any) -> Command:
    """Return a complete command of a kind, with fields of it changed."""
    needed: dict[str, Any] = {"kind": CommandKind(kind), "actor": "anna", "reason": "news at ten"}
    needed |= {"at": AT, "id": "0a-1"}
    needed |= {"trading_day": date(2025, 11, 20)} if kind == "reset_lock" else {}
    needed |= {"price": 25_010.25} if kind == "adopt" else {}
    return Command(**(needed | changes))


@contextmanager
def answering(folder: Path, text: str, is_done: bool = True) -> Iterator[list[Command]]:
    """Yield the commands of a folder as somebody answers them, all with the same words.

    A status says that a trader runs there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_status(folder / STATUS_FILE, healthy())
    box, heard, is_over = CommandBox(folder), list[Command](), threading.Event()

    def answer_all() -> None:
        while not is_over.wait(0.01):
            for each in box.take():
                heard.append(each)
                box.answer(each, text, is_done)

    thread = threading.Thread(target=answer_all)
    thread.start()
    try:
        yield heard
    finally:
        is_over.set()
        thread.join()
