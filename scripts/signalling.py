"""What backtest.py runs of forecasts: the signals of a preset, traded as a strategy."""

from functools import partial

from backtest.forecast_strategy import ForecastStrategy, signal_account, signal_columns
from config.checking import overridden
from config.settings import EnvSettings
from data.forecast_store import MANIFEST, ForecastStore, with_forecasts
from data.store import load_metadata
from scripts import backtesting, workflow
from scripts.backtesting import USUAL_SYMBOL, Asked
from scripts.reporting import BackTested, write_results
from scripts.stored_forecasts import check_traded_as
from utils.errors import ConfigError
from utils.files import sha256_of_file

USUAL_HORIZON = 12


def back_test_signals(preset: str, horizon: int | None, asked: Asked) -> None:
    """Trade the forecasts of a store as a preset says, beside baselines, and report.

    Args:
        preset: Key of SIGNALS.
        horizon: Bars ahead, of those of the store; None: USUAL_HORIZON.
        asked: All else; must name the store.
    """
    bars_ahead = USUAL_HORIZON if horizon is None else horizon
    signal_account(preset)  # refuses an unknown name before any bar is read
    store = _store(bars_ahead, asked)
    name = f"{preset}_h{bars_ahead}_of_{store.path.resolve().name}"
    with backtesting.folder_for(asked, name) as folder:
        done = _traded(preset, bars_ahead, store, asked)
        report = write_results(folder, done)
    backtesting.print_all(done.results, report)


def _traded(preset: str, horizon: int, store: ForecastStore, asked: Asked) -> BackTested:
    """Return what the signals of a preset came to, beside baselines."""
    noted = load_metadata(asked.data).get("symbol", USUAL_SYMBOL)
    plain, symbol = workflow.bars_to_trade(asked.data, asked.symbol, noted)
    check_traded_as(store.path, symbol)
    columns = signal_columns(horizon)
    bars = with_forecasts(plain, store.path, columns)
    start = bars[columns[0]].first_valid_index() if asked.start is None else asked.start
    engine = backtesting.engine_over(bars, symbol, asked, start)
    account = _account(preset, symbol, asked)
    strategy = ForecastStrategy(preset, horizon, account)
    run = workflow.shown_progress(partial(engine.run_with_strategy, settings=account))
    result = run(strategy)
    made_of = sha256_of_file(store.path / MANIFEST)
    thing = {"signals": preset, "horizon": horizon, "forecasts": made_of}
    return BackTested(
        engine=engine,
        results=[result, *engine.run_baselines(like=result, seed=asked.seed)],
        bars=bars,
        provenance={"signals": thing, "forecasts": dict(store.terms.settings)},
        things=[thing],
        further=(strategy.table(),),
        **backtesting.shared(asked),
    )


def _store(horizon: int, asked: Asked) -> ForecastStore:
    """Return the store; refuse what signals have no use for, or cannot do without.

    Raises:
        ConfigError: For an option that is missing or of no use, or a horizon that is not forecast.
        DataError: If there is no store.
    """
    if asked.forecasts is None:
        raise ConfigError(
            "`--signals` needs `--forecasts STORE`: make one with `scripts/forecast.py train`"
        )
    idle = {
        "--other": asked.other is not None,
        "--in-sample": asked.in_sample,
        "--stress": asked.has_stress,
    }
    for option, is_given in idle.items():
        if is_given:
            raise ConfigError(f"`{option}` has no forecasts for `--signals`; leave it out")
    store = ForecastStore(asked.forecasts)
    if horizon not in store.terms.horizons:
        known = ", ".join(map(str, store.terms.horizons))
        raise ConfigError(
            f"`--horizon` must be one that the store forecasts ({known}), was {horizon}"
        )
    return store


def _account(preset: str, symbol: str, asked: Asked) -> EnvSettings:
    """Return the account of a preset, with what the user asked for in place of its own."""
    asked_for = {
        "symbol": symbol,
        "initial_balance": asked.account["initial_capital"],
        "commission": asked.account["commission"],
        "slippage_ticks": asked.account["slippage_ticks"],
        "stop_loss_ticks": asked.account["stop_loss_ticks"],
    }
    return overridden(signal_account(preset), asked_for, "backtest.py")
