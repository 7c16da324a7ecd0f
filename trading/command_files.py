"""One command as a file: how it is named, written and read back.

Whoever can write such a file can close a position or lift a lock, so that only a regular file of
our own user's (or root's), closed to others, is believed.
"""

import os
import stat
from datetime import UTC
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from trading.operator_command import Answer, Command
from utils.errors import ConfigError, DataError
from utils.files import atomic_path, canonical_json
from utils.private_files import OTHERS, OWNER_ONLY_FILE, OWNER_ONLY_FOLDER, why_not_private
from utils.sealed_json import parsed_strictly

SUFFIX = ".json"

LARGEST_BYTES = 16_384
"""Longer than any command; a file of another size is none, and would hold up the trading loop."""

_Value = TypeVar("_Value")
_COMMAND = TypeAdapter(Command)
_ANSWER = TypeAdapter(Answer)


def file_name(command: Command) -> str:
    """Return the name of a command's file: names in order are commands in order, oldest first."""
    return f"{command.at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{command.id}{SUFFIX}"


def write_command(path: Path, command: Command) -> None:
    """Write a command in one step; a ConfigError says why not."""
    _write(path, canonical_json(_COMMAND.dump_python(command, mode="json")))


def write_answer(path: Path, answer: Answer) -> None:
    """Write an answer, and the command that it is to, in one step; a ConfigError says why not."""
    _write(path, canonical_json(_ANSWER.dump_python(answer, mode="json")))


def read_command(path: Path) -> Command:
    """Return the command that a file holds.

    Raises:
        DataError: If it is none, or others could have written it.
        OSError: If it cannot be looked at just now.
    """
    why = why_not_private(path)
    if why is not None:
        raise DataError(f"`{path}` is refused: {why}")
    command = _parsed(_COMMAND, path)
    if file_name(command) != path.name:
        raise DataError(f"`{path}` is named otherwise than the command in it")
    return command


def read_answer(path: Path) -> Answer:
    """Return the answer that a file holds; raises as `read_command`, whoever wrote it."""
    return _parsed(_ANSWER, path)


def make_own_folder(folder: Path) -> None:
    """Make a folder for its owner alone; one made by root is given to the owner of its parent.

    A person may say `sudo` where the trader runs as a user of its own, and must be heard.

    Raises:
        ConfigError: If it cannot be made, or others can write it.
    """
    try:
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY_FOLDER)
            give_to_owner_of(folder.parent, folder)
    except OSError as error:
        raise ConfigError(f"cannot make `{folder}`: {error.strerror or error}") from error
    why = why_not_private(folder)
    if why is not None and not (_is_root() and folder.stat().st_mode & OTHERS == 0):
        raise ConfigError(f"`{folder}` is refused: {why}")


def give_to_owner_of(folder: Path, path: Path) -> None:
    """Let who owns a folder read what root puts there; for anybody else nothing is to be done."""
    if _is_root():
        owner = folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _is_root() -> bool:
    return os.name != "nt" and os.geteuid() == 0


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.chmod(OWNER_ONLY_FILE)
        temporary.write_text(text + "\n", encoding="utf-8")
        give_to_owner_of(path.parent, temporary)


def _parsed(kind: TypeAdapter[_Value], path: Path) -> _Value:
    content = _content(path)
    try:
        parsed_strictly(content)
        return kind.validate_json(content, strict=True, extra="forbid")
    except ConfigError as error:
        raise DataError(f"`{path}` is refused: {error}") from error
    except (ValidationError, ValueError, RecursionError) as error:
        raise DataError(f"`{path}` is no command of this version") from error


def _content(path: Path) -> bytes:
    """Return the bytes of a small file; nothing is opened that could block."""
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_BYTES:
        raise DataError(f"`{path}` is no file of at most {LARGEST_BYTES} bytes")
    try:
        return path.read_bytes()
    except PermissionError as error:
        raise DataError(f"`{path}` cannot be read: {error.strerror}") from error
