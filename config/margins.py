"""What has to lie in the account per contract: read from margins.toml, or from a user's own file.

Margins change often, so each has a source and a date; none of them is a promise.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from config.instruments import INSTRUMENTS, get_instrument
from config.settings import checked
from utils.errors import ConfigError
from utils.registry import unknown_name_message

MARGINS_FILE = Path(__file__).resolve().parent / "margins.toml"


class Margin(BaseModel):
    """Margin of one contract of one product, USD.

    Attributes:
        initial_usd: To open a position that is held overnight.
        maintenance_usd: To keep it.
        intraday_usd: To open a position that is closed within the session.
        source: Where the figures are from, and how exact they are.
        as_of: When they were true.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    initial_usd: float = Field(gt=0)
    maintenance_usd: float = Field(gt=0)
    intraday_usd: float = Field(gt=0)
    source: str = Field(min_length=1)
    as_of: date


def margin_of(symbol: str, own: Path | None = None) -> Margin:
    """Return the margin of one contract of a product.

    Args:
        symbol: Key of INSTRUMENTS, any case.
        own: The user's file, in the form of margins.toml; what it lacks is read from ours.

    Raises:
        ConfigError: If the symbol is unknown, or a file cannot be read, or an entry is incomplete,
            out of bounds or of an unknown symbol.
    """
    name = get_instrument(symbol).symbol
    margins = _ours() | ({} if own is None else load_margins(own))
    return margins[name]


def load_margins(path: Path) -> dict[str, Margin]:
    """Return the margins of a file by symbol, every entry checked.

    Raises:
        ConfigError: As for `margin_of`.
    """
    return {symbol: _entry(symbol, values, path) for symbol, values in _tables(path).items()}


@cache
def _ours() -> dict[str, Margin]:
    """Return the margins that come with this version; the file is read once per process."""
    return load_margins(MARGINS_FILE)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read margins `{path}`: {error}") from error


def _entry(symbol: str, values: object, path: Path) -> Margin:
    where = f"table `{symbol}` of `{path}`"
    if symbol not in INSTRUMENTS:
        raise ConfigError(f"{unknown_name_message(symbol, 'symbol', INSTRUMENTS)} (`{path}`)")
    if not isinstance(values, dict):
        raise ConfigError(
            f"`{symbol}` in `{path}` must be a table, was {values!r}; write [{symbol}]"
        )
    margin = checked(Margin, values, where)
    if margin.maintenance_usd > margin.initial_usd:
        raise ConfigError(
            f"{where}: `maintenance_usd` must be <= `initial_usd` ({margin.initial_usd:g}), "
            f"was {margin.maintenance_usd:g}"
        )
    return margin
