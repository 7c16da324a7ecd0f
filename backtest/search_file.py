"""A search space of the user's own: a TOML file that narrows the default one, or replaces it.

only = true                 # search nothing but what is named here

[agent]
learning_rate = { low = 1e-4, high = 1e-2, log = true }
n_steps = { choices = [64, 128] }

[train]
features = { choices = ["momentum", "log_return,rsi,atr"] }
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import Field

from backtest.search_space import TABLES, Choices, Dimension, Range, SearchSpace, checked_name
from config.checking import FrozenSettings, checked
from utils.errors import ConfigError

ONLY = "only"
"""The key that leaves out what the default space searches beside."""


class _Entry(FrozenSettings):
    """One setting of the file: `low` and `high`, or `choices`."""

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    choices: tuple[bool | int | float | str, ...] | None = Field(default=None, strict=False)


def read_space(path: Path, default: SearchSpace) -> SearchSpace:
    """Return the default search space with what a file says in its place, or the file's alone.

    Args:
        path: TOML; a table per table of a profile, and in it an entry per setting.
        default: What is searched of the algorithm without the file.

    Raises:
        ConfigError: If the file cannot be read, or names what cannot be searched.
    """
    values = _read(path)
    where = f"search `{path}`"
    only = values.pop(ONLY, False)
    if not isinstance(only, bool):
        raise ConfigError(f"`{ONLY}` in {where} must be true or false, was {only!r}")
    own = _dimensions(values, where)
    return own if only else {**default, **own}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read search `{path}`: {error}") from error


def _dimensions(values: Mapping[str, Any], where: str) -> dict[str, Dimension]:
    found = {}
    for table, entries in values.items():
        if table not in TABLES or not isinstance(entries, Mapping):
            raise ConfigError(
                f"`{table}` in {where} is no table to search: tables are {', '.join(TABLES)}"
            )
        for field, entry in entries.items():
            name = checked_name(f"{table}.{field}", where)
            found[name] = _dimension(name, entry, where)
    return found


def _dimension(name: str, entry: Any, where: str) -> Dimension:
    if not isinstance(entry, Mapping):
        raise ConfigError(
            f"`{name}` in {where} must be {{ low = ..., high = ... }} or {{ choices = [...] }}, "
            f"was {entry!r}"
        )
    own = checked(_Entry, dict(entry), f"{where}, `{name}`")
    if own.choices is not None and own.low is None and own.high is None:
        return Choices(values=own.choices)
    if own.choices is not None or own.low is None or own.high is None:
        raise ConfigError(f"`{name}` in {where} needs `low` and `high`, or else `choices`")
    if not _is_number(name):
        raise ConfigError(f"`{name}` in {where} is no number: give `choices` in place of a range")
    return Range(low=own.low, high=own.high, log=own.log, is_whole=_is_whole(name))


def _kinds(name: str) -> set[Any]:
    table, _, field = name.partition(".")
    annotation = TABLES[table].model_fields[field].annotation
    return set(get_args(annotation)) or {annotation}


def _is_number(name: str) -> bool:
    return bool(_kinds(name) & {int, float})


def _is_whole(name: str) -> bool:
    return float not in _kinds(name)
