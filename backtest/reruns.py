"""What the same decisions come to under other terms: dearer costs, other paths, stops and delays.

Every figure here replays decisions that were made once; a policy that looks at its position might
have decided otherwise. Where orders were handed in instead there is nothing to replay, and nothing
is returned.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from env.actions import Action
from env.kernel.names import PATH_POLICIES
from utils.errors import ConfigError

COSTS: dict[str, tuple[float, float]] = {
    "slippage twice": (1.0, 2.0),
    "commission twice": (2.0, 1.0),
    "both twice": (2.0, 2.0),
}
"""Factors of commission and slippage."""

BOTH_TWICE = "both twice"
COST_STRESS = "cost stress"

STOP_FACTORS = (0.5, 0.75, 1.25, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """One other way.

    Attributes:
        kind: What was changed: "costs", "path", "stop" or "delay".
        label: How, in words.
        net_usd: Net profit, USD.
        sharpe: Annual; NaN where undefined.
        max_drawdown: Of session ends, a fraction <= 0.
        n_trades: Round trips.
    """

    kind: str
    label: str
    net_usd: float
    sharpe: float
    max_drawdown: float
    n_trades: int


def cost_stress(engine: BacktestEngine, result: BacktestResult) -> tuple[Rerun, ...]:
    """Return the result at doubled costs, one entry of COSTS each.

    Raises:
        ConfigError: If the result kept no decisions.
    """
    return tuple(
        _rerun("costs", label, engine.replayed(result, None, commission, slippage))
        for label, (commission, slippage) in COSTS.items()
    )


def other_paths(engine: BacktestEngine, result: BacktestResult) -> tuple[Rerun, ...]:
    """Return the result under each of the other intrabar path policies.

    Raises:
        ConfigError: If the result kept no decisions.
    """
    others = [name for name in PATH_POLICIES if name != result.settings.path_policy]
    return tuple(_rerun("path", name, engine.replayed(result, name)) for name in others)


def sensitivity(engine: BacktestEngine, result: BacktestResult) -> tuple[Rerun, ...]:
    """Return the result with its stop nearer and further, and with all decisions one bar late.

    A neighbourhood in which profits come and go says that the parameter was lucky. Stops that are
    out of the bounds of the settings are left out, and all are where there is none.

    Raises:
        ConfigError: If the result kept no decisions.
    """
    return (*_other_stops(engine, result), _one_bar_late(engine, result))


def _other_stops(engine: BacktestEngine, result: BacktestResult) -> Iterator[Rerun]:
    distance = result.settings.stop_loss_ticks
    if distance is None:
        return
    for factor in STOP_FACTORS:
        ticks = float(round(distance * factor))
        if ticks < 1.0 or ticks == distance:
            continue
        settings = result.settings.model_copy(update={"stop_loss_ticks": ticks})
        like = replace(result, settings=settings)
        again = engine.run_decisions(_decisions(result), like, result.name)
        yield _rerun("stop", f"stop {factor:g} times as far, {ticks:,g} ticks", again)


def _one_bar_late(engine: BacktestEngine, result: BacktestResult) -> Rerun:
    late = np.roll(_decisions(result), 1)
    late[0] = Action.HOLD  # and a target of 0 in the other action modes
    again = engine.run_decisions(late, result, result.name)
    return _rerun("delay", "every decision one bar late", again)


def _decisions(result: BacktestResult) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if result.decisions is None:
        raise ConfigError(
            f"`{result.name}` handed in orders: no decisions to delay, or stop elsewhere"
        )
    return result.decisions


def _rerun(kind: str, label: str, again: BacktestResult) -> Rerun:
    found = again.metrics
    return Rerun(
        kind=kind,
        label=label,
        net_usd=float(found["net_profit_usd"]),
        sharpe=float(found["sharpe"]),
        max_drawdown=float(found["max_drawdown"]),
        n_trades=int(found["n_trades"]),
    )


Maker = Callable[[BacktestEngine, BacktestResult], tuple[Rerun, ...]]

RERUNS: dict[str, Maker] = {
    COST_STRESS: cost_stress,
    "other paths inside a bar": other_paths,
    "parameter sensitivity": sensitivity,
}
"""By the name of the figure."""
