"""Markets and simulations over hand-written bars; no warm-up, the first decision is at row 0."""

from collections.abc import Sequence

from config.settings import EnvSettings
from data.preprocessor import Scaler
from env.market import Market, build_market
from env.simulation import Simulation
from tests.helpers.bars import make_bars

Row = tuple[float, float, float, float]

B0: Row = (20000, 20002, 19998, 20000)
B1: Row = (20001, 20010, 19999, 20008)


def plain_market(rows: Sequence[Row], symbol: str = "MNQ") -> Market:
    """Return a market whose one feature, `row`, counts the rows from 0 and is clipped at 5."""
    frame = make_bars(rows)
    as_it_is = Scaler(columns=("row",), centre=(0.0,), spread=(1.0,), kind="standard")
    frame = frame.assign(row=range(len(frame)))
    return build_market(frame, ["row"], symbol=symbol, scaler=as_it_is)


def plain_simulation(rows: Sequence[Row], start: int = 0, **settings) -> Simulation:
    """Return a simulation over all the rows, at its first decision; lookback 1."""
    simulation = Simulation(plain_market(rows), EnvSettings(lookback_window=1, **settings))
    simulation.reset(start, len(rows))
    return simulation
