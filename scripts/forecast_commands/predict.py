"""The command `forecast.py predict`: what a saved forecaster says of later bars."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from scripts.forecast_commands import options as opt

if TYPE_CHECKING:
    import pandas as pd

    from models.forecast.forecaster import Forecaster
    from models.forecast.forecasts import Forecasts


def predict(
    model: Annotated[Path, Option(help="Directory of the forecaster.")],
    data: opt.DataOption,
    out: Annotated[
        Path | None, Option(help="Directory of a store to write, or to add later bars to.")
    ] = None,
    symbol: opt.SymbolOption = None,
    as_json: opt.JsonOption = False,
) -> None:
    """Forecast the bars of DATA that come after the forecaster's training; print the last one's.

    DATA must begin well before them: earlier bars warm its averages up. In a store only bars count
    whose distance from the training is more than the longest horizon.
    """
    from models.forecast.forecaster import Forecaster
    from scripts.forecast_commands.loading import bars_of
    from utils.errors import DataError

    forecaster = Forecaster.load(model)
    bars = bars_of(data, symbol, forecaster.settings.symbol, f"the forecaster in `{model}`")
    forecasts = forecaster.predict(bars)
    if not forecasts.is_complete[-1]:
        raise DataError(
            f"`{data}` ends at {bars.index[-1]} with no bar that can be forecast: the forecaster "
            f"has learnt from bars up to {forecaster.trained_until}, and its inputs need earlier "
            f"bars to warm up; give later bars, or more of them"
        )
    n_rows = None if out is None else _store(out, forecaster, forecasts, bars)
    first = len(bars) - 1 if out is None else int(forecasts.is_complete.argmax())
    _warn_of_little_history(first, forecaster.inputs.settled)
    _print(forecasts, bars, (out, n_rows), as_json)


def _store(
    out: Path, forecaster: "Forecaster", forecasts: "Forecasts", bars: "pd.DataFrame"
) -> int:
    """Write the rows that keep the store's rule; return how many."""
    import numpy as np

    from data.bars import bar_seconds
    from data.forecast_store import ForecastStore
    from models.forecast.walk_store import (
        Trained,
        add_rows,
        check_follows,
        check_stored,
        store_terms,
    )

    settings = forecaster.settings
    store = ForecastStore.create(out, store_terms(bars, settings))
    check_stored(store, bars)
    seconds = settings.horizons[-1] * bar_seconds(forecasts.index)
    gap = (forecasts.index - forecaster.trained_until).total_seconds()
    is_far = np.asarray(gap > seconds) & forecasts.is_complete
    if not is_far.any():
        return 0
    check_follows(store, forecasts.index, forecasts.index[is_far.argmax()])
    trained = Trained(settings, forecaster.trained_until)
    rows = forecasts.quantiles[is_far], forecasts.is_fallback[is_far]
    return add_rows(store, bars[is_far], *rows, trained)


def _warn_of_little_history(n_before: int, n_settled: int) -> None:
    """Say so where averages had not settled before the first forecast that is used."""
    import typer

    if n_before < n_settled:
        typer.echo(
            f"warning: {n_before:,} bars come before the first forecast, and the longest average "
            f"needs {n_settled:,} to settle: let DATA begin earlier, or the scale may be off",
            err=True,
        )


def _print(
    forecasts: "Forecasts",
    bars: "pd.DataFrame",
    stored: tuple[Path | None, int | None],
    as_json: bool,
) -> None:
    """Print the prices that the last row's quantiles are, and what was stored."""
    import numpy as np

    from data.forecast_names import LEVELS, Head
    from scripts.forecast_commands.tables import fan_table
    from scripts.forecast_commands.walking import print_json_lines
    from scripts.printing import console, shown

    close = float(bars["close"].iloc[-1])
    place = forecasts.heads.index(Head.RETURN)
    prices = close * np.exp(forecasts.quantiles[-1, :, place])
    out, n_rows = stored
    if as_json:
        found: dict[str, Any] = {
            "timestamp": bars.index[-1].isoformat(),
            "close": close,
            "model_id": forecasts.model_id,
            "trained_until": forecasts.trained_until.isoformat(),
            "levels": list(LEVELS),
            "horizons": list(forecasts.horizons),
            "prices": prices.tolist(),
            "is_fallback": forecasts.is_fallback[-1].tolist(),
            "store": None if out is None else str(out),
            "n_stored": n_rows,
        }
        print_json_lines([found])
        return
    console.print(
        f"at the close of the bar of {bars.index[-1]}, {close:,.2f}, by {forecasts.model_id}: "
        "prices by probability",
        soft_wrap=True,
    )
    console.print(fan_table(forecasts.horizons, prices, forecasts.is_fallback[-1].tolist()))
    if out is not None:
        console.print(f"{n_rows:,} further bars stored: {shown(out)}", soft_wrap=True)
