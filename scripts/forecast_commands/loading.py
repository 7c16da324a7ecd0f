"""What the commands that read bars share: the bars, what they are traded as, where work is kept."""

from pathlib import Path
from typing import TYPE_CHECKING

from utils.paths import VAR_DIR

if TYPE_CHECKING:
    import pandas as pd

    from config.forecast_settings import ForecastSettings

FORECASTS_DIR = VAR_DIR / "forecasts"
"""Where walk-forward runs keep what they have forecast."""

SHORT = 8
"""Digits of a hash in a folder's name."""


def forecast_bars(
    data: Path, symbol: str | None, usual: str | None = None
) -> "tuple[pd.DataFrame, str]":
    """Return the bars of a file, on their tick grid unless it is ratio-adjusted, and their symbol.

    Args:
        data: Parquet file.
        symbol: What the user asked for; None takes what the file notes, or the usual one.
        usual: Where neither says; None is that of the settings.

    Raises:
        ConfigError: If the symbol is unknown.
        DataError: If the file cannot be read or its bars break an invariant.
    """
    from config.forecast_settings import ForecastSettings
    from config.instruments import get_instrument
    from data.store import load_bars, load_metadata

    notes = load_metadata(data)
    usual = usual or ForecastSettings().symbol
    instrument = get_instrument(symbol or notes.get("symbol", usual))
    bars = load_bars(data, None if notes.get("adjustment") == "ratio" else instrument)
    return bars, instrument.symbol


def bars_of(data: Path, symbol: str | None, own: str, who: str) -> "pd.DataFrame":
    """Return bars for something that forecasts one instrument.

    Args:
        data: Parquet file.
        symbol: What the user asked for; None takes what the file notes, or `own`.
        own: The instrument.
        who: What to call what forecasts it.

    Raises:
        ConfigError: If they are traded as another one.
        DataError: As `forecast_bars`.
    """
    from utils.errors import ConfigError

    bars, traded = forecast_bars(data, symbol, own)
    if traded != own:
        raise ConfigError(
            f"{who} is of {own}, `{data}` is traded as {traded}; give bars of {own}, or say "
            f"--symbol {own}"
        )
    return bars


def work_folder(start: str, data: Path, settings: "ForecastSettings") -> Path:
    """Return where a command keeps its work unless told: the same folder for the same command.

    Args:
        start: What the folder's name begins with.
        data: The file of bars.
        settings: How forecasts are made.
    """
    from models.forecast.walk_files import code_digest
    from utils.files import canonical_json, sha256_of_bytes

    content = {"settings": settings.model_dump(mode="json"), "code": code_digest()}
    digest = sha256_of_bytes(canonical_json(content).encode())
    return FORECASTS_DIR / f"{start}_{data.stem}_{digest[:SHORT]}"
