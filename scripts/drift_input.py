"""What a drift report is made from: the account of a model, and the bars up to a day."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.store import load_bars, load_metadata
from env.contract_changes import CONTRACT_COLUMN, GAP_COLUMN
from models.load_policy import load_policy
from scripts.printing import shown
from scripts.workflow import DATA_SYMBOL
from trading.bar_verdicts import ClosedBar
from utils.errors import ConfigError

WARM_UP = timedelta(days=30)
"""Of bars before the day: average ranges, by which fills slip, have then long settled."""


def env_settings_of(models: Sequence[Path]) -> tuple[EnvSettings, str | None]:
    """Return the account of models, and what the bars of their training are noted as.

    Errors as for `load_policy`.
    """
    policy = load_policy(models)
    return policy.env_settings, policy.provenance.get(DATA_SYMBOL)


def bars_until(path: Path, symbol: str, day: date, known_as: str | None) -> list[ClosedBar]:
    """Return the bars of a file up to a trading day, and WARM_UP before it, as a market tells them.

    Args:
        path: Parquet file.
        symbol: Of the instrument that was traded.
        day: CME trade date.
        known_as: What else the file may say that its bars are of.

    Raises:
        ConfigError: If they are of another instrument.
        DataError: If the file cannot be read, or its bars break an invariant.
    """
    noted = load_metadata(path).get("symbol", symbol)
    if noted not in {symbol, known_as}:
        raise ConfigError(
            f"`{shown(path)}` says that its bars are {noted}, not {symbol}: give those of what the "
            "model traded"
        )
    bars = load_bars(path, get_instrument(symbol))
    first = pd.Timestamp(day, tz="UTC") - WARM_UP
    return told(bars.loc[first : first + WARM_UP + timedelta(days=2)])


def told(bars: pd.DataFrame) -> list[ClosedBar]:
    """Return the rows of a frame as a market tells them."""
    contracts = bars.get(CONTRACT_COLUMN, pd.Series("", index=bars.index))
    gaps = bars.get(GAP_COLUMN, pd.Series(0.0, index=bars.index))
    columns = (bars[name].tolist() for name in ("open", "high", "low", "close", "volume"))
    return [
        ClosedBar(
            opened=opened,
            open=open_,
            high=high,
            low=low,
            close=close,
            volume=volume,
            contract=str(contract),
            roll_gap=float(gap),
        )
        for opened, open_, high, low, close, volume, contract, gap in zip(
            bars.index, *columns, contracts, gaps, strict=True
        )
    ]
