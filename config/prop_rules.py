"""Rule sets of prop-trading firms, read from prop_rules.toml or from a user's own file.

Firms change their rules often, so each set has a source and a date; none of them is a promise.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from config.settings import checked
from utils.errors import ConfigError
from utils.registry import lookup

PROP_RULES_FILE = Path(__file__).resolve().parent / "prop_rules.toml"


class PropRules(BaseModel):
    """What a prop firm forbids; None forbids nothing.

    Attributes:
        name: Key of its table.
        drawdown_usd: Fall of equity from its peak that ends the account.
        is_drawdown_daily: Whether the peak is taken at the ends of sessions, not at each close.
        drawdown_stops_at_usd: The floor rises no higher than the initial balance and this.
        daily_loss_usd: Loss of a session that locks it.
        ends_on_daily_loss: Whether that loss ends the account instead.
        max_contracts: Largest position either way.
        source: Where the figures are from.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    name: str
    drawdown_usd: float | None = Field(default=None, gt=0)
    is_drawdown_daily: bool = False
    drawdown_stops_at_usd: float | None = None
    daily_loss_usd: float | None = Field(default=None, gt=0)
    ends_on_daily_loss: bool = False
    max_contracts: int | None = Field(default=None, ge=1)
    source: str = ""


def prop_rules_of(name: str, own: Path | None = None) -> PropRules:
    """Return a rule set by name.

    Args:
        name: Key of its table.
        own: The user's file, in the form of prop_rules.toml; its sets go before ours.

    Raises:
        ConfigError: If there is no such set, or a file cannot be read, or an entry is out of
            bounds.
    """
    sets = _load(PROP_RULES_FILE) | ({} if own is None else _load(own))
    return lookup(sets, name, "prop-firm rule set")


def _load(path: Path) -> dict[str, PropRules]:
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read prop-firm rules `{path}`: {error}") from error
    return {name: _entry(name, values, path) for name, values in tables.items()}


def _entry(name: str, values: object, path: Path) -> PropRules:
    if not isinstance(values, dict):
        raise ConfigError(f"`{name}` in `{path}` must be a table, was {values!r}; write [{name}]")
    return checked(PropRules, {"name": name, **values}, f"table `{name}` of `{path}`")
