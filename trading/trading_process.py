"""One trading process, from what was asked for to its end: what paper, live and rehearsal share.

Everything that can be refused without a broker is refused here, before a connection is made.
"""

import asyncio
import signal
from collections.abc import Callable
from functools import partial

import pandas as pd
from rich.console import Console

from backtest.remarks import flat_remarks
from config.connection_settings import ConnectionSettings
from config.ib_config import IBConfig
from config.instruments import get_instrument
from config.settings import profile_values
from config.trader_settings import TraderSettings, load_trader_settings
from config.trading_settings import RiskLimits
from data.bars import bar_seconds
from data.store import load_bars
from models.determinism import torch_threads
from trading.alert_targets import AlertTargets, load_alert_targets
from trading.command_files import make_own_folder
from trading.model_loading import LoadedModel, load_model
from trading.operations import OperationTerms, operations
from trading.single_trader import only_trader
from trading.teller import Teller
from trading.trade_request import TradeRequest
from trading.trader import Trader
from trading.trader_terms import TraderTerms, fitted
from trading.warming import warm_up
from utils.clock import Clock, SystemClock
from utils.errors import ConfigError, DataError
from utils.logger import get_logger

_LOG = get_logger("trader")

SIM = "sim"

Companion = Callable[[Trader], "asyncio.Future[None]"]
"""What runs beside a trader, e.g. what moves a rehearsal's market; the trader ends with it."""


def trader_settings(request: TradeRequest) -> TraderSettings:
    """Return a profile's settings, under the bounds that were given by hand.

    Raises:
        ConfigError: If there is no such profile, or a value is out of bounds.
    """
    settings = load_trader_settings(request.profile or request.mode)
    bounds = {
        "max_position": request.limits.max_position,
        "max_order_quantity": 2 * request.limits.max_position,
        "max_daily_loss_usd": request.limits.max_daily_loss_usd,
    }
    limits = RiskLimits(**(settings.trading.limits.model_dump() | bounds))
    trading = settings.trading.model_copy(update={"limits": limits})
    return settings.model_copy(update={"trading": trading})


def at_broker(settings: TraderSettings, config: IBConfig, port: int) -> TraderSettings:
    """Return settings that reach the broker that the environment names.

    Args:
        settings: Of a profile.
        config: Of the environment.
        port: Which of its ports.
    """
    values = settings.connection.model_dump() | {
        "host": config.host,
        "port": port,
        "client_id": config.client_id,
    }
    return settings.model_copy(update={"connection": ConnectionSettings(**values)})


def terms_of(request: TradeRequest, model: LoadedModel) -> TraderTerms:
    """Return what a process is to do.

    Raises:
        DataError: If the history cannot be read.
    """
    return TraderTerms(
        mode=request.mode,
        account=request.account,
        folder=request.folder,
        model=model,
        bar_seconds=int(model.policy.provenance["bar_seconds"]),
        history=_history(request, model),
        is_dry_run=request.is_dry_run,
        should_flatten_on_exit=request.is_flattened_on_exit,
    )


def trade_at_broker(request: TradeRequest, config: IBConfig, port: int) -> int:
    """Trade at the broker until told to end; return the exit code.

    Raises:
        FuturesGymError: What was refused, or ended it.
    """
    model = load_model(request.models, forecaster=request.forecaster)
    _check_symbol(request, model)
    terms = terms_of(request, model)
    settings = fitted(at_broker(trader_settings(request), config, port), terms)
    return run_trader(terms, settings, SystemClock())


def run_trader(
    terms: TraderTerms,
    settings: TraderSettings,
    clock: Clock,
    companion: Companion | None = None,
) -> int:
    """Run a trader until it is told to end, by a signal or its companion; return the exit code.

    SIGTERM and SIGINT end it in good order, SIGUSR1 pulls the kill switch.

    Raises:
        FuturesGymError: What ended it otherwise.
    """
    own = OperationTerms(
        account=terms.account or "",
        name=f"FuturesGym {terms.mode}",
        settings=settings.operation,
        trading=settings.trading,
        clock=clock,
        targets=_targets(terms.mode),
        console=Console(),
    )
    with only_trader(terms.mode, settings.connection):
        make_own_folder(terms.folder)
        warm_up(terms, settings, clock)
        # one thread, as models are tested; a second one would wait for the first
        with operations(terms.folder, own) as teller, torch_threads(1):
            _warn_of_flat(terms.model)
            asyncio.run(_run(terms, settings, clock, (teller, companion)))
    return 0


async def _run(
    terms: TraderTerms,
    settings: TraderSettings,
    clock: Clock,
    beside: tuple[Teller, Companion | None],
) -> None:
    teller, companion = beside
    trader = Trader(terms, settings, clock, teller)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(trader.stop, signal.Signals(number).name))
    loop.add_signal_handler(signal.SIGUSR1, partial(trader.kill, "SIGUSR1"))
    if companion is None:
        await trader.run()
        return
    running = companion(trader)
    running.add_done_callback(lambda _: trader.stop("the rehearsal is over"))
    try:
        await trader.run()
    finally:
        running.cancel()
        await asyncio.wait({running})
    if not running.cancelled():
        running.result()


def _warn_of_flat(model: LoadedModel) -> None:
    """Say of a model that training has left flat that it trades nothing, and why."""
    for remark in flat_remarks(model.policy.name, model.policy.provenance):
        _LOG.warning("%s", remark)


def _targets(mode: str) -> AlertTargets:
    """Return where alerts and signs of life go.

    Nobody outside hears of a rehearsal: its alerts would wake people for nothing, and its signs of
    life would hide that the real trader is dead.
    """
    return AlertTargets() if mode == SIM else load_alert_targets()


def _check_symbol(request: TradeRequest, model: LoadedModel) -> None:
    """Refuse a model for another instrument than the profile names: a point of it may cost more.

    Raises:
        ConfigError: Names both.
    """
    profile = request.profile or request.mode
    named = profile_values(profile).get("env", {}).get("symbol")
    symbol = model.policy.env_settings.symbol
    if named is not None and named != symbol:
        raise ConfigError(
            f"the model is made for {symbol}, profile `{profile}` trades {named}: name another "
            "model, or a profile with that `symbol`"
        )


def _history(request: TradeRequest, model: LoadedModel) -> pd.DataFrame | None:
    """Return the bars that warm-up begins with.

    Raises:
        DataError: If they cannot be read, or are of another size than the model's.
    """
    if request.history is None:
        return None
    bars = load_bars(request.history, get_instrument(model.policy.env_settings.symbol))
    seconds, own = bar_seconds(bars.index), int(model.policy.provenance["bar_seconds"])
    if seconds != own:
        raise DataError(
            f"`{request.history}` has bars of {seconds} s, the model's have {own} s: resample it "
            "with `scripts/data.py resample`, or leave `--history` out"
        )
    return bars
