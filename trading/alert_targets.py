"""Where alerts and heartbeats go: addresses with tokens in them, which nobody else may see.

They come from a file that others can neither read nor write, or from the environment; never from
the command line, which every user of the machine can list.
"""

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from utils.errors import ConfigError
from utils.masking import masked_address

ALERT_URLS = "FUTURESGYM_ALERT_URLS"
"""Environment variable: addresses as apprise knows them, between blanks."""

HEARTBEAT_URL = "FUTURESGYM_HEARTBEAT_URL"
"""Environment variable: an http(s) address that is asked for while the trader is alive."""

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""Environment variable: the folder in which systemd shows a service its secrets."""

CREDENTIAL = "alert_urls"
"""The file in it, see deploy/futuresgym-trader.service."""

TALKATIVE_LIBRARIES = ("apprise", "httpcore", "httpx", "urllib3")
"""They log the addresses that they send to."""

OPEN_TO_OTHERS = 0o027
"""Bits that a file of secrets must not have. A group may read: systemd's credentials show so."""


class SecretAddress:
    """An address that shows its scheme only."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return all of it, for the library that sends to it and for nobody else."""
        return self._text

    def __repr__(self) -> str:
        """Return e.g. "slack://***"."""
        return masked_address(self._text)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTargets:
    """Services that get each alert, in order, and the watcher that expects signs of life."""

    services: tuple[SecretAddress, ...] = ()
    heartbeat: SecretAddress | None = None


def load_alert_targets(
    file: Path | None = None, environment: Mapping[str, str] = os.environ
) -> AlertTargets:
    """Read where alerts go.

    Args:
        file: One address a line, `#` begins a comment line; None takes the one that systemd shows
            to its service, if there is one.
        environment: Has ALERT_URLS and HEARTBEAT_URL, or not; its services come after the file's.

    Raises:
        ConfigError: If the file is missing, open to others, or a line of it or a word of the
            variable is not an address.
    """
    file = _credential(environment) if file is None else file
    lines = [] if file is None else _lines_of(file)
    services = [_address(line, f"`{file}`") for line in lines]
    words = environment.get(ALERT_URLS, "").split()
    services += [_address(word, f"environment variable {ALERT_URLS}") for word in words]
    heartbeat = environment.get(HEARTBEAT_URL, "").strip()
    return AlertTargets(
        services=tuple(services),
        heartbeat=_web_address(heartbeat) if heartbeat else None,
    )


def keep_addresses_out_of_logs() -> None:
    """Have the libraries that send say nothing by themselves: what fails, the sender logs."""
    for name in TALKATIVE_LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _credential(environment: Mapping[str, str]) -> Path | None:
    """Return the file that systemd keeps for this service alone (LoadCredential), if any."""
    folder = environment.get(CREDENTIALS, "")
    file = Path(folder) / CREDENTIAL
    return file if folder and file.is_file() else None


def _lines_of(file: Path) -> list[str]:
    try:
        mode = file.stat().st_mode
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot read alert URLs `{file}`: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"alert URLs `{file}` must be UTF-8 text, one URL a line") from error
    if sys.platform != "win32" and mode & OPEN_TO_OTHERS:
        raise ConfigError(
            f"alert URLs `{file}` hold secrets and may be used by others (mode "
            f"{mode & 0o777:o}); say chmod 600"
        )
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _address(text: str, where: str) -> SecretAddress:
    scheme, colon, rest = text.partition("://")
    if not (scheme and colon and rest) or any(character.isspace() for character in text):
        raise ConfigError(f"{where}: an alert URL must read scheme://..., one did not")
    return SecretAddress(text)


def _web_address(text: str) -> SecretAddress:
    if not text.startswith(("http://", "https://")):
        raise ConfigError(f"environment variable {HEARTBEAT_URL} must begin with http(s)://")
    return _address(text, f"environment variable {HEARTBEAT_URL}")
