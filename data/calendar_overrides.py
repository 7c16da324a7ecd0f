"""Read what people know better than the calendar library: a small TOML file of exceptions."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

from data.session_templates import get_template
from utils.errors import ConfigError

SHIPPED = Path(__file__).with_name("calendar_overrides.toml")
SATURDAY = 5
"""Its `date.weekday()`."""

FIRST_DATE, LAST_DATE = date(1970, 1, 1), date(2099, 12, 31)
"""The trade dates that a calendar holds."""

KEYS = ("dates", "templates", "closed", "open", "close", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What one trade date has that is not as the library says; None leaves it as it is.

    Attributes:
        closed: Whether there is no session.
        open_minute: Open, minutes since midnight on the exchange's clock.
        close_minute: Close, likewise.
        note: Why.
    """

    closed: bool = False
    open_minute: int | None = None
    close_minute: int | None = None
    note: str = ""


def read_overrides(path: Path, template: str) -> dict[date, Override]:
    """Return the exceptions of one template, by trade date; a later entry of a date wins.

    Raises:
        ConfigError: If the file is missing, no TOML, or an entry is not as it must be.
    """
    found: dict[date, Override] = {}
    for number, entry in enumerate(_entries(path), start=1):
        where = f"calendar overrides `{path}`, session {number}"
        templates, dates = _templates(entry, where), _dates(entry, where)
        override = _override(entry, where)
        if template in templates:
            _check_weekdays(dates, template, where)
            found.update(dict.fromkeys(dates, override))
    return found


def _entries(path: Path) -> list[Mapping[str, Any]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"cannot read the calendar overrides `{path}`: {reason}") from error
    except ValueError as error:
        raise ConfigError(f"calendar overrides `{path}`: {error}; correct the TOML") from error
    entries = content.pop("session", [])
    if content or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ConfigError(f"calendar overrides `{path}`: must hold [[session]] entries only")
    return entries


def _templates(entry: Mapping[str, Any], where: str) -> list[str]:
    unknown = [key for key in entry if key not in KEYS]
    if unknown:
        raise ConfigError(f"{where}: unknown key `{unknown[0]}`; choices are {', '.join(KEYS)}")
    names = _texts(entry, "templates", where)
    for name in names:
        try:
            get_template(name)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from error
    return names


def _dates(entry: Mapping[str, Any], where: str) -> list[date]:
    try:
        days = [date.fromisoformat(text) for text in _texts(entry, "dates", where)]
    except ValueError as error:
        raise ConfigError(f"{where}: `dates`: {error}; write YYYY-MM-DD") from error
    outside = [day for day in days if not FIRST_DATE <= day <= LAST_DATE]
    if outside:
        raise ConfigError(
            f"{where}: `dates` must lie in {FIRST_DATE} to {LAST_DATE}, was {outside[0]}"
        )
    return days


def _check_weekdays(dates: list[date], template: str, where: str) -> None:
    """Refuse Saturdays and Sundays where they are no trade dates."""
    weekends = [day for day in dates if day.weekday() >= SATURDAY]
    if weekends and not get_template(template).has_weekends:
        raise ConfigError(
            f"{where}: {weekends[0]} is a {weekends[0]:%A}, and no trade date of {template}; "
            f"give the date on which the session ends"
        )


def _texts(entry: Mapping[str, Any], key: str, where: str) -> list[str]:
    texts = entry.get(key)
    is_texts = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    if not is_texts or not texts:
        raise ConfigError(f"{where}: `{key}` must be a list of texts, was {texts!r}")
    return list(texts)


def _override(entry: Mapping[str, Any], where: str) -> Override:
    closed, note = entry.get("closed", False), entry.get("note", "")
    if not isinstance(closed, bool):
        raise ConfigError(f"{where}: `closed` must be true or false, was {closed!r}")
    if not isinstance(note, str):
        raise ConfigError(f"{where}: `note` must be text, was {note!r}")
    if not entry.keys() & {"closed", "open", "close", "note"}:
        raise ConfigError(f"{where}: says nothing; give closed, open, close or note")
    if closed and entry.keys() & {"open", "close"}:
        raise ConfigError(f"{where}: a closed session has no `open` or `close`; drop one")
    return Override(
        closed=closed,
        open_minute=_minute(entry, "open", where),
        close_minute=_minute(entry, "close", where),
        note=note,
    )


def _minute(entry: Mapping[str, Any], key: str, where: str) -> int | None:
    if key not in entry:
        return None
    try:
        clock = time.fromisoformat(entry[key])
    except (TypeError, ValueError) as error:
        text = entry[key]
        raise ConfigError(f'{where}: `{key}` must be like "12:15", was {text!r}') from error
    return clock.hour * 60 + clock.minute
