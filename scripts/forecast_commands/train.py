"""The command `forecast.py train`: a walk-forward store, and a forecaster for what comes next."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from scripts.forecast_commands import options as opt

if TYPE_CHECKING:
    import pandas as pd

    from config.forecast_settings import ForecastSettings
    from models.forecast.walk_online import ServedWalk


def train(
    data: opt.DataOption,
    family: Annotated[
        str | None, Option(help=f"Who forecasts: {opt.FAMILY_NAMES}.", show_default="harx_fhs")
    ] = None,
    horizon: opt.HorizonOption = None,
    horizons: opt.HorizonsOption = None,
    features: opt.FeaturesOption = None,
    averages: opt.AveragesOption = None,
    train_sessions: opt.TrainSessionsOption = None,
    least_sessions: opt.LeastSessionsOption = None,
    refit_sessions: opt.RefitOption = None,
    seed: opt.SeedOption = None,
    workers: opt.WorkersOption = None,
    symbol: opt.SymbolOption = None,
    out: Annotated[
        Path | None,
        Option(help="Directory of the store; one begun is gone on with.", show_default="in var"),
    ] = None,
    model: Annotated[
        Path | None,
        Option(help="Directory of the forecaster.", show_default="a new one in models/saved"),
    ] = None,
    tensorboard: Annotated[
        bool, Option("--tensorboard", help="Log the curves of families that learn in epochs.")
    ] = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Forecast DATA walk-forward into a store, then train a forecaster on all of it and save it.

    Each block of sessions is forecast by what had learnt long before it; train.py --forecasts reads
    the store. The forecaster goes on after the last bar. The same command again does only what is
    missing of the store.
    """
    given = dict(locals())
    from scripts.ending import ending_cleanly
    from scripts.forecast_commands import walking
    from scripts.forecast_commands.loading import forecast_bars, work_folder

    opt.forecast_settings(given, "MNQ")
    walking.families_asked(family)
    bars, traded = forecast_bars(data, symbol)
    settings = opt.forecast_settings(given, traded)
    store = out or work_folder(settings.family, data, settings)
    again = opt.same_command("train", given)
    with (
        ending_cleanly(again, walking.BLOCKS_KEPT, is_quiet=as_json),
        walking.model_directory(model) as place,
    ):
        served = walking.fill_store(
            bars, settings, store, workers, has_tensorboard=tensorboard, is_quiet=as_json
        )
        _save_forecaster(bars, settings, served, place, tensorboard)
    _tell(store, place, data, settings, as_json)


def _save_forecaster(
    bars: "pd.DataFrame",
    settings: "ForecastSettings",
    served: "ServedWalk",
    place: Path,
    has_tensorboard: bool,
) -> None:
    """Train on all bars, take over what the run has learnt from hits and misses, and save."""
    from models.forecast.forecaster import Forecaster
    from utils.paths import TENSORBOARD_DIR

    curves = TENSORBOARD_DIR / place.name if has_tensorboard else None
    forecaster = Forecaster.fit(bars, settings, tensorboard=curves)
    forecaster.with_online(served.layer).save(place)


def _tell(
    store: Path, model: Path, data: Path, settings: "ForecastSettings", as_json: bool
) -> None:
    """Print what there is now, and what can be done with it."""
    from data.forecast_store import ForecastStore
    from scripts.forecast_commands.walking import print_json_lines
    from scripts.printing import console, print_commands, shown

    entries = ForecastStore(store).blocks()
    n_rows = sum(entry.n_rows for entry in entries)
    found: dict[str, Any] = {
        "store": str(store),
        "model": str(model),
        "family": settings.family,
        "horizons": list(settings.horizons),
        "n_blocks": len(entries),
        "n_rows": n_rows,
        "first": entries[0].first,
        "last": entries[-1].last,
    }
    if as_json:
        print_json_lines([found])
        return
    console.print(
        f"{settings.family}: {n_rows:,} bars forecast in {len(entries)} blocks, "
        f"{entries[0].first} to {entries[-1].last}: {shown(store)}",
        soft_wrap=True,
    )
    console.print(f"forecaster for later bars: {shown(model)}", soft_wrap=True)
    file = f"{shown(data)} --symbol {settings.symbol}"
    print_commands(
        "next",
        f"scripts/train.py --data {file} --forecasts {shown(store)}",
        f"scripts/forecast.py report --store {shown(store)} --data {file} --out report.html",
        f"scripts/forecast.py predict --model {shown(model)} --data LATER_BARS.parquet "
        f"--symbol {settings.symbol}",
    )
