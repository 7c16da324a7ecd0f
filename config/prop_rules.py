"""Rule sets of prop-trading firms, read from prop_rules.toml or from a user's own file.

Firms change their rules often, so each set names its source; none of them is a promise.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field

from config.checking import FrozenSettings, checked
from utils.errors import ConfigError
from utils.registry import lookup, unknown_name_message

PROP_RULES_FILE = Path(__file__).resolve().parent / "prop_rules.toml"

OWN_FILE_MARK = ".toml:"
"""What stands between a user's own file and the name of a set in it."""

NEEDED_BY = {
    "is_drawdown_daily": "drawdown_usd",
    "drawdown_stops_at_usd": "drawdown_usd",
    "ends_on_daily_loss": "daily_loss_usd",
}
"""Rules that say how another one is applied, and which."""


class PropRules(FrozenSettings):
    """What a prop firm forbids; None forbids nothing.

    Attributes:
        name: Key of its table.
        drawdown_usd: Fall of equity from its peak that ends the account.
        is_drawdown_daily: Whether the peak is taken at the ends of sessions, not at each close.
        drawdown_stops_at_usd: The floor rises no higher than the initial balance and this; None:
            it always follows.
        daily_loss_usd: Loss of a session that locks it until the next.
        ends_on_daily_loss: Whether that loss ends the account instead.
        max_contracts: Largest position either way.
        source: Where the figures are from.
    """

    name: str
    drawdown_usd: float | None = Field(default=None, gt=0, le=1e12)
    is_drawdown_daily: bool = False
    drawdown_stops_at_usd: float | None = Field(default=None, ge=-1e12, le=1e12)
    daily_loss_usd: float | None = Field(default=None, gt=0, le=1e12)
    ends_on_daily_loss: bool = False
    max_contracts: int | None = Field(default=None, ge=1, le=1_000_000)
    source: str = ""


def prop_rules_of(name: str) -> PropRules:
    """Return a rule set by name.

    Args:
        name: Key of a table of prop_rules.toml, or "FILE.toml:KEY" for one of the user's own file
            in the same form.

    Raises:
        ConfigError: If there is no such set, or the file cannot be read, or an entry is out of
            bounds or of no effect.
    """
    path, key = PROP_RULES_FILE, name
    if OWN_FILE_MARK in name:
        before, _, key = name.rpartition(":")
        path = Path(before)
    return lookup(_load(path), key, "prop-firm rule set")


def _load(path: Path) -> dict[str, PropRules]:
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read prop-firm rules `{path}`: {error}") from error
    return {name: _entry(name, values, path) for name, values in tables.items()}


def _entry(name: str, values: object, path: Path) -> PropRules:
    where = f"table `{name}` of `{path}`"
    if not isinstance(values, dict):
        raise ConfigError(f"`{name}` in `{path}` must be a table, was {values!r}; write [{name}]")
    if "name" in values:
        rules = sorted(set(PropRules.model_fields) - {"name"})
        raise ConfigError(f"{unknown_name_message('name', 'setting', rules)} ({where})")
    entry = checked(PropRules, {"name": name, **values}, where)
    for rule, needed in NEEDED_BY.items():
        if values.get(rule, False) is not False and getattr(entry, needed) is None:
            raise ConfigError(
                f"`{rule}` in {where} has no effect without `{needed}`; give both, or neither"
            )
    return entry
