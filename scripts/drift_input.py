"""What a drift report is made from: the model that traded, and the bars up to a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.store import load_bars, load_metadata
from env.contract_changes import CONTRACT_COLUMN, GAP_COLUMN
from models.forecast.forecaster import Forecaster
from models.load_policy import load_policy
from scripts.printing import shown
from trading.bar_verdicts import ClosedBar
from trading.drift_records import models_decided
from trading.journal_reader import JournalReader
from trading.model_loading import model_identity
from utils.errors import ConfigError
from utils.provenance import DATA_SYMBOL

N_SHOWN = 12
"""Digits of an identity that people are shown, as in a trader's status."""

WARM_UP = timedelta(days=30)
"""Of bars before the day: average ranges, by which fills slip, have then long settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedModel:
    """What is said to have traded.

    Attributes:
        settings: Its account.
        known_as: What the bars of its training are noted as; None where they are not.
        identity: What its decisions are written down to be of; None where that is not known,
            because it sees forecasts and their forecaster was not named.
    """

    settings: EnvSettings
    known_as: str | None
    identity: str | None


def traded_model(models: Sequence[Path], forecaster: Path | None) -> TradedModel:
    """Return what is known of models, and of the forecaster of those that see forecasts.

    Errors as for `load_policy`, and:

    Raises:
        ConfigError: If a forecaster is named that nobody sees.
    """
    policy = load_policy(models)
    seen = policy.feature_set.forecasts
    if forecaster is not None and not seen:
        raise ConfigError(f"the model {policy.name} sees no forecasts: leave `--forecaster` out")
    source = None if forecaster is None else Forecaster.load(forecaster)
    is_known = source is not None or not seen
    return TradedModel(
        settings=policy.env_settings,
        known_as=policy.provenance.get(DATA_SYMBOL),
        identity=model_identity(models, source) if is_known else None,
    )


def model_notes(reader: JournalReader, model: TradedModel, day: date) -> tuple[str, ...]:
    """Refuse a model that has decided nothing on a day; return what there is to say of it else.

    Raises:
        ConfigError: If all decisions of the day are of others.
    """
    if model.identity is None:
        return ("whether this model decided is not known: name its `--forecaster`",)
    found = models_decided(reader, model.settings.symbol, day)
    others = ", ".join(each[:N_SHOWN] for each in found if each != model.identity)
    if model.identity not in found:
        raise ConfigError(
            f"the decisions of {day} in `{shown(reader.path)}` are of model {others}, not of "
            f"{model.identity[:N_SHOWN]}: name what traded by `--model` (all members, in order)"
        )
    return (f"of that day's decisions some are of another model, {others}",) if others else ()


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
