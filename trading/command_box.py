"""Commands of people to a trader, through its folder: they need no port, and outlive both sides.

A command is a file in `commands/`; it stays there until it is answered, so that one which a trader
was killed over is taken again by the next. Whoever carries one out must therefore bear to be told
twice. `KILL`, beside it, is simpler still: while a file of that name exists, whoever made it and
whatever is in it, the kill switch is pulled.
"""

import os
from contextlib import suppress
from pathlib import Path

from trading.command_files import (
    SUFFIX,
    file_name,
    give_to_owner_of,
    make_own_folder,
    read_answer,
    read_command,
    write_answer,
    write_command,
)
from trading.operator_command import Answer, Command, CommandKind, check_id
from utils.errors import ConfigError, DataError
from utils.logger import get_logger
from utils.masking import masked_text
from utils.private_files import OWNER_ONLY_FILE, why_not_private

__all__ = ["KILL_FILE", "Answer", "Command", "CommandBox", "CommandKind"]

COMMANDS_FOLDER = "commands"
DONE_FOLDER = "done"
REFUSED_FOLDER = "refused"
KILL_FILE = "KILL"

N_KEPT = 100
"""Answers, and refused files, that are kept."""

N_TAKEN = 100
"""Commands that are taken at most at a time: a flood of them must not stop the trading loop."""

_log = get_logger("commands")


class CommandBox:
    """The commands in one trader's folder; `put` is for people, `take` and `answer` for the trader.

    Args:
        folder: The trader's; it is made, for its owner alone, when the first command is put.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting = folder / COMMANDS_FOLDER
        self._done = self._waiting / DONE_FOLDER
        self._refused = self._waiting / REFUSED_FOLDER
        self._settled: set[str] = set()
        self._told: set[str] = set()

    @property
    def is_kill_wanted(self) -> bool:
        """Whether the file `KILL` exists; anybody's, since it can do nothing but make safe."""
        return os.path.lexists(self._folder / KILL_FILE)

    def put(self, command: Command) -> Path:
        """Leave a command for the trader; return its file, which may be removed to take it back.

        Raises:
            ConfigError: If it cannot be written, or others can write the folder.
        """
        for each in (self._folder, self._waiting):
            make_own_folder(each)
        path = self._waiting / file_name(command)
        write_command(path, command)
        return path

    def put_kill(self) -> Path:
        """Make the file `KILL`, or make it new; a ConfigError says why that cannot be done."""
        path = self._folder / KILL_FILE
        with suppress(ConfigError):  # a folder that others can write takes this file all the same
            make_own_folder(self._folder)
        try:
            path.touch(mode=OWNER_ONLY_FILE)
            give_to_owner_of(self._folder, path)
        except OSError as error:
            raise ConfigError(f"cannot write `{path}`: {error.strerror or error}") from error
        return path

    def take(self) -> tuple[Command, ...]:
        """Return the commands that wait, oldest first; each again until it is answered.

        Nothing that lies there raises: what is no command is moved aside and logged.
        """
        names = self._names()
        if not names:
            return ()
        why = self._why_not_believed()
        if why is not None:
            self._tell(f"commands are not read: {why}")
            return ()
        read = (self._read(self._waiting / name) for name in sorted(names)[:N_TAKEN])
        return tuple(command for command in read if command is not None)

    def answer(self, command: Command, text: str, is_done: bool) -> None:
        """Take a command off the pile, with what became of it; a full disk is logged, not raised.

        The answer is there before the command is gone: between the two it is known as answered.

        Args:
            command: As it was taken.
            text: For people; account ids in it are masked.
            is_done: Whether it was done.
        """
        answer = Answer(command=command, text=masked_text(text), is_done=is_done)
        try:
            make_own_folder(self._done)
            write_answer(self._answer_path(command.id), answer)
        except (ConfigError, OSError) as error:
            self._tell(f"the answer to `{command.kind}` is not kept: {error}")
        self._remove(self._waiting / file_name(command))
        _prune(self._done)

    def answer_to(self, command_id: str) -> Answer | None:
        """Return the answer to a command, or None while there is none."""
        check_id(command_id)
        try:
            return read_answer(self._answer_path(command_id))
        except (OSError, DataError):
            return None

    def lift_kill(self, release: Command) -> bool:
        """Remove the file `KILL` as a release asks for it; return whether there is none now.

        A file that is younger than the release stays: somebody pulled the switch again after it.
        """
        path = self._folder / KILL_FILE
        try:
            if path.lstat().st_mtime > release.at.timestamp():
                return False
            path.unlink()
        except FileNotFoundError:
            return True
        except OSError as error:
            self._tell(f"`{path}` cannot be removed: {error.strerror or error}")
            return False
        return True

    def _names(self) -> list[str]:
        try:
            with os.scandir(self._waiting) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(SUFFIX)]
        except FileNotFoundError:
            return []
        except OSError as error:
            self._tell(f"commands are not read: {error.strerror or error}")
            return []
        return [name for name in names if name not in self._settled]

    def _why_not_believed(self) -> str | None:
        """Return why somebody else may have put, or exchanged, what lies in the box."""
        try:
            return why_not_private(self._folder) or why_not_private(self._waiting)
        except OSError as error:
            return str(error.strerror or error)

    def _read(self, path: Path) -> Command | None:
        """Return what is in a file; None if it is no command, was answered, or cannot be read now.

        What cannot be read now, e.g. for want of file handles, is looked at again the next time.
        """
        try:
            command = read_command(path)
        except DataError as error:
            self._refuse(path, str(error))
            return None
        except FileNotFoundError:
            return None  # taken back
        except OSError as error:
            self._tell(f"`{path}` cannot be read: {error.strerror or error}")
            return None
        if os.path.exists(
            self._answer_path(command.id)
        ):  # killed between the answer and the removal
            self._remove(path)
            return None
        return command

    def _refuse(self, path: Path, why: str) -> None:
        self._tell(f"not a command: {why}")
        try:
            make_own_folder(self._refused)
            os.replace(path, self._refused / path.name)
        except (OSError, ConfigError):
            self._settled.add(path.name)  # it stays where it is, and is not looked at again
        _prune(self._refused)

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._settled.add(path.name)
            self._tell(f"`{path}` cannot be removed: {error.strerror or error}")

    def _tell(self, problem: str) -> None:
        """Log a problem once: the box is looked into several times a second."""
        if problem not in self._told:
            self._told.add(problem)
            _log.warning("%s", masked_text(problem))

    def _answer_path(self, command_id: str) -> Path:
        return self._done / f"{command_id}{SUFFIX}"


def _prune(folder: Path) -> None:
    """Remove all but the youngest files; what cannot be removed stays."""
    with suppress(OSError):
        files = [(file.stat().st_mtime, file) for file in folder.glob(f"*{SUFFIX}")]
        for _, file in sorted(files, reverse=True)[N_KEPT:]:
            file.unlink(missing_ok=True)
