"""What the commands that read bars share: the bars, and whether there is code to compile first."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from config.instruments import Instrument
    from data.feature_set import FeatureSet

SECONDS_PER_FEATURE = 0.35
"""What it takes to compile one, about."""

WORTH_SAYING_SECONDS = 5.0
"""From this long a silence on, it is explained."""


def checked_bars(data: Path, symbol: str | None) -> "tuple[pd.DataFrame, Instrument]":
    """Return the bars of a file, on their tick grid unless it is ratio-adjusted, and of what.

    Raises:
        ConfigError: If `symbol` is unknown or not what the file notes, or neither says.
        DataError: If the file cannot be read or its bars break an invariant.
    """
    from data.store import load_bars, load_metadata
    from scripts.data_commands.common import instrument_of
    from utils.errors import ConfigError

    instrument, notes = instrument_of(data, symbol), load_metadata(data)
    noted = notes.get("symbol", instrument.symbol)
    if noted != instrument.symbol:
        raise ConfigError(
            f"`{data}` says that its bars are {noted}, not {instrument.symbol}: leave --symbol out"
        )
    return load_bars(data, None if notes.get("adjustment") == "ratio" else instrument), instrument


def say_if_compiling(features: "FeatureSet") -> None:
    """Say how long it takes to compile the features, where that is long and was not done yet."""
    from data.feature_pass import PASSES_DIR, pass_source
    from scripts.printing import console

    seconds = SECONDS_PER_FEATURE * len(features.specs)
    if seconds < WORTH_SAYING_SECONDS:
        return
    source = pass_source(features.specs)
    if not any(path.read_text(encoding="utf-8") == source for path in PASSES_DIR.glob("*.py")):
        console.print(f"compiling {len(features.specs)} features, once: about {seconds:.0f} s")
