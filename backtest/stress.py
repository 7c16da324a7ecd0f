"""How a model or a strategy fares in markets that its bars never were: crisis, shift, no liquidity.

Hard times inside its own bars are left to `historical_windows.py`, other orders of its trades to
`trade_order.py`, the same decisions at dearer costs to `reruns.py`. Here it decides anew, on
synthetic bars, with its own account; what was learnt from one market need not hold in another, so
that a loss here says where it stops working, not that it never works.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backtest.engine import BacktestEngine
from backtest.historical_windows import HistoricalWindow, historical_windows
from backtest.result import BacktestResult
from backtest.tables import UNDEFINED, Row, Table
from data.synthetic import synthetic_bars
from utils.errors import FuturesGymError
from utils.seeding import checked_seed

N_BARS = 40_000
"""About 145 sessions of five-minute bars: the shift comes after 120 of them."""

SEED_WORDS = (7, 1987, 10, 19)
"""What tells the seeds of these markets from those of others."""

Run = Callable[[BacktestEngine], BacktestResult]
"""Back-tests something with the engine that it is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A market to be tested in.

    Attributes:
        preset: Key of data.synthetic_presets.PRESETS.
        slippage_factor: Times the account's slippage; where that is 0, of one tick.
        words: What it stands for.
    """

    preset: str
    words: str
    slippage_factor: int = 1


SCENARIOS: Mapping[str, Scenario] = {
    "plain": Scenario(preset="default", words="an ordinary market, for comparison"),
    "no edge": Scenario(preset="martingale", words="prices that nobody can predict"),
    "crisis": Scenario(preset="crisis", words="volatile, jumpy and falling from the first bar on"),
    "crisis, illiquid": Scenario(
        preset="crisis", words="the same, at four times the slippage", slippage_factor=4
    ),
    "shift": Scenario(preset="shift", words="volatility nearly doubles after 120 sessions"),
    "overreaction": Scenario(preset="overreaction", words="moves fade: trends are punished"),
}
"""By name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stressed:
    """What became of it in one scenario; NaN where it could not be run.

    Attributes:
        name: Key of SCENARIOS.
        net_usd: Net profit, USD.
        sharpe: Annual; NaN also where undefined.
        max_drawdown: Of session ends, a fraction <= 0.
        n_trades: Round trips.
        is_ruined: Whether its account was closed by force.
        why: Why it could not be run; empty where it was.
    """

    name: str
    net_usd: float = math.nan
    sharpe: float = math.nan
    max_drawdown: float = math.nan
    n_trades: int = 0
    is_ruined: bool = False
    why: str = ""


def synthetic_stress(
    run: Run, like: BacktestResult, seed: int = 0, n_bars: int = N_BARS
) -> tuple[Stressed, ...]:
    """Return how something fares in every scenario, with the account and the costs of a result.

    Args:
        run: Makes a back-test, e.g. `lambda engine: engine.run_with_model(agent)`.
        like: Its result on its own bars.
        seed: Of the markets, which are not those that `synthetic_bars` makes of it.
        n_bars: Length of each.
    """
    own = _own_seed(seed)
    return tuple(
        _stressed(name, run, _engine(scenario, like, own, n_bars))
        for name, scenario in SCENARIOS.items()
    )


def stress_tables(
    run: Run, like: BacktestResult, bars: pd.DataFrame, seed: int = 0
) -> tuple[Table, ...]:
    """Return hard times in its own bars, and how it fares in markets that these never were.

    Args:
        run: Makes a back-test, e.g. `lambda engine: engine.run_with_model(agent)`.
        like: Its result on its own bars.
        bars: Those.
        seed: Of the markets.

    Raises:
        ConfigError: If these are not its bars.
    """
    return (
        _window_table(like, bars),
        _scenario_table(synthetic_stress(run, like, seed)),
    )


def _own_seed(seed: int) -> int:
    """Return a seed that nobody types: a market of `seed` itself may have been trained on."""
    return int(np.random.SeedSequence((checked_seed(seed), *SEED_WORDS)).generate_state(1)[0])


def _engine(scenario: Scenario, like: BacktestResult, seed: int, n_bars: int) -> BacktestEngine:
    settings = like.settings
    slippage = settings.slippage_ticks
    if scenario.slippage_factor > 1:
        slippage = max(slippage, 1) * scenario.slippage_factor
    return BacktestEngine(
        synthetic_bars(n_bars, scenario.preset, seed=seed, symbol=settings.symbol),
        initial_capital=settings.initial_balance,
        commission=settings.commission,
        slippage_ticks=slippage,
        symbol=settings.symbol,
        stop_loss_ticks=settings.stop_loss_ticks,
    )


def _stressed(name: str, run: Run, engine: BacktestEngine) -> Stressed:
    try:
        found = run(engine).metrics
    except FuturesGymError as error:
        return Stressed(name=name, why=str(error))
    return Stressed(
        name=name,
        net_usd=float(found["net_profit_usd"]),
        sharpe=float(found["sharpe"]),
        max_drawdown=float(found["max_drawdown"]),
        n_trades=int(found["n_trades"]),
        is_ruined=bool(found["is_ruined"]),
    )


def _window_table(like: BacktestResult, bars: pd.DataFrame) -> Table:
    try:
        windows: Sequence[HistoricalWindow] = historical_windows(like, bars)
        note = "Found in the instrument's prices afterwards; by closes of sessions."
    except FuturesGymError as error:
        windows, note = (), f"Not evaluated: {error}."
    return Table(
        heading="Hard times in these bars",
        columns=("Window", "Trade dates", "Market", "Net, USD", "Max. drawdown, USD", "Trades"),
        rows=tuple(
            Row(
                window.name,
                (
                    f"{window.first} to {window.last}",
                    f"{window.market_return:+.1%}",
                    f"{window.net_usd:+,.2f}",
                    f"{window.max_drawdown_usd:,.2f}",
                    f"{window.n_trades:,}",
                ),
            )
            for window in windows
        ),
        note=note,
    )


def _scenario_table(found: Sequence[Stressed]) -> Table:
    return Table(
        heading="In made-up markets",
        columns=("Market", "Net, USD", "Sharpe", "Max. drawdown", "Trades", "Remark"),
        rows=tuple(Row(each.name, _cells(each)) for each in found),
        note="Synthetic bars of one seed each; it decides anew with its own account. Ruined: the "
        "account was closed by force.",
    )


def _cells(each: Stressed) -> tuple[str, ...]:
    words = SCENARIOS[each.name].words
    if each.why:
        return (UNDEFINED, UNDEFINED, UNDEFINED, UNDEFINED, f"not run: {each.why}")
    return (
        f"{each.net_usd:+,.2f}",
        UNDEFINED if math.isnan(each.sharpe) else f"{each.sharpe:.2f}",
        f"{each.max_drawdown:.1%}",
        f"{each.n_trades:,}",
        f"RUINED; {words}" if each.is_ruined else words,
    )
