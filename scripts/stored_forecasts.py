"""The options `--forecasts` and `--forecast-columns`, alike in every script that learns or tests.

How forecasts are stored, joined and checked is left to data/forecast_store.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

if TYPE_CHECKING:
    import pandas as pd

    from config.settings import Settings
    from data.planned_folds import PlannedFold
    from models.policy import TrainedPolicy

ForecastsOption = Annotated[
    Path | None, Option(help="Store of out-of-fold forecasts that the agent sees.")
]
ForecastColumnsOption = Annotated[
    str | None,
    Option(help="Which of them, by commas.", show_default="spread, location, skew"),
]

MADE_BY = "forecast_settings"
"""Where the notes of a model keep the settings by which the forecasts that it saw were made."""


def shown_to_agents(
    settings: "Settings", store: Path | None, columns: Sequence[str] | None
) -> "Settings":
    """Return settings whose agents see forecasts, or the same where there is no store.

    Args:
        settings: Of a profile, or of an earlier run; may name columns.
        store: Directory of forecasts.
        columns: What was typed; None takes the settings' own, else spread, location and skew of
            each horizon.

    Raises:
        ConfigError: If columns are asked for without a store.
        DataError: If there is no such store.
    """
    from data.forecast_columns import usual_columns
    from data.forecast_store import ForecastStore
    from utils.errors import ConfigError

    named = settings.train.forecast_columns if columns is None else tuple(columns)
    if store is None:
        if named:
            raise ConfigError(
                f"agents are to see {named[0]}: give the store of forecasts with --forecasts DIR"
            )
        return settings
    chosen = named or usual_columns(ForecastStore(store).terms.horizons)
    train = settings.train.model_copy(update={"forecast_columns": chosen})
    return settings.model_copy(update={"train": train})


def check_traded_as(store: Path, symbol: str) -> None:
    """Refuse a store whose bars were forecast as another instrument than they are traded as.

    Raises:
        ConfigError: If they were.
        DataError: If there is no such store.
    """
    from data.forecast_store import ForecastStore
    from scripts.printing import shown
    from utils.errors import ConfigError

    own = ForecastStore(store).terms.symbol
    if own != symbol:
        raise ConfigError(
            f"the forecasts of {shown(store)} are of {own}, the bars are traded as {symbol}: say "
            f"--symbol {own}, or make them by `scripts/forecast.py train --symbol {symbol}`"
        )


def joined(
    bars: "pd.DataFrame", symbol: str, columns: Sequence[str] | None, store: Path | None
) -> "pd.DataFrame":
    """Return bars with columns of a store beside them, or as they are where there is none.

    Args:
        bars: Checked bars.
        symbol: What they are traded as.
        columns: Which; None takes all.
        store: Directory of forecasts.

    Raises:
        ConfigError: If the store has no such column, or is of another symbol.
        DataError: If it is damaged, of other bars, or its forecasts could have seen what follows.
    """
    from data.forecast_names import PREFIX, TRAINED_UNTIL
    from data.forecast_store import with_forecasts
    from scripts.printing import console, shown
    from utils.wording import counted

    if store is None:
        return bars
    check_traded_as(store, symbol)
    both = with_forecasts(bars, store, columns)
    n_before = int(both[TRAINED_UNTIL].isna().sum())
    n_columns = sum(name.startswith(PREFIX) for name in map(str, both.columns)) - 1
    console.print(
        f"{counted(n_columns, 'column')} of forecasts of {shown(store)}, from "
        f"{both.index[n_before]} on",
        soft_wrap=True,
    )
    return both


def check_learnt_from(
    bars: "pd.DataFrame", folds: "Sequence[PlannedFold]", settings: "Settings"
) -> None:
    """Refuse, before any training, a fold that has no row with forecasts to learn from.

    Args:
        bars: As `joined` returns them.
        folds: Planned on them.
        settings: Whose window of bars such a row must have room for.

    Raises:
        DataError: Naming the first such fold, its rows and where the forecasts begin.
    """
    from data.forecast_names import TRAINED_UNTIL
    from utils.errors import DataError

    first = int(bars[TRAINED_UNTIL].notna().to_numpy().argmax())
    for fold in folds:
        if fold.train.stop - max(first, fold.train.start) <= settings.env.lookback_window:
            raise DataError(
                f"fold {fold.number} learns from bars up to {bars.index[fold.train.stop - 1]}, and "
                f"forecasts begin at {bars.index[first]}: no bar to learn from sees any; let "
                "folds train longer (--train-length), or make forecasts that begin earlier by "
                "`scripts/forecast.py train --least-sessions`"
            )


def noted(store: Path | None) -> dict[str, Any]:
    """Return what a model's provenance says of the forecasts of its training.

    Raises:
        DataError: If there is no such store.
    """
    from data.forecast_store import ForecastStore

    return {} if store is None else {MADE_BY: dict(ForecastStore(store).terms.settings)}


def joined_for(
    agents: Sequence["TrainedPolicy"], bars: "pd.DataFrame", symbol: str, store: Path | None
) -> "pd.DataFrame":
    """Return bars with the forecasts that some trained agents see; warn where they are others.

    Raises:
        ConfigError: If they see some and there is no store, or none and there is one; or as
            `joined`.
    """
    from utils.errors import ConfigError

    names = dict.fromkeys(name for agent in agents for name in agent.feature_set.forecasts)
    if names and store is None and not set(names) <= set(bars.columns):
        raise ConfigError(
            f"the model sees forecast columns {', '.join(names)}: give their store with "
            "--forecasts DIR"
        )
    if store is not None and not names:
        raise ConfigError(f"`--forecasts {store}`: the model sees no forecasts; leave it out")
    for agent in agents:
        _warn_of_others(agent, store)
    return joined(bars, symbol, tuple(names), store)


def _warn_of_others(agent: "TrainedPolicy", store: Path | None) -> None:
    """Say which settings made the forecasts of a training, and other ones those of a store."""
    from scripts.printing import console, shown
    from utils.sealed_json import differences

    trained = agent.provenance.get(MADE_BY)
    if store is None or trained is None or not agent.feature_set.forecasts:
        return
    found = [
        f"{name} {before!r}, here {now!r}"
        for name, before, now in differences(trained, noted(store)[MADE_BY])
    ]
    if found:
        console.print(
            f"warning: the model learnt from other forecasts than those of {shown(store)}: "
            f"{'; '.join(found)}",
            soft_wrap=True,
        )
