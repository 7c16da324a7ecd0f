"""What commands on files of bars share."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.instruments import Instrument


def instrument_of(file: Path, symbol: str | None) -> "Instrument":
    """Return the instrument that a user named, or that the file notes.

    Raises:
        ConfigError: If neither says, or there is no such instrument.
        DataError: If the file is missing or damaged.
    """
    from config.instruments import get_instrument
    from data.store import load_metadata
    from utils.errors import ConfigError

    name = symbol or load_metadata(file).get("symbol")
    if name is None:
        raise ConfigError(f"`{file}` does not say what its bars are of; give --symbol, e.g. MNQ")
    return get_instrument(name)
