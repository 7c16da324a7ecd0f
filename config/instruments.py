"""The products that FuturesGym knows, looked up by symbol."""

from config.instrument_table import INSTRUMENTS
from config.instrument_type import GRID_TOLERANCE_TICKS, MAX_TICKS, Instrument
from utils.errors import ConfigError
from utils.registry import lookup

__all__ = ["GRID_TOLERANCE_TICKS", "INSTRUMENTS", "MAX_TICKS", "Instrument", "get_instrument"]


def get_instrument(symbol: str) -> Instrument:
    """Return the instrument called `symbol` (any case); a ConfigError names the choices."""
    if not isinstance(symbol, str):
        choices = ", ".join(INSTRUMENTS)
        raise ConfigError(f"`symbol` must be text, was {symbol!r}; choices: {choices}")
    return lookup(INSTRUMENTS, symbol.upper(), "symbol")
