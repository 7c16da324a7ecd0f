"""Where a trader keeps its files, and which folder a person means who names a mode alone."""

import hashlib
from pathlib import Path

from trading.journal_owner import MODES
from trading.status_file import STATUS_FILE, read_status
from utils.clock import Clock
from utils.errors import ConfigError, DataError

N_HEX = 12
"""Digits of the account's hash in a folder's name: enough to tell a person's accounts apart."""

YOUNG_SECONDS = 60.0
"""A trader that runs has written its status no longer ago."""


def trader_folder(root: Path, mode: str, account: str | None) -> Path:
    """Return the folder of a trader; its name does not show the account.

    Args:
        root: What all traders' folders lie in, e.g. var/trading.
        mode: One of MODES.
        account: Id at the broker, or None where the login has one only.

    Raises:
        ConfigError: If there is no such mode, or the account is empty.
    """
    if mode not in MODES:
        raise ConfigError(f"a trader's mode must be one of {', '.join(MODES)}, was `{mode}`")
    if account is None:
        return root / mode
    name = account.strip().upper()
    if not name:
        raise ConfigError("`--account` was given an empty account id")
    return root / f"{mode}-{hashlib.sha256(name.encode()).hexdigest()[:N_HEX]}"


def folder_of_mode(root: Path, mode: str) -> Path:
    """Return the folder that is meant where no account is named: the only one of the mode.

    A command in another one beside it would be heard by nobody, or by the wrong trader. Only
    folders count that a trader has written its status into.

    Raises:
        ConfigError: If there are several: which account's position is closed is not guessed.
    """
    default = trader_folder(root, mode, None)
    folders = (default, *sorted(root.glob(f"{mode}-*")))
    found = [folder for folder in folders if (folder / STATUS_FILE).exists()]
    if len(found) > 1:
        names = ", ".join(folder.name for folder in found)
        raise ConfigError(
            f"several traders of mode {mode} have folders in `{root}` ({names}): say which is "
            "meant by `--account ID` or `--folder DIR`"
        )
    return found[0] if found else default


def is_running(folder: Path, clock: Clock) -> bool:
    """Return whether a trader has written its status there within the last minute, not its last.

    One that was killed seems to run for that minute.
    """
    path = folder / STATUS_FILE
    try:
        written = path.stat().st_mtime
    except OSError:
        return False
    is_young = abs(clock.now().timestamp() - written) <= YOUNG_SECONDS
    return is_young and not _says_that_it_is_over(path)


def _says_that_it_is_over(path: Path) -> bool:
    """Return whether a status is the last of a trader that ended; one of another version is not."""
    try:
        return read_status(path).is_over
    except DataError:
        return False
