"""The command `forecast.py report`: how honest a forecaster's distributions are, as one page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from scripts.forecast_commands import options as opt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.forecast_settings import ForecastSettings
    from scripts.forecast_commands.shown_rows import ShownRows

    Source = tuple[ShownRows, ForecastSettings, int, Mapping[str, Any]]


def report(
    data: opt.DataOption,
    store: Annotated[
        Path | None, Option(help="Directory of a store that forecast.py train has made.")
    ] = None,
    model: Annotated[
        Path | None, Option(help="Directory of a forecaster, to be shown on later bars.")
    ] = None,
    horizon: Annotated[
        int | None, Option(help="Bars ahead that the figures are of.", show_default="the middle")
    ] = None,
    symbol: opt.SymbolOption = None,
    out: Annotated[
        Path | None, Option(help="HTML file to write.", show_default="a new one in var/reports")
    ] = None,
    pictures: Annotated[
        Path | None, Option(help="Directory for the figures as PNG files.", show_default="none")
    ] = None,
) -> None:
    """Write a page of the forecasts in STORE, or of those of MODEL for what it has not seen.

    Fan chart on price, PIT histogram, reliability, coverage over time, scores and tests.
    """
    from backtest.forecast_page import write_forecast_report
    from backtest.forecast_pictures import write_forecast_pictures
    from data.store import is_made_up, load_metadata
    from scripts.forecast_commands.pages import forecast_page
    from scripts.printing import console, shown
    from utils.errors import ConfigError
    from utils.files import check_writable

    if out is not None and out.suffix != ".html":
        raise ConfigError(f"`--out` must be an .html file, was {out}")
    page_file = out or _new_page(store or model or data, data)
    check_writable(page_file.parent, f"--out {page_file}")
    if pictures is not None:
        check_writable(pictures, f"--pictures {pictures}")
    rows, settings, chosen, provenance = _source((store, model), data, symbol, horizon)
    is_synthetic = is_made_up(load_metadata(data))
    page = forecast_page(rows, settings, chosen, provenance, is_synthetic)
    console.print(f"report: {shown(write_forecast_report(page_file, page))}", soft_wrap=True)
    if pictures is not None:
        write_forecast_pictures(pictures, page)
        console.print(f"pictures: {shown(pictures)}", soft_wrap=True)


def _new_page(source: Path, data: Path) -> Path:
    """Return a file that is not there yet, named after a source of forecasts and its bars."""
    from itertools import count

    from utils import paths

    usual = paths.REPORTS_DIR / f"forecast_{source.resolve().name}_on_{data.stem}.html"
    more = (usual.with_stem(f"{usual.stem}_{number}") for number in count(2))
    return usual if not usual.exists() else next(path for path in more if not path.exists())


def _source(
    named: tuple[Path | None, Path | None], data: Path, symbol: str | None, horizon: int | None
) -> "Source":
    """Return the rows of the store or the model, their settings, horizon and provenance."""
    from utils.errors import ConfigError

    store, model = named
    if store is not None and model is None:
        return _of_store(store, data, symbol, horizon)
    if model is not None and store is None:
        return _of_model(model, data, symbol, horizon)
    raise ConfigError("say whose forecasts: give `--store` or `--model`, one of the two")


def _of_store(store: Path, data: Path, symbol: str | None, horizon: int | None) -> "Source":
    """Return what a store holds; references are forecast anew where they are not kept."""
    from config.checking import checked
    from config.forecast_settings import ForecastSettings
    from data.forecast_store import ForecastStore
    from models.forecast.forecaster_identity import FALLBACK
    from models.forecast.leaderboard_line import HARX
    from models.forecast.walk import plan_walk
    from models.forecast.walk_store import check_stored, check_walked
    from scripts.forecast_commands.loading import bars_of
    from scripts.forecast_commands.pages import shown_horizon
    from scripts.forecast_commands.shown_rows import rows_of_store
    from scripts.forecast_commands.walking import WORK, run_walk

    found = ForecastStore(store)
    settings = checked(ForecastSettings, dict(found.terms.settings), f"store `{store}`")
    chosen = shown_horizon(settings, horizon)
    bars = bars_of(data, symbol, settings.symbol, f"store `{store}`")
    check_stored(found, bars)
    stored = found.read()
    walk = plan_walk(bars, settings, (settings.family, FALLBACK, HARX), store / WORK)
    check_walked(found, walk)
    run_walk(walk, None, is_quiet=True)
    provenance = {"store": str(store), "data": str(data), **found.terms.provenance}
    return rows_of_store(stored, walk), settings, chosen, provenance


def _of_model(model: Path, data: Path, symbol: str | None, horizon: int | None) -> "Source":
    """Return what a saved forecaster says of bars that it has not seen."""
    from models.forecast.forecaster import Forecaster
    from scripts.forecast_commands.loading import bars_of
    from scripts.forecast_commands.pages import shown_horizon
    from scripts.forecast_commands.shown_rows import rows_of_model

    forecaster = Forecaster.load(model)
    settings = forecaster.settings
    chosen = shown_horizon(settings, horizon)
    bars = bars_of(data, symbol, settings.symbol, f"the forecaster in `{model}`")
    provenance = {"model": str(model), "data": str(data), **forecaster.provenance}
    return rows_of_model(forecaster, bars, data), settings, chosen, provenance
