"""Rehearse: the trader on bars that are replayed by a gateway of its own, without any account.

A rehearsal begins anew, flat and with an empty journal; what an earlier one left in the folder is
put aside, not deleted.
"""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
from rich.console import Console

from config.instruments import get_instrument
from config.trader_settings import TraderSettings
from data.contract_bars import CONTRACT_COLUMN
from data.store import load_metadata
from trading.command_box import COMMANDS_FOLDER, KILL_FILE
from trading.command_files import make_own_folder
from trading.day_reports import DRIFT_FOLDER
from trading.model_loading import LoadedModel, load_model
from trading.pipeline_snapshot import SNAPSHOT
from trading.rehearsal_settings import rehearsed_trader
from trading.rehearsal_summary import summary_lines
from trading.simulated_gateway.process import bars_to_replay
from trading.simulated_gateway.settings import broker_like
from trading.simulation import SimulatedMarket, SimulationTerms, simulated_market
from trading.stepper import Stepper
from trading.structured_log import LOG_FILE
from trading.trade_request import TradeRequest
from trading.trader import Trader
from trading.trader_setup import JOURNAL
from trading.trader_terms import TraderTerms, fitted
from trading.trading_process import run_trader, terms_of, trader_settings
from utils.errors import ConfigError, DataError, SimulationError, TemporaryGatewayError
from utils.process_lock import ProcessLock
from utils.provenance import DATA_SYMBOL

ACCOUNT = "DU1234567"
EARLIER = "earlier"
LOCK = "rehearsal.lock"
LEFT = (
    f"{JOURNAL}*",
    SNAPSHOT,
    f"{LOG_FILE}*",
    DRIFT_FOLDER,
    COMMANDS_FOLDER,
    KILL_FILE,
)
"""What a rehearsal leaves and the next one must not find; the status is replaced anyway."""

POLL_SECONDS = 0.01
BEGIN_SECONDS = 300.0
"""In which a trader must have learnt from history and heard from the gateway."""


def start_simulation(request: TradeRequest) -> int:
    """Trade replayed bars until they are over, or told to end; return the exit code.

    Args:
        request: What was asked for; its mode is "sim".

    Raises:
        FuturesGymError: What was refused, or ended it.
    """
    if request.bars is None:
        raise ConfigError("`--mode sim` needs bars to replay: give `--bars FILE`")
    model = load_model(request.models, forecaster=request.forecaster)
    _check_symbol(request.bars, model)
    frame = bars_to_replay(request.bars, model.policy.env_settings.symbol)
    make_own_folder(request.folder)
    lock = ProcessLock.take(request.folder / LOCK)
    if lock is None:
        raise ConfigError(
            f"a rehearsal runs in `{request.folder}`: wait for its end, or give `--folder DIR`"
        )
    try:
        _put_aside(request.folder)
        return _rehearse(request, model, frame)
    finally:
        lock.release()


def n_warm_bars(model: LoadedModel) -> int:
    """Return how many bars a model needs before its first decision."""
    policy = model.policy
    return policy.feature_set.warm_up + policy.env_settings.lookback_window


def _rehearse(request: TradeRequest, model: LoadedModel, frame: pd.DataFrame) -> int:
    settings = model.policy.env_settings
    market_terms = SimulationTerms(
        bars=frame,
        symbol=settings.symbol,
        n_warm=n_warm_bars(model),
        start=request.start,
        speed=request.speed,
        broker=broker_like(settings, ACCOUNT),
    )
    is_named = CONTRACT_COLUMN in frame.columns
    with simulated_market(market_terms) as market:
        _check_size(market, model)
        terms = _terms(request, model, is_named=is_named)
        traders: list[Trader] = []

        def begin(trader: Trader) -> "asyncio.Future[None]":
            traders.append(trader)
            return asyncio.ensure_future(_rehearsal(market, trader))

        code = run_trader(terms, fitted(_settings(request, market), terms), market.clock, begin)
    _sum_up(request, settings.symbol, traders)
    return code


def _sum_up(request: TradeRequest, symbol: str, traders: Sequence[Trader]) -> None:
    """Say what it came to, on standard output; one that was ended before it began is not summed."""
    console = Console(highlight=False, markup=False)
    for desk in (trader.desk for trader in traders):
        if desk is None:
            console.print("the rehearsal was ended before it had begun")
            return
        price = desk.market.last_price
        for line in summary_lines(request, get_instrument(symbol), price):
            console.print(line, soft_wrap=True)


def _check_symbol(bars: Path, model: LoadedModel) -> None:
    """Refuse bars that say they are of another instrument than the model's, or its training's.

    Raises:
        ConfigError: Names both.
        DataError: If the file cannot be read.
    """
    symbol = model.policy.env_settings.symbol
    noted = load_metadata(bars).get("symbol", symbol)
    if noted not in {symbol, model.policy.provenance.get(DATA_SYMBOL)}:
        raise ConfigError(
            f"`{bars}` says that its bars are {noted}, the model trades {symbol}: replay bars of "
            "that one, or name another model"
        )


def _check_size(market: SimulatedMarket, model: LoadedModel) -> None:
    """Refuse bars of which the model's cannot be made.

    Raises:
        DataError: Names both sizes.
    """
    own = int(model.policy.provenance["bar_seconds"])
    wrong = [seconds for seconds in market.bar_sizes if own % seconds]
    if wrong:
        raise DataError(
            f"the bars to replay have {wrong[0]} s, the model's have {own} s: replay bars of that "
            "size, or of one that divides it"
        )


async def _rehearsal(market: SimulatedMarket, trader: Trader) -> None:
    """Move the market on, once the trader has begun, until its bars are over.

    Raises:
        SimulationError: If it does not begin.
    """
    deadline = asyncio.get_running_loop().time() + BEGIN_SECONDS
    while why := trader.unsettled():
        if asyncio.get_running_loop().time() > deadline:
            raise SimulationError(
                f"the rehearsal has not begun within {BEGIN_SECONDS:g} s: {why}; its log says more"
            )
        await asyncio.sleep(POLL_SECONDS)
    try:
        await Stepper(market, trader).run()
    except TemporaryGatewayError:
        if not trader.is_stopping:  # else its line was closed between two steps
            raise


def _settings(request: TradeRequest, market: SimulatedMarket) -> TraderSettings:
    settings = rehearsed_trader(trader_settings(request), market.clock.rate, market.port)
    session = settings.session.model_copy(update={"warm_days": market.warm_days})
    return settings.model_copy(update={"session": session})


def _terms(request: TradeRequest, model: LoadedModel, *, is_named: bool) -> TraderTerms:
    terms = terms_of(request, model)
    return TraderTerms(
        mode=terms.mode,
        account=request.account or ACCOUNT,
        folder=terms.folder,
        model=model,
        bar_seconds=terms.bar_seconds,
        history=terms.history,
        is_named=is_named,
        is_dry_run=terms.is_dry_run,
        should_flatten_on_exit=terms.should_flatten_on_exit,
    )


def _put_aside(folder: Path) -> None:
    """Move what an earlier rehearsal left, and what it was told, into a folder of their own.

    Its commands and its kill switch were meant for it: a new one would begin halted by them.

    Raises:
        ConfigError: If they cannot be moved.
    """
    left = [path for pattern in LEFT for path in folder.glob(pattern)]
    if not left:
        return
    place = folder / EARLIER / datetime.now().strftime("%Y%m%d_%H%M%S_%f")
    try:
        place.mkdir(parents=True)
        for path in left:
            os.replace(path, place / path.name)
    except OSError as error:
        raise ConfigError(f"cannot write `{place}`: {error.strerror or error}") from error
